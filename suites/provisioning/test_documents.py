"""What a base makes of the documents it is given."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings"), pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("setting-files")
@pytest.mark.parametrize("attribute", ["uri", "url"])
def test_each_file_of_a_list_is_fetched_and_obeyed(boot, attribute):
    boot.serves_a_list(attribute, first=[("asset_id", "first")], second=[("user_realname", "Second", 4)])
    boot.power_cycle()
    boot.fetched("/list/first.xml")
    boot.fetched("/list/second.xml")
    boot.shows(asset_id="first", user_realname=("Second", 4))


@feature("auto-configuration")
@pytest.mark.smoke
def test_settings_of_a_document_are_shown_by_the_web_pages(boot):
    boot.serves([("asset_id", "rack 7"), ("user_realname", "Workshop", 3), ("user_expiry", "180", 3)])
    boot.power_cycle()
    boot.shows(asset_id="rack 7", user_realname=("Workshop", 3))


@feature("setting-index")
def test_an_indexed_setting_reaches_its_identity_and_no_other(boot):
    boot.serves([("user_mailbox", f"85{n}", n) for n in range(1, 10)])
    boot.power_cycle()
    for identity in range(1, 10):
        boot.shows(user_mailbox=(f"85{identity}", identity))


@feature("perm-flags")
def test_a_setting_provisioned_read_only_is_refused_by_the_web_page(boot, base):
    boot.serves([("asset_id", "fixed")], perm="R")
    boot.power_cycle()
    boot.web_page_cannot_change("asset_id", "mine")


@feature("booleans")
@pytest.mark.parametrize(("text", "shown"), [("true", "on"), ("on", "on"), ("false", "off"), ("off", "off")])
def test_a_boolean_is_understood_in_both_spellings(boot, text, shown):
    boot.serves([("user_dnd", text, 5)])
    boot.power_cycle()
    boot.shows_switch("user_dnd", shown, identity=5)


@feature("settings-persistence")
def test_settings_survive_a_power_cut(boot):
    boot.serves([("asset_id", "kept")])
    boot.power_cycle()
    boot.shows(asset_id="kept")
    boot.serves_nothing()
    boot.power_cycle()
    boot.shows(asset_id="kept")


@feature("bad-document")
@pytest.mark.parametrize("document", ["cut off", "not xml", "entity bomb", "wrong root", "huge"])
def test_a_bad_document_changes_nothing_and_harms_nothing(boot, document):
    boot.serves_bad(document)
    boot.power_cycle()
    boot.fetched("/bad/settings.xml")
    boot.is_ready()
    boot.kept_its_settings()


@feature("same-firmware")
def test_offering_the_running_firmware_starts_no_reboot_loop(boot):
    boot.offers_firmware("{version}")
    boot.power_cycle()
    boot.fetched("/firmware/offer.xml")
    boot.is_ready()
    boot.fetched_no_image()


@feature("settings-refresh")
def test_settings_are_fetched_again_when_the_timer_says_so(boot, base):
    boot.serves([("settings_refresh_timer", "3")])
    boot.power_cycle()
    boot.fetches_again(within=8)
