"""The web pages of a base: login, session, licence, tabs and forms."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus

WRONG_REPEATS = ("another-one", "", "One-password", "one-passwor", "one-password1")
SPECIAL = 'Kühl & "Söhne" <b>50%</b> +1 &amp; %C3 Lager 7'
CHOICES = {
    "RTP Encryption": "on",
    "Country code": "49",
    "Area code": "30",
    "Proposed Expiry (sec)": "180",
    "DTMF via SIP INFO": "on",
    "Conference URI": "sip:meet@198.18.9.10",
}


@feature("web-login")
@pytest.mark.smoke
def test_the_right_password_opens_the_pages(pages):
    pages.login.log_out()
    pages.login.log_in()
    pages.login.expect_open()


@feature("web-login")
def test_nothing_but_the_right_words_opens_a_session(pages):
    pages.login.log_out()
    for what, username, password in pages.login.near_misses():
        pages.login.try_with(username, password)
        pages.login.expect_no_session(what)


@feature("web-access")
def test_no_page_is_shown_to_those_who_did_not_log_in(pages):
    pages.strangers.ask_for_every_page()
    pages.strangers.expect_login_form()


@feature("web-access")
@stimulus("web")
def test_nothing_is_stored_for_those_who_did_not_log_in(pages):
    pages.strangers.save_asset("of a user", logged_in=True)
    pages.strangers.expect_asset("of a user")
    pages.strangers.save_asset("of a stranger", logged_in=False)
    pages.strangers.expect_asset("of a user")


@feature("web-session")
@stimulus("web", "settings")
@pytest.mark.slow
def test_an_idle_session_ends(pages, base):
    base.change("session_timeout", "3")
    pages.sessions.begin()
    pages.sessions.expect_open()
    pages.sessions.leave_alone(3)
    pages.sessions.expect_ended()


@feature("web-session")
@stimulus("web", "settings")
@pytest.mark.slow
def test_a_session_goes_on_while_it_is_used_and_no_longer(pages, base):
    base.change("session_timeout", "2")
    pages.sessions.begin()
    pages.sessions.keep_using(idle=2)
    pages.sessions.expect_open()
    pages.sessions.begin()
    pages.sessions.expect_open()
    pages.sessions.leave_alone(2)
    pages.sessions.expect_ended()


@feature("web-session")
def test_logging_out_ends_the_session(pages):
    pages.sessions.begin()
    pages.sessions.log_out_by_the_link()
    pages.sessions.expect_ended()


@feature("web-session")
def test_nobody_can_guess_the_cookie_of_another_session(pages):
    pages.login.log_in_repeatedly()
    pages.login.expect_cookies_that_tell_nothing()


@feature("eula")
@pytest.mark.needs("fresh")
def test_a_fresh_unit_asks_for_its_licence_first(pages):
    pages.login.expect_licence_at_first()


@feature("identity-tabs")
@pytest.mark.smoke
def test_every_identity_has_its_ten_tabs(pages):
    pages.tabs.expect_on_every_identity(
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


@feature("identity-tabs")
def test_every_tab_leads_to_its_page(pages):
    pages.tabs.expect_every_page(identity=9)


@feature("page-titles")
@pytest.mark.parametrize("tab", ["Account", "SIP", "LDAP", "Action URLs"])
def test_a_tab_says_whose_settings_it_shows(pages, tab):
    pages.tabs.expect_title(3, tab, f"{tab} Settings for Identity 3")


@feature("account-page")
def test_the_account_tab_shows_the_account_of_its_identity(pages):
    pages.tabs.expect_provisioned_accounts()


@feature("account-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_saved_field_is_shown_again_for_its_identity_only(pages):
    pages.tabs.save(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.tabs.expect_shown(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.tabs.expect_shown_nowhere_else(identity=2, tab="Account", fields={"Display Name": "Paint shop"})


@feature("account-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_text_is_shown_as_it_was_typed(pages):
    pages.tabs.save(identity=2, tab="Account", fields={"Display Name": SPECIAL, "Mailbox": "6001"})
    pages.tabs.expect_shown(identity=2, tab="Account", fields={"Display Name": SPECIAL, "Mailbox": "6001"})


@feature("account-page", "password-hidden")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_a_save_of_another_field_leaves_the_password_alone(pages):
    pages.tabs.save(identity=2, tab="Account", fields={"Mailbox": "6001"})
    pages.registrations.switch_off(identity=2)
    pages.registrations.expect_signed_out(identity=2)
    pages.registrations.switch_on(identity=2)
    pages.registrations.expect_signed_in(identity=2)


@feature("sip-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_what_is_chosen_on_the_sip_tab_is_kept(pages):
    pages.tabs.save(identity=2, tab="SIP", fields=CHOICES)
    pages.tabs.expect_shown(identity=2, tab="SIP", fields=CHOICES)
    pages.tabs.expect_shown_nowhere_else(identity=2, tab="SIP", fields=CHOICES)


@feature("sip-page", "account-page")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_what_is_saved_is_what_goes_to_the_server(pages):
    pages.tabs.save(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.tabs.save(identity=2, tab="SIP", fields={"Proposed Expiry (sec)": "180"})
    pages.registrations.switch_off(identity=2)
    pages.registrations.expect_signed_out(identity=2)
    pages.registrations.switch_on(identity=2)
    pages.registrations.expect_request(identity=2, name="Paint shop", seconds=180)


@feature("password-repeat")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_two_different_passwords_are_refused_and_not_stored(pages):
    for repeated in WRONG_REPEATS:
        pages.tabs.save_password(2, "one-password", repeated=repeated)
        pages.tabs.expect_passwords_differ(repeated)
    pages.registrations.switch_off(identity=2)
    pages.registrations.expect_signed_out(identity=2)
    pages.registrations.switch_on(identity=2)
    pages.registrations.expect_signed_in(identity=2)


@feature("password-hidden")
def test_a_stored_password_is_never_shown(pages):
    pages.tabs.expect_password_hidden(identity=1)


@feature("password-hidden")
def test_no_password_field_holds_anything_to_read(pages):
    pages.tabs.expect_no_secret_to_read()


@feature("network-page")
@stimulus("web")
def test_fields_left_out_of_a_post_keep_their_values(pages):
    pages.network.post_only({"asset_id": "partial"})
    pages.network.expect_others_kept(except_for={"asset_id": "partial"})


@feature("network-page")
@stimulus("web")
def test_a_saved_network_setting_asks_for_a_reboot(pages):
    pages.network.save_another_priority()
    pages.network.expect_reboot_asked_for()


@feature("unknown-page")
@pytest.mark.parametrize("path", ["/no-such-page.htm", "/network.html", "/no-such-folder/index.htm"])
def test_an_unknown_page_is_not_found(pages, path):
    pages.expect_answer(path, 404)
