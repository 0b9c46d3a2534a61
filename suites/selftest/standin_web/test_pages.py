"""The pages of the base over real HTTP: login, licence, forms, status."""

from __future__ import annotations

import asyncio
import re
import time
from types import SimpleNamespace
from unittest import mock

import pytest

from rigs.standin.web import sessions, vcards

TEN_TABS = ["Account", "SIP", "Audio", "Handsets", "Behavior", "Addressbook", "RSS Feeds", "LDAP", "Speed Dial"]

NETWORK_FORM = [
    *("base_name", "asset_id", "dhcp", "ip_adr", "netmask", "gateway"),
    *("dns_server1", "dns_server2", "dns_server3", "dns_server4", "dns_domain", "vlan_id", "vlan_prio"),
    *("setting_server", "settings_refresh_timer", "sip_port", "retry_t1", "tos_rtp", "tos_sip", "allow_check_sync"),
    *("stun_server", "stun_interval", "ethernet_replug", "network", "save"),
]


def cell(body: str, parameter: str) -> str:
    found = re.search(rf"<td>{re.escape(parameter)}</td><td>(.*?)</td>", body)
    assert found, parameter
    return found[1]


def test_the_right_words_get_a_cookie_and_wrong_ones_none(browse):
    async def work(browser):
        assert (await browser.login(password="wrong")).header("Set-Cookie") is None
        assert 'name="username"' in (await browser.get("/network.htm")).body
        answer = await browser.login()
        assert answer.header("Set-Cookie")
        assert "<title>snom m9</title>" in answer.body
        assert 'name="base_name"' in (await browser.get("/network.htm")).body

    browse(work)


@pytest.mark.parametrize("path", ["/network.htm", "/status.htm", "/log.htm", "/identity.htm?idx=1&tab=account"])
def test_no_page_opens_without_a_session(browse, path):
    async def work(browser):
        assert "<h1>Login</h1>" in (await browser.get(path)).body

    browse(work)


def test_a_login_leads_to_the_page_that_was_asked_for(browse):
    async def work(browser):
        form = (await browser.get("/identity.htm?idx=4&tab=sip")).body
        link = re.search(r'name="link" value="(.*?)"', form)
        assert link
        answer = await browser.login(link=link[1].replace("&amp;", "&"))
        assert "SIP Settings for Identity 4" in answer.body

    browse(work)


def test_a_fresh_unit_asks_for_its_licence_first(browse):
    async def work(browser):
        body = (await browser.login()).body
        value = re.search(r'<input type="radio" name="eula" value="(.+?)">', body)
        assert value
        assert 'name="base_name"' not in (await browser.get("/network.htm")).body
        assert "Welcome" in (await browser.post("/index.htm", eula=value[1], save="Submit")).body
        assert browser.device.settings.bool("eula_accepted")
        assert 'name="base_name"' in (await browser.get("/network.htm")).body

    browse(work, accepted=False)


def test_declining_the_licence_opens_nothing(browse):
    async def work(browser):
        await browser.login()
        assert "Licence" in (await browser.post("/index.htm", eula="0", save="Submit")).body
        assert not browser.device.settings.bool("eula_accepted")

    browse(work, accepted=False)


def test_the_other_reading_of_the_licence_gate_opens_the_other_pages(browse):
    async def work(browser):
        await browser.login()
        assert 'name="base_name"' in (await browser.get("/network.htm")).body

    browse(work, accepted=False, quirks={"eula_gate": "landing"})


def test_an_idle_session_ends(browse):
    async def work(browser):
        await browser.login()
        browser.device.settings.set("session_timeout", "1", who="base")
        with mock.patch.object(sessions, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 2)):
            assert 'name="username"' in (await browser.get("/network.htm")).body
        assert any("expired" in entry.text for entry in browser.device.log.entries())

    browse(work)


def test_logging_out_ends_the_session(browse):
    async def work(browser):
        await browser.login()
        cookie = browser.cookie
        await browser.get("/logout.htm")
        browser.cookie = cookie
        assert 'name="username"' in (await browser.get("/network.htm")).body

    browse(work)


def test_the_landing_page_warns_of_the_factory_pin(browse):
    async def work(browser):
        assert "still 0000" in (await browser.login()).body
        browser.device.settings.set("base_pin", "1111", who="base")
        assert "still 0000" not in (await browser.get("/index.htm")).body

    browse(work)


def test_the_network_form_is_as_the_field_knows_it(browse):
    async def work(browser):
        await browser.login()
        body = (await browser.get("/network.htm")).body
        names = list(dict.fromkeys(re.findall(r'<(?:input|select) (?:type="\w+" )?name="(\w+)"', body)))
        assert names == NETWORK_FORM
        answer = await browser.post("/network.htm", setting_server="http://198.18.9.1/", save="Save")
        assert "Please reboot the device" in answer.body

    browse(work)


def test_a_partial_post_leaves_the_other_fields_alone(browse):
    async def work(browser):
        await browser.login()
        await browser.post("/network.htm", asset_id="partial", save="Save")
        assert browser.device.settings.get("asset_id") == "partial"
        assert browser.device.settings.get("dns_domain") == "lab.example"

    browse(work, dns_domain="lab.example")


def test_each_identity_has_ten_tabs_with_its_number_in_the_title(browse):
    async def work(browser):
        await browser.login()
        body = (await browser.get("/identity.htm?idx=9&tab=action")).body
        assert "<h1>Action URLs Settings for Identity 9</h1>" in body
        tabs = re.findall(r'tab=(\w+)">([\w ]+)</a>', body.partition('class="tabs"')[2])
        assert [text for _, text in tabs] == [*TEN_TABS, "Action URLs"]
        for key, text in tabs:
            page = await browser.get(f"/identity.htm?idx=2&tab={key}")
            assert f"<h1>{text} Settings for Identity 2</h1>" in page.body

    browse(work)


def test_a_field_is_saved_for_its_identity_only_and_shown_escaped(browse):
    async def work(browser):
        await browser.login()
        page = "/identity.htm?idx=6&tab=account"
        answer = await browser.post(page, user_realname='Paint "shop" <b>', user_active="true", save="Save")
        assert "Settings saved." in answer.body
        assert "Paint &quot;shop&quot; &lt;b&gt;" in answer.body
        assert browser.device.settings.get("user_realname", 6) == 'Paint "shop" <b>'
        assert browser.device.settings.bool("user_active", 6)
        assert browser.device.settings.get("user_realname", 7) == ""

    browse(work)


def test_two_different_passwords_are_refused_and_nothing_is_saved(browse):
    async def work(browser):
        await browser.login()
        page = "/identity.htm?idx=1&tab=account"
        fields = {"user_name": "x", "user_pass": "one", "user_pass_repeat": "two", "save": "Save"}
        assert "do not match" in (await browser.post(page, **fields)).body
        assert browser.device.settings.get("user_name", 1) == ""
        await browser.post(page, **fields | {"user_pass_repeat": "one"})
        assert browser.device.settings.get("user_pass", 1) == "one"

    browse(work)


def test_a_stored_password_is_not_in_the_page_and_an_empty_field_keeps_it(browse):
    async def work(browser):
        browser.device.settings.set("user_pass", "s3cret-word", 1, who="base")
        await browser.login()
        page = "/identity.htm?idx=1&tab=account"
        assert "s3cret-word" not in (await browser.get(page)).body
        await browser.post(page, user_pass="", user_pass_repeat="", user_name="40", save="Save")
        assert browser.device.settings.get("user_pass", 1) == "s3cret-word"

    browse(work)


def test_a_setting_with_perm_r_is_shown_and_not_written(browse):
    async def work(browser):
        browser.device.settings.set("user_host", "pbx.example", 1, who="provisioning", perm="R")
        await browser.login()
        page = "/identity.htm?idx=1&tab=account"
        body = (await browser.get(page)).body
        assert "pbx.example" in body
        assert 'name="user_host"' not in body
        answer = await browser.post(page, user_host="other.example", user_name="40", save="Save")
        assert "read-only" in answer.body
        assert browser.device.settings.get("user_host", 1) == "pbx.example"
        assert browser.device.settings.get("user_name", 1) == ""

    browse(work)


def test_a_value_that_is_no_number_is_refused_with_a_word(browse):
    async def work(browser):
        await browser.login()
        assert "no number" in (await browser.post("/network.htm", retry_t1="fast", save="Save")).body
        assert browser.device.settings.get("retry_t1") == "500"

    browse(work)


def test_a_provisioned_value_that_is_no_choice_is_shown_and_kept(browse):
    async def work(browser):
        browser.device.settings.set("user_expiry", "200", 1, who="provisioning")
        await browser.login()
        body = (await browser.get("/identity.htm?idx=1&tab=sip")).body
        assert '<option value="200" selected>200</option>' in body
        assert '<option value="asterisk">Asterisk</option>' in body

    browse(work)


def test_the_network_status_has_the_presentations_rows(browse):
    async def work(browser):
        await browser.login()
        body = (await browser.get("/status.htm")).body
        assert re.fullmatch(r"\d+ \d\d:\d\d:\d\d", cell(body, "Uptime"))
        assert cell(body, "MAC") == "00:04:13:30:01:21"
        assert cell(body, "Version") == "9.2.45-a"
        assert cell(body, "IP Address") == "198.18.9.50 (DHCP eth1)"
        assert "Root Certificate Authorities" in body
        assert "Content of the DNS cache" in body

    browse(work)


def test_the_registration_status_has_a_row_an_identity(browse):
    async def work(browser):
        await browser.login()
        body = (await browser.get("/status.htm?tab=registration")).body
        assert re.search(r"<td>1</td><td></td><td></td><td>Registered</td><td>170</td>", body)
        assert body.count("Not active") == 8

    browse(work)


def test_the_dect_page_opens_registration_and_rings_the_handsets(browse):
    async def work(browser):
        await browser.login()
        page = "/status.htm?tab=dect"
        assert "closed" in (await browser.get(page)).body
        assert "open, 9:59 left" in (await browser.post(page, registration="Start")).body
        await browser.post(page, locate="Locate handsets")
        await browser.post(page, forget_005C30C840="Delete")
        assert browser.device.air.calls == ["locate", "forget 005C30C840"]

    browse(work)


def test_the_log_filter_writes_one_level_a_category(browse):
    async def work(browser):
        await browser.login()
        body = (await browser.get("/logfilter.htm")).body
        assert len(re.findall(r"<select name=\"log\d+\"", body)) == 12
        await browser.post("/logfilter.htm", log6="0", log12="9", save="Save")
        assert [browser.device.settings.get("log", idx) for idx in (5, 6, 12)] == ["5", "0", "9"]

    browse(work)


def test_the_reboot_button_answers_and_then_reboots(browse):
    async def work(browser):
        await browser.login()
        assert (await browser.post("/update.htm", reboot="Reboot")).status == 200
        async with asyncio.timeout(2):
            assert await browser.device.ended == 75

    browse(work)


def test_an_unknown_page_is_not_found_and_counted(browse):
    async def work(browser):
        for _ in range(2):
            assert (await browser.get("/advanced_update.htm")).status == 404
        await browser.login()
        assert "since power-on: 2" in (await browser.get("/log.htm")).body
        assert (await browser.get("/identity.htm?idx=10&tab=sip")).status == 404

    browse(work)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 400),
        (b"GET nowhere HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", 413),
        (b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n%ff", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 501),
        (b"DELETE / HTTP/1.1\r\n\r\n", 501),
        (b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\n" + b"A: " + b"b" * 1000 + b"\r\n" + b"B: x\r\n" * 2000 + b"\r\n", 431),
    ],
)
def test_a_bad_request_gets_its_status_and_a_line_in_the_log(browse, request_bytes, status):
    async def work(browser):
        assert (await browser.raw(request_bytes)).status == status
        assert any("Bad request" in entry.text for entry in browser.device.log.entries())
        assert (await browser.get("/")).status == 200

    browse(work)


def test_a_head_request_has_no_body_and_every_answer_closes(browse):
    async def work(browser):
        answer = await browser.raw(b"HEAD / HTTP/1.0\r\n\r\n")
        assert (answer.status, answer.body, answer.header("Connection")) == (200, "", "close")

    browse(work)


def test_identities_may_have_pages_of_their_own(browse):
    async def work(browser):
        body = (await browser.login()).body
        assert 'href="/identity2_account.htm"' in body
        page = (await browser.get("/identity2_account.htm")).body
        assert "Account Settings for Identity 2" in page
        assert 'href="/identity2_ldap.htm"' in page
        await browser.post("/identity2_account.htm", user_name="402", save="Save")
        assert browser.device.settings.get("user_name", 2) == "402"
        assert (await browser.get("/identity.htm?idx=2&tab=account")).status == 404
        assert (await browser.get("/identity2_nothing.htm")).status == 404

    browse(work, quirks={"identity_pages": "paths"})


def test_the_authentication_name_may_have_the_desk_phones_name(browse):
    async def work(browser):
        await browser.login()
        assert 'name="user_pname"' in (await browser.get("/identity.htm?idx=1&tab=account")).body
        await browser.post("/identity.htm?idx=1&tab=account", user_pname="desk", user_authname="other", save="Save")
        assert browser.device.settings.get("user_authname", 1) == "desk"

    browse(work, quirks={"authentication_name": "pname"})


VCARDS = """BEGIN:VCARD
VERSION:2.1
N;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:M=C3=BCller;J=C3=B6rg
TEL;WORK;VOICE:+49 (30) 398-33
TEL;CELL:0170/1234
PHOTO;ENCODING=BASE64;TYPE=JPEG:
 /9j/4AAQ

END:VCARD
BEGIN:VCARD
VERSION:3.0
FN:Ann\\, Sales
item1.TEL;TYPE=work:*43#
END:VCARD
BEGIN:VCARD
FN:Nobody
END:VCARD
"""


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("FN:A\r\nPHOTO;ENCODING=b;TYPE=JPEG:AAAA=\r\nTEL:1\r\n", ["1"]),
        ("FN:A\r\nTEL:1\r\nPHOTO;ENCODING=b:AAAA\r\n AA==\r\n", ["1"]),
        ("FN:A\r\nTEL:1\r\nPHOTO;ENCODING=BASE64;JPEG:\r\n AAAA\r\n AA==\r\n\r\n", ["1"]),
        ("FN;ENCODING=QUOTED-PRINTABLE:A=\r\nB\r\nTEL:1\r\nTEL;VALUE=uri:tel:+2-3\r\n", ["1", "+23"]),
        ("FN:A\r\nno line\r\nTEL:1\r\n", ["1"]),
    ],
)
def test_a_card_is_read_to_its_end(text, numbers):
    """A picture's base64 ends in `=`, which is no soft line end."""
    card = f"BEGIN:VCARD\r\nVERSION:2.1\r\n{text}END:VCARD\r\n"
    found = vcards.read(card * 2 + "BEGIN:VCARD\r\nFN:cut")
    assert [one.numbers for one in found] == [numbers] * 2
    assert all(one.name.startswith("A") for one in found)


def test_uploaded_vcards_are_among_the_contacts(browse):
    async def work(browser):
        await browser.login()
        assert "VCARD(s) Upload" in (await browser.get("/identity.htm?idx=3&tab=addressbook")).body
        for text, said in ((VCARDS, "3 contacts added."), ("nonsense", "No VCARD found.")):
            body = (await browser.upload("/identity.htm?idx=3&tab=addressbook", vcards=text, upload="Upload")).body
            assert said in body
        for cell in ("Jörg Müller", "+493039833", "01701234", "Ann, Sales", "*43#"):
            assert f"<td>{cell}</td>" in body
        assert "Nobody" not in body

    browse(work)
