"""The web pages of a base: login, session, tabs, forms, status."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("web")]


@feature("web-login")
@pytest.mark.smoke
def test_the_right_password_opens_the_pages(pages):
    pages.log_out()
    pages.log_in()
    pages.are_open()


@feature("web-login")
def test_a_wrong_password_gets_no_session(pages):
    pages.log_out()
    pages.try_password("not this one")
    pages.gave_no_cookie()


@feature("web-session")
@pytest.mark.slow
def test_an_idle_session_ends(pages, base):
    base.change("session_timeout", "3")
    pages.idle_session_ends(within=3)


@feature("eula")
@pytest.mark.needs("fresh")
def test_a_fresh_unit_asks_for_its_licence_first(pages):
    pages.fresh_unit_asked_for_the_licence()


@feature("identity-tabs")
@pytest.mark.smoke
def test_every_identity_has_its_ten_tabs(pages):
    pages.every_identity_has(
        [
            "Account",
            "SIP",
            "Audio",
            "Handsets",
            "Behavior",
            "Addressbook",
            "RSS Feeds",
            "LDAP",
            "Speed Dial",
            "Action URLs",
        ]
    )


@feature("page-titles")
@pytest.mark.parametrize("tab", ["Account", "SIP", "LDAP", "Action URLs"])
def test_a_tab_says_whose_settings_it_shows(pages, tab):
    pages.tab_is_titled(3, tab, f"{tab} Settings for Identity 3")


@feature("account-page")
def test_a_saved_field_is_shown_again_for_its_identity_only(pages):
    pages.save(identity=6, tab="Account", fields={"Display Name": "Paint shop"})
    pages.shows(identity=6, tab="Account", fields={"Display Name": "Paint shop"})
    pages.does_not_show(identity=7, tab="Account", fields={"Display Name": "Paint shop"})


@feature("password-repeat")
def test_two_different_passwords_are_refused(pages):
    pages.save(identity=6, tab="Account", fields={"Password": "one-password", "Password (repeat)": "another-one"})
    pages.refused_the_passwords()


@feature("password-hidden")
def test_a_stored_password_is_never_shown(pages):
    pages.never_show_the_password(identity=1)


@feature("network-page")
def test_fields_left_out_of_a_post_keep_their_values(pages):
    pages.post_only("/network.htm", {"asset_id": "partial"})
    pages.network_fields_kept(except_for={"asset_id": "partial"})


@feature("status-page")
@pytest.mark.smoke
def test_the_network_status_shows_what_the_wire_says(pages):
    pages.status_names_version_mac_and_address()


@feature("status-uptime")
def test_the_uptime_is_days_hours_minutes_seconds(pages):
    pages.uptime_has_its_format()


@feature("registration-page")
def test_the_registration_status_names_each_identity(pages):
    pages.registration_rows_agree_with_the_server()


@feature("unknown-page")
def test_an_unknown_page_is_not_found(pages):
    pages.answers("/no-such-page.htm", 404)


@feature("log-filter")
def test_a_silenced_category_writes_nothing_and_the_others_go_on(pages):
    pages.silence("Web server events")
    pages.log_has_no_new("web")


@feature("web-reboot")
@pytest.mark.reboots
def test_the_reboot_button_restarts_the_base(pages, boot):
    pages.press_reboot()
    boot.restarted()
    boot.is_ready()
