"""Digits that are pressed in a call: each one event, or one INFO where the identity is set so, in the order of keys."""

from __future__ import annotations

import pytest

from harness.capture.rtp import RtpRow, RtpStream
from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import BASE, CODECS, FAR_PORT, PEER, PORT, PaperCall

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def pressed(digits: str, *, felt: bool = True, info: bool = False) -> PaperCall:
    """A call in which these keys are pressed from 11.0 on."""
    call = PaperCall(ends=60.0).answered(10.0)
    detail = {"identity": "1", "channel": "web"}
    call.acts = [Act("setting", 1.0, 1.0, detail={"name": "user_name", "value": "41", **detail})]
    call.acts += [Act("setting", 2.0, 2.0, detail={"name": "user_sip_info", "value": str(int(info)), **detail})]
    for place, digit in enumerate(digits):
        call.did("digit", 11.0 + place, felt=felt, digit=digit)
    return call


def events(call: PaperCall, digits: str, *, ends: int = 3) -> PaperCall:
    """Speech and these digits in the base's stream, a second apart."""
    rows: list[RtpRow] = []
    for number in range(400):
        at = 10.0 + number * 0.02
        place, within = divmod(number - 60, 50)
        digit = digits[place] if 0 <= place < len(digits) and within < 5 + ends else ""
        if digit:
            told = ("0123456789*#".index(digit), within >= 5, 160 * (min(within, 5) + 1), 10)
            stamp = (60 + place * 50) * 160
            rows.append(RtpRow(round(at * 1000), at, number, stamp, 101, within == 0, b"1234", told))
        else:
            rows.append(RtpRow(round(at * 1000), at, number, number * 160, 8, False, bytes(160), None))
    call.streams = [RtpStream.of_rows((BASE, PORT, PEER, FAR_PORT), 1, rows, CODECS)]
    return call


@pytest.mark.parametrize(
    ("sent", "claims"),
    [
        ("12", []),
        ("1", ["telephone events of the digits that are pressed"]),
        ("21", ["telephone events of the digits that are pressed"]),
        ("112", ["telephone events of the digits that are pressed"]),
        ("", ["telephone events of the digits that are pressed"]),
    ],
)
def test_each_digit_is_one_event_in_order(sent, claims):
    assert events(pressed("12"), sent).broken("DTM-1") == claims


def test_an_event_with_too_few_ends_is_named():
    assert events(pressed("5"), "5", ends=2).broken("DTM-1") == ["end packets of digit 5"]


def test_digits_that_may_still_come_and_keys_that_were_not_felt_say_nothing():
    call = events(pressed("12"), "1")
    call.ends = 12.5
    assert call.result("DTM-1") is NOT_EXERCISED
    assert events(pressed("12", felt=False), "").result("DTM-1") is UNSAID
    assert pressed("12").result("DTM-1", media=False) is UNSAID


def informed(*bodies: str, kind: str = "application/dtmf-relay") -> PaperCall:
    """Digits by INFO."""
    call = pressed("7*", info=True)
    for place, body in enumerate(bodies):
        call.says(11.1 + place, "INFO", f"{2 + place} INFO", ours=True, body=body, content_type=kind)
    return call


SEVEN, STAR = "Signal=7\r\nDuration=160\r\n", "Signal=10\r\nDuration=160\r\n"


@pytest.mark.parametrize(
    ("bodies", "kind", "claims"),
    [
        ((SEVEN, STAR), "application/dtmf-relay", []),
        ((SEVEN,), "application/dtmf-relay", ["a digit is sent by INFO"]),
        ((SEVEN, STAR, STAR), "application/dtmf-relay", ["a digit is sent once"]),
        ((STAR, STAR), "application/dtmf-relay", ["Signal of INFO"]),
        ((SEVEN, "Signal=*\r\nDuration=5\r\n"), "application/dtmf-relay", ["Duration of INFO"]),
        ((SEVEN, STAR), "application/dtmf", ["body type of INFO", "body type of INFO"]),
    ],
)
def test_digits_go_by_info_where_the_identity_is_set_so(bodies, kind, claims):
    call = informed(*bodies, kind=kind)
    assert call.broken("DTM-2") == claims
    assert call.result("DTM-1") is NOT_EXERCISED


def test_a_save_that_begins_right_after_a_digit_leaves_it_known():
    """The next test restores the setting a tenth of a second after the last key."""
    call = informed(SEVEN, STAR)
    off = {"name": "user_sip_info", "value": "0", "identity": "1", "channel": "web"}
    call.acts.append(Act("setting", 12.15, 12.6, detail=off))
    assert call.broken("DTM-2") == []
    assert call.result("DTM-2") is HELD


def test_an_event_beside_the_info_counts_twice_and_is_named():
    assert events(informed(SEVEN, STAR), "7").broken("DTM-2") == ["no telephone-event for a digit that goes by INFO"]


@pytest.mark.parametrize(("answer", "result"), [("200 OK", HELD), ("415 No", BROKEN)])
def test_a_digit_of_the_far_end_by_info_is_accepted(answer, result):
    call = PaperCall().answered(10.0)
    call.says(12.0, "INFO", "2 INFO", ours=False, body=SEVEN, content_type="application/dtmf-relay")
    call.says(12.1, answer, "2 INFO", ours=True)
    assert call.result("DTMF-INFO") is result
