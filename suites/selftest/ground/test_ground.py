"""The ground: errors say expected, seen, rule and source; waits tell what was last seen; masks keep the length."""

from __future__ import annotations

import json
import random
import re
import threading

import pytest

from harness.core import clock, errors, redaction, secret_patterns, steps, verdict


def test_a_product_failure_says_expected_seen_rule_and_source() -> None:
    failure = errors.ProductFailure(
        errors.Expectation(
            claim="held party is offered sendonly",
            expected="re-INVITE with a=sendonly",
            seen="re-INVITE with a=sendrecv (packet 214)",
            rule="asterisk-HLD-1",
            source="RFC 3264 §8.4",
        )
    )
    text = str(failure)
    assert text.splitlines()[0] == "product failure: held party is offered sendonly   [asterisk-HLD-1]"
    assert "RFC 3264 §8.4" in text
    assert "packet 214" in text


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (errors.RigFault("dongle", "no answer", remedy="replug it"), verdict.Verdict.RIG_FAULT),
        (errors.InvalidTest("INVITE towards the base", "nothing"), verdict.Verdict.INVALID),
        (errors.NotApplicable("no second handset"), verdict.Verdict.NOT_APPLICABLE),
        (AssertionError("2 != 3"), verdict.Verdict.PRODUCT_FAILURE),
        (KeyError("x"), verdict.Verdict.HARNESS_FAULT),
    ],
)
def test_an_error_stands_for_one_verdict(error: Exception, expected: verdict.Verdict) -> None:
    assert verdict.of_exception(error) is expected


@pytest.mark.parametrize(
    ("counts", "code"),
    [
        ({"passed": 3}, 0),
        ({"passed": 3, "product_failures": 1, "rig_faults": 2}, 10),
        ({"invalid": 1}, 10),
        ({"passed": 3, "rig_faults": 1}, 11),
        ({"not_applicable": 4}, 12),
    ],
)
def test_exit_codes_follow_the_counts(counts: dict[str, int], code: int) -> None:
    assert verdict.exit_code(counts) == code


def test_an_event_before_the_wait_is_found() -> None:
    events: clock.EventList[str] = clock.EventList()
    events.append("RING")
    assert events.wait_for(lambda e: e == "RING", what="ring", within=0.0) == "RING"


def test_a_wait_ends_with_the_event_of_another_thread() -> None:
    events: clock.EventList[int] = clock.EventList()
    threading.Timer(0.02, events.append, [7]).start()
    assert events.wait_for(lambda e: e == 7, what="seven", within=5.0) == 7


def test_an_expired_wait_tells_what_did_happen() -> None:
    events: clock.EventList[str] = clock.EventList()
    events.append("DISP 1")
    with pytest.raises(clock.WaitExpired, match=r"a ring: not within 0\.01 s; last seen: DISP 1"):
        events.wait_for(lambda e: e == "RING", what="a ring", within=0.01)


def test_a_closed_source_ends_the_wait_at_once() -> None:
    events: clock.EventList[str] = clock.EventList()
    events.close("capture died")
    with pytest.raises(clock.WaitExpired, match="capture died"):
        events.wait_for(bool, what="a packet", within=60.0)


def test_masks_keep_the_length() -> None:
    secrets = redaction.Redaction()
    secrets.register("hunter22")
    text = 'Authorization: Digest username="40", response="0123456789abcdef0123456789abcdef" hunter22'
    masked = secrets.mask(text)
    assert len(masked) == len(text)
    assert "hunter22" not in masked
    assert "0123456789abcdef" not in masked
    assert 'username="40"' in masked


def test_an_sdes_key_is_masked() -> None:
    key = "WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz"
    masked = redaction.Redaction().mask(f"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:{key}")
    assert "WVNf" not in masked


def test_steps_reach_subscribers_with_their_error() -> None:
    heard: list[steps.Step] = []
    with steps.subscribed(heard.append):
        with pytest.raises(ValueError), steps.step("dongle", "press OK"):
            raise ValueError("no such key")
    assert heard[0].error == "ValueError: no such key"
    assert heard[0].ended is not None


def test_a_pin_is_masked_as_a_word_and_left_in_plain_figures() -> None:
    secrets = redaction.Redaction()
    secrets.register("0000")
    assert secrets.mask('AT+REG=2,"0000" for 10000 ms') == 'AT+REG=2,"****" for 10000 ms'


@pytest.mark.parametrize(
    "text",
    ["password=[password]&x=1", "<password>[password]</password>", '{"password": "[password]"}',
     "user_pass: [password]\r\n", "[password]", "\x04\x08[password]\xa0", "pass: [password], port: 1",
     "cGFzc3dvcmQ=".join("[]"), "say '[password]'"],
)  # fmt: skip
def test_a_secret_that_is_a_word_is_masked_where_it_is_a_value(text: str) -> None:
    secrets = redaction.Redaction()
    secrets.register("password")
    masked = re.sub(r"\[(.*)\]", lambda found: "*" * len(found[1]), text)
    assert secrets.mask(re.sub(r"[\[\]]", "", text)) == masked


@pytest.mark.parametrize(
    "text",
    ["the password is wrong", "test_the_right_password_opens_the_pages[asterisk]", "remedy: password and user name",
     "check the password, then the name", "web password: see the rig file", "base.web.password", "user_password1=x"],
)  # fmt: skip
def test_a_secret_that_is_a_word_stays_a_word_in_prose(text: str) -> None:
    secrets = redaction.Redaction()
    secrets.register("password")
    assert secrets.mask(text) == text.replace("=x", "=*")


def test_a_secret_is_masked_in_a_form_a_url_xml_and_base64() -> None:
    secrets = redaction.Redaction()
    secrets.register("p@ss/<word>1")
    for spelt in (
        "user_pass_repeat=p%40ss%2F%3Cword%3E1",
        "<user_pass>p@ss/&lt;word&gt;1</user_pass>",
        "cEBzcy88d29yZD4x",
    ):
        masked = secrets.mask(spelt)
        assert "word" not in masked.partition("=")[2] or "****" in masked
        assert "ss%2F" not in masked
        assert "&lt;word" not in masked
        assert "cEBzcy88" not in masked
        assert len(masked) == len(spelt)


def test_a_secret_with_quotes_is_masked_in_xml_python_and_json() -> None:
    secrets = redaction.Redaction()
    secrets.register("it's&\"so\\1")
    for spelt in ("<x>it's&amp;\"so\\1</x>", repr("it's&\"so\\1"), json.dumps("it's&\"so\\1")):
        assert "so" not in secrets.mask(spelt), spelt


@pytest.mark.parametrize("name", ["http_proxy_password", "ldap_password", "user_pass", "base_pin", "snmp_secret"])
def test_secrets_of_a_provisioning_document_are_masked_without_being_known(name: str) -> None:
    line = f'<{name} idx="1" perm="RW">sesame7</{name}>'
    assert redaction.Redaction().mask(line) == line.replace("sesame7", "*******")
    assert redaction.Redaction().mask("<pin_change_prompt>off</pin_change_prompt>").count("off") == 1


FRAGMENTS = [
    *("RESPONSE=", 'cnonce="', "rspauth = ", "0123456789abcdef", 'gssapi-data="', "user_pass1=", "?PIN=", "&Password="),
    *("-----BEGIN RSA PRIVATE KEY-----", "-----END", "<http_password perm='R'>", "<base_pin>", "<Secret>", "sesame7"),
    *("SIP:bob", "sips:bob:", "@", "Authorization: Basic ", "authorization: BEARER x", "Set-Cookie: id="),
    *("INLINE:", "a=key-mgmt: mikey ", "k=base64:", "K=CLEAR:", "QUJDREVGR0hJSktMTU5P", "\r\n", "\n", " ", ";", ">"),
    *("cookie: a=b", "<", ":", '"', "47", "<![CDATA[", "]]>", "http://a:", '"api_key": "', "pwd!: ", "X-Api-Key: "),
    *(' token="', "secret='"),
]  # fmt: skip


def test_no_secret_is_passed_over_for_want_of_the_words_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts without the words of a pattern are not searched: that changes nothing but the time."""
    draw = random.Random(7)
    texts = ["".join(draw.choices(FRAGMENTS, k=draw.randrange(1, 9))) for _ in range(20000)]
    quick = [redaction.Redaction().mask(text) for text in texts]
    for name in ("PATTERNS", "KEYS"):
        always = [((b"",), pattern, replaced) for _, pattern, replaced in getattr(secret_patterns, name)]
        monkeypatch.setattr(secret_patterns, name, always)
    assert quick == [redaction.Redaction().mask(text) for text in texts]
    assert sum(text != masked for text, masked in zip(texts, quick, strict=True)) > 2000
