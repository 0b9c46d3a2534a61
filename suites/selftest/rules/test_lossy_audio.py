"""What an ear must hear of speech whose packets are lost, late or repeated, and when it must have ended."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from harness.capture.rtp import RtpRow
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, a_law

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
Spoil = Callable[[list[RtpRow]], Iterable[RtpRow]]


def lose_one_in_ten(rows: list[RtpRow]) -> Iterable[RtpRow]:
    return [row for row in rows if row.sequence % 10]


def repeat_one_in_three(rows: list[RtpRow]) -> Iterable[RtpRow]:
    return [row for row in rows for _ in range(1 if row.sequence % 3 else 2)]


def heard(spoil: Spoil, *tones: str) -> PaperCall:
    """A far end that talks 600 Hz from 10.5 to 16 and is silent then; the ear is read each 0.4 s from 12.0 on."""
    call = PaperCall().answered(10.0).hung_up(20.0).sends(10.1, 20.0).did("answer", 9.9)
    call.sends(10.1, 20.0, ours=False, ssrc=9)
    tone = PaperCall().sends(10.5, 16.0, ours=False, ssrc=9, payload=a_law(600, -12.0)).streams[0].rows
    talked = {round(row.at, 2): row.payload for row in tone}
    rows = [
        RtpRow(*(*_fields(row)[:6], talked.get(round(row.at, 2), row.payload), None)) for row in call.streams[1].rows
    ]
    call.streams[1] = call.streams[1].with_rows(list(spoil(rows)))
    for place, told in enumerate(tones):
        call.showed("heard", 12.0 + place * 0.4, "-12", tones=told)
    return call


def _fields(row: RtpRow) -> tuple[object, ...]:
    return row.frame, row.at, row.sequence, row.timestamp, row.payload_type, row.marker


@pytest.mark.parametrize("spoil", [lose_one_in_ten, repeat_one_in_three])
@pytest.mark.parametrize(
    ("tones", "result"),
    [
        (["600:-13"] * 5, HELD),
        (["600:-13", "", "600:-14", "600:-12.5", "600:-13"], HELD),
        (["600:-13", "", "", "", ""], BROKEN),
        (["612.5:-16 587.5:-16"] * 5, BROKEN),
        (["600:-22"] * 5, BROKEN),
        (["600:-13"] * 2, NOT_EXERCISED),
    ],
)
def test_a_tone_over_a_bad_path_is_heard_where_it_was_and_as_loud(spoil, tones, result):
    assert heard(spoil, *tones).result("EAR-LOSS") is result


def test_a_tone_over_a_good_path_is_no_occasion():
    assert heard(lambda rows: rows, *["425:-20"] * 5).result("EAR-LOSS") is NOT_EXERCISED


@pytest.mark.parametrize(("last", "result"), [("", HELD), ("600:-12", BROKEN), ("600:-50", HELD), ("900:-12", HELD)])
def test_a_tone_that_has_ended_is_not_heard_any_more(last, result):
    """The reading at 17.2 s is more than 0.9 s behind the last packet with the tone; that at 16.4 s is not."""
    told = ["600:-12"] * 12 + [last]
    assert heard(lambda rows: rows, *told, last).result("EAR-DELAY") is result
    assert heard(lambda rows: rows, *told[:12]).result("EAR-DELAY") is NOT_EXERCISED
