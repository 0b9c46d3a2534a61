"""The web pages of a base: login, session, licence, tabs and forms."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus

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
    pages.log_out()
    pages.log_in()
    pages.are_open()


@feature("web-login")
def test_nothing_but_the_right_words_opens_a_session(pages):
    pages.log_out()
    pages.refuse_all_but_the_right_words()


@feature("web-access")
def test_no_page_is_shown_to_those_who_did_not_log_in(pages):
    pages.ask_for_the_login()


@feature("web-access")
@stimulus("web")
def test_nothing_is_stored_for_those_who_did_not_log_in(pages):
    pages.take_no_form_of_a_stranger()


@feature("web-session")
@stimulus("web", "settings")
@pytest.mark.slow
def test_an_idle_session_ends(pages, base):
    base.change("session_timeout", "3")
    pages.idle_session_ends(within=3)


@feature("web-session")
@stimulus("web", "settings")
@pytest.mark.slow
def test_a_session_goes_on_while_it_is_used_and_no_longer(pages, base):
    base.change("session_timeout", "2")
    pages.session_in_use_goes_on(idle=2)
    pages.idle_session_ends(within=2)


@feature("web-session")
def test_logging_out_ends_the_session(pages):
    pages.logging_out_ends_the_session()


@feature("web-session")
def test_nobody_can_guess_the_cookie_of_another_session(pages):
    pages.each_login_has_a_cookie_of_its_own()


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


@feature("identity-tabs")
def test_every_tab_leads_to_its_page(pages):
    pages.every_tab_leads_to_its_page(identity=9)


@feature("page-titles")
@pytest.mark.parametrize("tab", ["Account", "SIP", "LDAP", "Action URLs"])
def test_a_tab_says_whose_settings_it_shows(pages, tab):
    pages.tab_is_titled(3, tab, f"{tab} Settings for Identity 3")


@feature("account-page")
def test_the_account_tab_shows_the_account_of_its_identity(pages):
    pages.account_tabs_show_what_was_provisioned()


@feature("account-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_saved_field_is_shown_again_for_its_identity_only(pages):
    pages.save(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.shows(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.no_other_identity_shows(identity=2, tab="Account", fields={"Display Name": "Paint shop"})


@feature("account-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_a_text_is_shown_as_it_was_typed(pages):
    pages.save(identity=2, tab="Account", fields={"Display Name": SPECIAL, "Mailbox": "6001"})
    pages.shows(identity=2, tab="Account", fields={"Display Name": SPECIAL, "Mailbox": "6001"})


@feature("account-page", "password-hidden")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_a_save_of_another_field_leaves_the_password_alone(pages):
    pages.save(identity=2, tab="Account", fields={"Mailbox": "6001"})
    pages.registers_again_with_the_password_it_had(identity=2)


@feature("sip-page")
@stimulus("web")
@pytest.mark.needs(identities=2)
def test_what_is_chosen_on_the_sip_tab_is_kept(pages):
    pages.save(identity=2, tab="SIP", fields=CHOICES)
    pages.shows(identity=2, tab="SIP", fields=CHOICES)
    pages.no_other_identity_shows(identity=2, tab="SIP", fields=CHOICES)


@feature("sip-page", "account-page")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_what_is_saved_is_what_goes_to_the_server(pages):
    pages.save(identity=2, tab="Account", fields={"Display Name": "Paint shop"})
    pages.save(identity=2, tab="SIP", fields={"Proposed Expiry (sec)": "180"})
    pages.registers_as(identity=2, name="Paint shop", seconds=180)


@feature("password-repeat")
@stimulus("web", "settings")
@pytest.mark.needs(identities=2)
def test_two_different_passwords_are_refused_and_not_stored(pages):
    pages.refuses_two_different_passwords(identity=2)
    pages.registers_again_with_the_password_it_had(identity=2)


@feature("password-hidden")
def test_a_stored_password_is_never_shown(pages):
    pages.never_show_the_password(identity=1)


@feature("password-hidden")
def test_no_password_field_holds_anything_to_read(pages):
    pages.keep_their_secrets()


@feature("network-page")
@stimulus("web")
def test_fields_left_out_of_a_post_keep_their_values(pages):
    pages.post_only("/network.htm", {"asset_id": "partial"})
    pages.network_fields_kept(except_for={"asset_id": "partial"})


@feature("network-page")
@stimulus("web")
def test_a_saved_network_setting_asks_for_a_reboot(pages):
    pages.asks_for_a_reboot_after_a_save()


@feature("unknown-page")
@pytest.mark.parametrize("path", ["/no-such-page.htm", "/network.html", "/no-such-folder/index.htm"])
def test_an_unknown_page_is_not_found(pages, path):
    pages.answers(path, 404)
