"""What a base makes of the documents it is given: settings in effect are judged on the wire, stored ones by page."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
BROKEN = ("cut off", "cut in transfer", "not xml", "wrong root")
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("auto-configuration", "setting-index")
@settings
@pytest.mark.smoke
def test_settings_of_a_document_are_shown_and_obeyed(boot, stored):
    boot.documents.serve_besides_the_session([("asset_id", "R&D rack 7"), ("user_expiry", "180", 1)])
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_shown(asset_id="R&D rack 7")
    boot.identities.expect_registered(1)
    boot.judge("PRV-EXPIRY")


@settings
@pytest.mark.parametrize(
    "attribute",
    [pytest.param("uri", marks=feature("setting-files")), pytest.param("url", marks=feature("setting-files-url"))],
)
@pytest.mark.needs(identities=2)
@rule("PRV-LIST")
def test_each_file_of_a_list_is_fetched_and_obeyed(boot, attribute, rule):
    boot.documents.serve_list(attribute, first=[("user_realname", "First", 2)], second=[("user_realname", "Second", 1)])
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)
    boot.judge("PRV-GIVEN", times=2)


@feature("setting-files")
@settings
@pytest.mark.needs(identities=2)
@rule("PRV-LIST")
def test_a_file_that_is_missing_does_not_end_a_list(boot, rule):
    boot.documents.serve_list(
        "uri", first=[("user_realname", "First", 2)], missing=None, third=[("user_realname", "Third", 1)]
    )
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)
    boot.judge("PRV-GIVEN", times=2)


@feature("setting-files-order")
@settings
@pytest.mark.needs(identities=2)
@rule("PRV-LIST")
def test_the_later_file_of_a_list_overrides_the_earlier(boot, rule):
    boot.documents.serve_list(
        "uri", general=[("user_realname", "General", 2)], special=[("user_realname", "Special", 2)]
    )
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, "PRV-GIVEN", times=1)


@feature("setting-index")
@settings
@pytest.mark.needs(identities=9)
@rule("PRV-EXPIRY")
def test_each_identity_gets_the_setting_of_its_index(boot, rule):
    boot.documents.serve([("user_expiry", str(600 + n), n) for n in range(1, 10)])
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=9)


@feature("indexed-settings")
@settings
@pytest.mark.needs(identities=9)
def test_an_indexed_setting_leaves_the_other_identities_alone(boot):
    boot.documents.serve([("user_realname", "Workshop", 2)])
    boot.power_cycle()
    boot.expect.ready()
    for identity in range(1, 10):
        boot.identities.expect_registered(identity)
    boot.judge("PRV-GIVEN", "PRV-KEPT")


@settings
@pytest.mark.parametrize(
    ("on", "off"),
    [
        pytest.param("true", "false", marks=feature("booleans")),
        pytest.param("on", "off", marks=feature("boolean-spellings")),
    ],
)
@pytest.mark.needs(identities=2)
def test_a_switch_is_understood_in_both_spellings(boot, on, off):
    boot.documents.serve([("user_active", off, 2)])
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_silent(2)
    boot.documents.serve([("user_active", on, 2)])
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-GIVEN", "PRV-KEPT")


@feature("perm-flags")
@pytest.mark.stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_setting_provisioned_read_only_is_refused_by_the_web_page(boot, stored):
    boot.documents.serve([("asset_id", "fixed")], perm="R")
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_shown(asset_id="fixed")
    stored.try_to_save("asset_id", "mine")
    stored.expect_unchanged("asset_id")
    stored.expect_writable("user_realname", identity=2)
    stored.save("user_realname", "Open", identity=2)
    stored.expect_shown(user_realname=("Open", 2))


@feature("perm-flags")
@pytest.mark.stimulus("web")
@pytest.mark.needs(identities=2)
def test_what_is_read_only_stays_so_without_power_until_it_is_opened(boot, stored):
    boot.documents.serve([("asset_id", "fixed"), ("user_realname", "Fixed", 2)], perm="R")
    boot.power_cycle()
    boot.expect.ready()
    boot.documents.serve_nothing()
    boot.power_cycle()
    boot.expect.ready()
    stored.try_to_save("asset_id", "mine")
    stored.expect_unchanged("asset_id")
    stored.try_to_save("user_realname", "Mine", identity=2)
    stored.expect_unchanged("user_realname", identity=2)
    boot.documents.serve([("asset_id", "open"), ("user_realname", "Open", 2)])
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_writable("asset_id")
    stored.save("asset_id", "mine")
    stored.expect_shown(asset_id="mine")
    stored.expect_writable("user_realname", identity=2)
    stored.save("user_realname", "Mine", identity=2)
    stored.expect_shown(user_realname=("Mine", 2))


@feature("perm-empty")
@pytest.mark.stimulus("web")
def test_a_setting_with_an_empty_perm_may_be_changed_on_its_web_page(boot, stored):
    boot.documents.serve([("asset_id", "open")], perm="")
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_shown(asset_id="open")
    stored.expect_writable("asset_id")
    stored.save("asset_id", "mine")
    stored.expect_shown(asset_id="mine")


@feature("settings-persistence")
@settings
@pytest.mark.needs(identities=2)
def test_settings_survive_a_power_cut(boot):
    boot.documents.serve([("user_realname", "Kept", 2)])
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-GIVEN")
    boot.documents.serve_nothing()
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-KEPT")


@feature("settings-persistence")
@pytest.mark.stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_setting_saved_by_web_survives_an_immediate_power_cut(boot, base):
    boot.documents.serve_nothing()
    base.change("user_realname", "Saved", 2, reboot=False)
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-KEPT")


@feature("settings-persistence")
@settings
@pytest.mark.needs(identities=2)
def test_power_that_goes_while_settings_are_stored_leaves_the_old_or_the_new(boot):
    boot.documents.serve([("user_realname", "New", 2)])
    boot.lose_power_while_it_stores()
    boot.documents.serve_nothing()
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-KEPT")
    boot.documents.serve([("user_realname", "New", 2)])
    boot.power_cycle()
    boot.expect.ready()
    boot.identities.expect_registered(2)
    boot.judge("PRV-GIVEN")


@pytest.mark.parametrize(
    "document",
    [
        *(pytest.param(kind, marks=feature("bad-document")) for kind in BROKEN),
        *(pytest.param(kind, marks=feature("malformed-provisioning")) for kind in ("entity bomb", "huge")),
    ],
)
def test_a_bad_document_changes_nothing_and_harms_nothing(boot, stored, document):
    boot.documents.serve_bad(document)
    boot.power_cycle()
    boot.expect.ready()
    boot.fetches.expect("/bad/settings.xml")
    stored.expect_kept()


@feature("same-firmware")
@rule("PRV-FIRMWARE")
def test_offering_the_running_firmware_starts_no_reboot_loop(boot, base, rule):
    boot.documents.offer_firmware(base.version())
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("firmware-upgrade")
@rule("PRV-FIRMWARE")
def test_a_newer_firmware_is_fetched(boot, rule):
    boot.documents.offer_firmware("9.9.99-z")
    boot.power_cycle()
    boot.expect.ready()
    boot.judge(rule, times=1)


@feature("dns-cache")
@settings
@rule("DNS-CACHE")
def test_a_name_is_not_asked_for_again_while_its_answer_lives(boot, rule):
    boot.names.add("settings.m9.test")
    boot.documents.serve([("settings_refresh_timer", "3")], host="settings.m9.test")
    boot.power_cycle()
    boot.expect.ready()
    boot.fetches.expect_again(within=8)
    boot.judge(rule)


@feature("dns-expiry")
@settings
@rule("DNS-TTL")
def test_a_name_is_asked_for_again_when_its_answer_has_expired(boot, rule):
    boot.names.add("settings.m9.test")
    boot.names.expire_after(1)
    boot.documents.serve([("settings_refresh_timer", "3")], host="settings.m9.test")
    boot.power_cycle()
    boot.expect.ready()
    boot.fetches.expect_again(within=8)
    boot.judge(rule)


@feature("log-levels-provisioned")
def test_provisioned_log_levels_reach_their_categories(boot, stored):
    levels = {category: 1 + category * 5 % 9 for category in range(1, 13)}
    boot.documents.serve([("log", str(level), category) for category, level in levels.items() if category != 1])
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_log_levels({**levels, 1: 5})


@feature("log-level-zero")
@settings
def test_level_zero_silences_a_category(boot, stored):
    boot.documents.serve([("log", "0", 1)])
    boot.power_cycle()
    boot.expect.ready()
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_log_silent_about(1)
