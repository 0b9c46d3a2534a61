"""Encrypted media on paper: keys of offers and answers, and packets with their tag."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.rtp import RtpStream
from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import BASE, CODECS, FAR_PORT, PEER, PORT, PaperCall, description

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID
KEY = "inline:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5"
LONG, SHORT = "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"


def keyed(ours: bool, *keys: str, profile: str = "RTP/SAVP") -> str:
    """A description with these a=crypto lines."""
    lines = "".join(f"a=crypto:{key}\r\n" for key in keys)
    return description(ours).replace("RTP/AVP", profile) + lines


def call(own: str, far: str, *, to_base: bool = True, switch: str = "", **media: int) -> PaperCall:
    """A call with these descriptions, and packets of the base; `switch` is what RTP Encryption was set to."""
    found = PaperCall(to_base=to_base).answered(100.0, own, far).sends(100.1, 102.0, **media)
    values = {"user_name": "41", **({"rtp_encryption": switch} if switch else {})}
    for name, value in values.items():
        detail = {"name": name, "value": value, "identity": "1", "channel": "web"}
        found.acts.append(Act("setting", 50.0, 50.0, detail=detail))
    return found


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ([f"1 {LONG} {KEY}", f"2 {SHORT} {KEY}|2^31"], HELD),
        ([f"1 {LONG} {KEY}", f"1 {SHORT} {KEY}"], BROKEN),
        ([f"x {LONG} {KEY}"], BROKEN),
        ([f"1 AES_CM_256 {KEY}"], BROKEN),
        ([f"1 {LONG} {KEY[:40]}"], BROKEN),
        ([f"1 {LONG} inline:%%"], BROKEN),
        ([f"1 {LONG}"], BROKEN),
        ([], BROKEN),
    ],
)
def test_a_key_has_its_number_suite_and_length(keys: list[str], said: Result) -> None:
    assert call(keyed(True, *keys), keyed(False, f"1 {LONG} {KEY}")).result("SRTP-KEYS") is said


def test_a_call_in_clear_has_no_keys_to_judge() -> None:
    assert call("", "").result("SRTP-KEYS") is IDLE


@pytest.mark.parametrize(
    ("offer", "answer", "said"),
    [
        (keyed(False, f"1 {LONG} {KEY}", f"2 {SHORT} {KEY}"), keyed(True, f"2 {SHORT} {KEY}"), HELD),
        (keyed(False, f"1 {LONG} {KEY}"), keyed(True, f"2 {LONG} {KEY}"), BROKEN),
        (keyed(False, f"1 {LONG} {KEY}"), keyed(True, f"1 {SHORT} {KEY}"), BROKEN),
        (keyed(False, f"1 {LONG} {KEY}"), keyed(True), BROKEN),
        (keyed(False, f"1 {LONG} {KEY}"), description(True), BROKEN),
        (
            keyed(False, f"1 {LONG} {KEY}", f"2 {SHORT} {KEY}"),
            keyed(True, f"1 {LONG} {KEY}", f"2 {SHORT} {KEY}"),
            BROKEN,
        ),
        (description(False), keyed(True, f"1 {LONG} {KEY}", profile="RTP/AVP"), BROKEN),
        (description(False), description(True), HELD),
    ],
)
def test_an_answer_takes_up_what_was_offered(offer: str, answer: str, said: Result) -> None:
    assert call(answer, offer).result("SRTP-ANSWER") is said


@pytest.mark.parametrize(
    ("switch", "keys", "said"),
    [("on", [f"1 {LONG} {KEY}"], HELD), ("on", [], BROKEN), ("off", [], HELD), ("off", [f"1 {LONG} {KEY}"], BROKEN)],
)
def test_an_offer_has_keys_where_encryption_is_on(switch: str, keys: list[str], said: Result) -> None:
    own = keyed(True, *keys, profile="RTP/AVP")
    assert call(own, description(False), to_base=False, switch=switch).result("SRTP-OFFER") is said


def test_a_trace_alone_does_not_tell_whether_encryption_is_on() -> None:
    own = keyed(True, f"1 {LONG} {KEY}", profile="RTP/AVP")
    assert call(own, description(False), to_base=False).result("SRTP-OFFER", acts=False) is UNSAID
    plain = call(description(True), description(False), to_base=False).result("SRTP-OFFER", acts=False)
    assert plain is Result.NOT_EXERCISED, "most phones never encrypt"


@pytest.mark.parametrize(
    ("switch", "suite", "answer", "said"),
    [
        ("on", LONG, [f"1 {LONG} {KEY}"], HELD),
        ("on", LONG, [], BROKEN),
        ("off", LONG, [], IDLE),
        ("on", "F8_128_HMAC_SHA1_80", [], IDLE),
    ],
)
def test_a_key_that_can_be_used_is_used(switch: str, suite: str, answer: list[str], said: Result) -> None:
    own = keyed(True, *answer, profile="RTP/AVP")
    far = keyed(False, f"1 {suite} {KEY}", profile="RTP/AVP")
    assert call(own, far, switch=switch).result("SRTP-AGREED") is said


@pytest.mark.parametrize(
    ("suite", "tag", "said"),
    [(LONG, 10, HELD), (LONG, 0, BROKEN), (LONG, 4, BROKEN), (SHORT, 4, HELD), ("", 0, HELD), ("", 10, BROKEN)],
)
def test_packets_are_longer_by_the_tag_of_the_suite(suite: str, tag: int, said: Result) -> None:
    keys = [f"1 {suite} {KEY}"] if suite else []
    own, far = (keyed(ours, *keys, profile="RTP/SAVP" if suite else "RTP/AVP") for ours in (True, False))
    assert call(own, far, tag=tag).result("SRTP-PACKETS") is said


@pytest.mark.parametrize(("tag", "said"), [(0, HELD), (10, BROKEN)])
def test_a_sender_that_pauses_now_and_then_is_judged_by_what_it_sends_in_between(tag: int, said: Result) -> None:
    """After a pause the timestamp has gone on by more than the packet before holds."""
    found = call(description(True), description(False), tag=tag)
    (stream,) = found.streams
    rows = [replace(row, timestamp=row.timestamp + 800 * (place // 4)) for place, row in enumerate(stream.rows)]
    found.streams = [RtpStream.of_rows((BASE, PORT, PEER, FAR_PORT), stream.ssrc, rows, CODECS)]
    assert found.result("SRTP-PACKETS") is said
