"""The web pages of a base: login, session, licence, tabs and forms."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


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


@feature("web-access")
def test_no_page_is_shown_to_those_who_did_not_log_in(pages):
    pages.ask_for_the_login()


@feature("web-session")
@stimulus("web", "settings")
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
@stimulus("web")
def test_a_saved_field_is_shown_again_for_its_identity_only(pages):
    pages.save(identity=6, tab="Account", fields={"Display Name": "Paint shop"})
    pages.shows(identity=6, tab="Account", fields={"Display Name": "Paint shop"})
    pages.does_not_show(identity=7, tab="Account", fields={"Display Name": "Paint shop"})


@feature("sip-page")
@stimulus("web")
def test_a_choice_on_the_sip_tab_is_kept(pages):
    pages.save(identity=6, tab="SIP", fields={"Proposed Expiry (sec)": "180"})
    pages.shows(identity=6, tab="SIP", fields={"Proposed Expiry (sec)": "180"})


@feature("password-repeat")
@stimulus("web")
def test_two_different_passwords_are_refused(pages):
    pages.save(identity=6, tab="Account", fields={"Password": "one-password", "Password (repeat)": "another-one"})
    pages.refused_the_passwords()


@feature("password-hidden")
def test_a_stored_password_is_never_shown(pages):
    pages.never_show_the_password(identity=1)


@feature("network-page")
@stimulus("web")
def test_fields_left_out_of_a_post_keep_their_values(pages):
    pages.post_only("/network.htm", {"asset_id": "partial"})
    pages.network_fields_kept(except_for={"asset_id": "partial"})


@feature("unknown-page")
def test_an_unknown_page_is_not_found(pages):
    pages.answers("/no-such-page.htm", 404)
