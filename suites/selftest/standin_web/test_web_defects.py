"""Each defect of the web interface breaks the very page it is about, and each page has one."""

from __future__ import annotations

import functools
import inspect

import pytest

from rigs.standin.defects import area_of, load

from . import test_pages as pages


async def saves_an_expiry(browser):
    await browser.login()
    await browser.post("/identity.htm?idx=1&tab=sip", user_expiry="180", save="Save")
    assert browser.device.settings.get("user_expiry", 1) == "180"


async def shows_the_newest_message(browser):
    await browser.login()
    for number in range(30):
        browser.device.log.write("general", 1, f"message {number}")
    assert "message 29" in (await browser.get("/log.htm")).body


KILLERS = {
    "any-password-opens": pages.test_the_right_words_get_a_cookie_and_wrong_ones_none,
    "session-never-expires": pages.test_an_idle_session_ends,
    "status-open-to-all": functools.partial(pages.test_no_page_opens_without_a_session, path="/status.htm"),
    "licence-not-asked": pages.test_a_fresh_unit_asks_for_its_licence_first,
    "partial-post-blanks": pages.test_a_partial_post_leaves_the_other_fields_alone,
    "saves-for-the-next-identity": pages.test_a_field_is_saved_for_its_identity_only_and_shown_escaped,
    "expiry-drop-down-ignored": saves_an_expiry,
    "mismatched-passwords-accepted": pages.test_two_different_passwords_are_refused_and_nothing_is_saved,
    "password-in-the-page": pages.test_a_stored_password_is_not_in_the_page_and_an_empty_field_keeps_it,
    "mac-one-too-high": pages.test_the_network_status_has_the_presentations_rows,
    "uptime-in-seconds": pages.test_the_network_status_has_the_presentations_rows,
    "address-without-source": pages.test_the_network_status_has_the_presentations_rows,
    "everybody-looks-registered": pages.test_the_registration_status_has_a_row_an_identity,
    "unknown-page-is-welcome": pages.test_an_unknown_page_is_not_found_and_counted,
    "speed-dial-tab-missing": pages.test_each_identity_has_ten_tabs_with_its_number_in_the_title,
    "ldap-title-without-identity": pages.test_each_identity_has_ten_tabs_with_its_number_in_the_title,
    "reboot-button-dead": pages.test_the_reboot_button_answers_and_then_reboots,
    "locate-button-dead": pages.test_the_dect_page_opens_registration_and_rings_the_handsets,
    "pin-warning-missing": pages.test_the_landing_page_warns_of_the_factory_pin,
    "log-page-stops": shows_the_newest_message,
}


def test_the_table_names_every_defect_of_the_web():
    assert set(KILLERS) == {name for name, fault in load().items() if area_of(fault) == "web"}


@pytest.mark.parametrize("defect", KILLERS)
def test_a_defect_is_seen_on_its_page(browse, defect):
    killer = KILLERS[defect]
    broken = functools.partial(browse, defect=defect)
    with pytest.raises((AssertionError, TimeoutError)):
        broken(killer) if inspect.iscoroutinefunction(killer) else killer(broken)


def test_the_dead_rig_logs_in_and_its_pages_never_change(browse):
    async def work(browser):
        browser.device.strategies.apply_dead("web")
        await browser.login()
        page = "/identity.htm?idx=1&tab=account"
        before = (await browser.get(page)).body
        assert "Account Settings" in before
        assert (await browser.post(page, user_name="40", save="Save")).body == before
        assert browser.device.settings.get("user_name", 1) == ""
        await browser.post("/update.htm", reboot="Reboot")
        assert not browser.device.ended.done()

    browse(work)
