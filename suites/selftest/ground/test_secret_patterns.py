"""Secrets that nobody registered: each kind of writing is masked at its length, in linear time."""

from __future__ import annotations

import time

import pytest

from harness.core.redaction import Redaction

SECRET = "Geheim4711Wort"
KINDS = [
    '<user_pass idx="1" perm=""><![CDATA[{}]]></user_pass>',
    "<http_pwd>\r\n  <![CDATA[{}]]>\r\n</http_pwd>",
    "<sip.api_key>{}</sip.api_key>",
    '<user name="40" password="{}" realm="pbx"/>',
    "<line secret='{}'/>",
    "user_pass1!: {}\r\n",
    "http_pass$: {}\r\nuser_name1!: 40",
    "language!: Deutsch\nadmin_mode_password&: {}",
    "GET http://prov:{}@10.0.0.1/a HTTP/1.1",
    "<setting_server>https://prov:{}@pbx.example:8443/x.xml</setting_server>",
    "BB\x10ftp://m9:{}@192.0.2.11/\xff",
    "tftp://:{}@192.0.2.11/",
    '{{"user": "40", "password": "{}"}}',
    '{{"apiKey":"{}","n":1}}',
    '{{"x": {{"refresh_token" : "{}"}}}}',
    "POST /login\r\n\r\nuser=40&pwd={}&x=1",
    "GET /x?access_token={}&b=1",
    "GET /x?api_key={} HTTP/1.1",
    "secret={}",
    "Cookie: a=1; session={}; b=2\r\n",
    "Set-Cookie: sid={}; Path=/\r\n",
    "X-Api-Key: {}\r\n",
    "Authorization: Bearer {}\r\n",
    "REGISTER sip:40:{}@pbx SIP/2.0",
    "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
    "user: 40\npassword: {}\nrealm: pbx",
    "user_pass1: {}\r\nuser_name1: 40",
    "api_key: {}",
    "user_pass1 = {}\n",
    "[40]\nsecret => {} ; of the phone\n",
    '<param name="password" value="{}"/>',
    "<param value='{}' name='vm-password' />",
    "<input type=text name=http_pass value={}>",
    'Content-Disposition: form-data; name="user_pass1"\r\n\r\n{}\r\n--x',
    "\ufeffuser_pass1!: {}\n",
]


@pytest.mark.parametrize("text", KINDS)
def test_a_secret_is_masked_in_each_writing_and_nothing_else_is(text: str) -> None:
    spelt = text.format(SECRET)
    masked = Redaction().mask(spelt)
    assert SECRET not in masked
    assert len(masked) == len(spelt)
    kept = [before for before, after in zip(spelt, masked, strict=True) if before == after]
    assert len(kept) >= len(spelt) - len(SECRET) - 2 * spelt.count("\n")


def test_every_cookie_of_a_line_is_masked() -> None:
    line = "Cookie: session=abc; theme=dark;x=1\r\nHost: x=y\r\n"
    assert Redaction().mask(line) == "Cookie: session=***; theme=****;x=*\r\nHost: x=y\r\n"
    assert Redaction().mask("Set-Cookie: id=abc; Path=/a\r\n") == "Set-Cookie: id=***; Path=/a\r\n"


@pytest.mark.parametrize(
    "text",
    ["<pin_change_prompt>off</pin_change_prompt>", "<user_pass></user_pass>", "<user_pass>  </user_pass>",
     "http://192.0.2.11:8080/a@b", "sip:40@pbx:5060", '{"token_type": "Bearer"}', "user_name1!: 40",
     "the password: see the rig file", "password: of the rig file", '<param name="username" value="40"/>',
     "Token: see the rig file", 'form-data; name="file"\r\n\r\nbody', "time 12:30:01 user@host"],
)  # fmt: skip
def test_what_is_no_secret_stays(text: str) -> None:
    assert Redaction().mask(text) == text


SIZE = 500_000
DELIMITERS = [
    "<pass>", "<pass ", "<user_pass><![CDATA[", "<", ">", "]]>", '"pass":"', '"pass": ', '"', "\\", "sip:a:",
    "sip:", "http://",
    "http://a:", "pass=", " pass=", "passpass", "pin", " pin", "&pwd=", "Cookie:", "Cookie: a=",
    "Set-Cookie: ", ";", "=",
    "-----BEGIN PRIVATE KEY-----", "-----END", "response=", 'cnonce="', "gssapi-data=\"", "inline:",
    "a=key-mgmt:a ", "k=clear:",
    "pass: ", "pass => ", "name=pass ", "value=a ", 'name="pass" value="', "form-data; name=pass\n", "\r\n",
    "user_pass1!:", "\n", " ", "a", "authorization: basic ", "x-api-key:", "pass='", " token=\"", "@", ":",
]  # fmt: skip


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_hostile_text_takes_linear_time(delimiter: str) -> None:
    """Sixteen times the text takes about sixteen times as long; 256 times would be minutes."""
    lead = 'pass sip: "cookie: token a=key-mgmt:x cdata[ <'  # so that each pattern searches

    def seconds(size: int) -> float:
        text = (lead + delimiter * (size // len(delimiter))).encode()
        begun = time.thread_time()
        assert len(Redaction().mask_bytes(text)) == len(text)
        return time.thread_time() - begun

    assert seconds(SIZE) < max(seconds(SIZE // 16), 0.02) * 16 * 2.5
