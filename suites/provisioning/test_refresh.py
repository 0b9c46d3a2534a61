"""What a base makes of documents that change while it runs: the refresh timer, and what is fetched when it ends."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.needs("dhcp", "power"), pytest.mark.reboots]


@feature("settings-refresh")
@settings
@rule("PRV-REFRESH")
def test_settings_are_fetched_again_each_time_the_timer_says_so(boot, stored, rule):
    boot.documents.serve([("settings_refresh_timer", "2")])
    boot.power_cycle()
    boot.expect.ready()
    boot.documents.serve_instead([("settings_refresh_timer", "2"), ("asset_id", "refreshed")])
    boot.judge(rule, times=3)
    stored.expect_to_become("asset_id", "refreshed")


@feature("settings-refresh")
@settings
@rule("PRV-REFRESH")
def test_another_timer_holds_from_the_fetch_that_brings_it(boot, rule):
    boot.documents.serve([("settings_refresh_timer", "2")])
    boot.power_cycle()
    boot.expect.ready()
    boot.documents.serve_instead([("settings_refresh_timer", "4")])
    boot.judge(rule, times=2)


@feature("settings-refresh", "setting-files")
@settings
def test_a_file_that_changes_is_followed_though_its_list_does_not(boot, stored):
    boot.documents.serve_list("uri", general=[("settings_refresh_timer", "2")], special=[("asset_id", "before")])
    boot.power_cycle()
    boot.expect.ready()
    stored.expect_shown(asset_id="before")
    boot.documents.serve_instead_in_list("special", [("asset_id", "after")])
    stored.expect_to_become("asset_id", "after")


@feature("settings-refresh")
@settings
@rule("PRV-REFRESH")
def test_a_fetch_that_failed_does_not_end_the_refreshing(boot, rule):
    boot.documents.serve([("settings_refresh_timer", "2")])
    boot.power_cycle()
    boot.expect.ready()
    boot.documents.refuse()
    boot.judge(rule, times=3)


@feature("bad-document")
@settings
@rule("PRV-REFRESH")
def test_a_bad_document_that_is_mended_is_obeyed_at_the_next_refresh(boot, stored, rule):
    boot.documents.serve([("settings_refresh_timer", "2")])
    boot.power_cycle()
    boot.expect.ready()
    boot.documents.serve_broken_instead("cut off")
    boot.judge(rule, times=2)
    boot.documents.serve_instead([("settings_refresh_timer", "2"), ("asset_id", "mended")])
    stored.expect_to_become("asset_id", "mended")
