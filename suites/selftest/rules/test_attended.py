"""Attended transfers by the base: REFER with Replaces in the held call, the end of both, and hanging up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import SipMessage
from harness.capture.sight import Sight
from harness.rules.acts import Act
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from suites.selftest.rules.paper_call import BASE, PEER, PROXY, PaperCall

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED
OTHER = "other@base"
ADDRESS = f"sip:301@{PEER}:5060"
REPLACES = "other%40base%3Bto-tag%3Dpeer%3Bfrom-tag%3Dbase"
OWN = f"<sip:41@{PROXY}>"


class TwoCalls:
    """Handset 1 holds one call at 11 s and talks in another from 15 s on; REFER may follow in the held one."""

    def __init__(self) -> None:
        self.held = PaperCall().answered(10.0).did("hold", 11.0)
        self.other = PaperCall(to_base=False).answered(15.0).did("dial", 14.0)
        at = next(n for n, m in enumerate(self.other.sip) if m.status == 200)
        ok = self.other.sip[at]
        self.other.sip[at] = replace(ok, headers=(*ok.headers, ("Contact", f"<{ADDRESS}>")))
        self.more: list[Act] = []
        self.ends = 30.0

    def joins(self, at: float = 18.0, **detail: str) -> TwoCalls:
        """The key that joins."""
        self.held.did("transfer", at, **(detail or {"other": OTHER}))
        return self

    def hangs_up(self, at: float = 18.0) -> TwoCalls:
        """On hook in the call that talks."""
        self.other.did("hang-up", at)
        return self

    def knows(self, value: str) -> TwoCalls:
        """The identity of both calls, and its setting."""
        for name, text in (("user_name", "41"), ("user_transfer_on_hangup", value)):
            self.more.append(Act("setting", 1.0, 1.0, detail={"name": name, "identity": "1", "value": text}))
        return self

    def refers(self, to: str = f"<{ADDRESS}?Replaces={REPLACES}>", final: str = "202 Accepted") -> TwoCalls:
        """REFER in the held call at 18.1 s."""
        self.held.says(18.1, "REFER", "2 REFER", ours=True, refer_to=to, referred_by=OWN, contact=f"<sip:41@{BASE}>")
        self.held.says(18.2, final, "2 REFER", ours=False)
        return self

    def told(self, status: int, at: float = 19.0) -> TwoCalls:
        """A NOTIFY that the base confirms."""
        body = f"SIP/2.0 {status} x\r\n"
        self.held.says(at, "NOTIFY", "3 NOTIFY", ours=False, body=body, event="refer;id=2")
        self.held.says(at + 0.01, "200 OK", "3 NOTIFY", ours=True)
        return self

    def judged(self, row: str, *, acts: bool = True) -> Judgement:
        """What a rule says of both calls."""
        sip = [*self.held.sip, *(_of_other(m) for m in self.other.sip)]
        sip.sort(key=lambda m: m.at)
        did = [*self.held.acts, *(replace(act, call_id=OTHER) for act in self.other.acts), *self.more]
        did.sort(key=lambda act: act.at)
        sight = replace(Sight.whole(sip), ends=self.ends)
        (found,) = judge(Evidence([BASE], sip=sip, sight=sight, acts=did if acts else None), "asterisk", [row])
        return found

    def result(self, row: str, *, acts: bool = True) -> Result:
        """In one word."""
        return self.judged(row, acts=acts).result

    def broken(self, row: str) -> list[str]:
        """The claims that broke."""
        return [one.claim for one in self.judged(row).broken]


def _of_other(message: SipMessage) -> SipMessage:
    return replace(message, call_id=OTHER)


def test_two_calls_that_are_joined_break_nothing():
    calls = TwoCalls().joins().refers().told(200)
    calls.held.hung_up(19.1)
    calls.other.hung_up(18.9, ours=False)
    assert [calls.result(row) for row in ("XFR-2", "XFR-3", "XFR-5")] == [HELD] * 3
    assert calls.result("XFR-1") is HELD
    assert calls.result("XFR-6") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("to", "claim"),
    [
        (f"<{ADDRESS}>", "a far end that is joined with another one is told whose place it takes"),
        (f"<{ADDRESS}?Replaces=other@base;to-tag=peer;from-tag=base>", "Replaces in Refer-To is escaped"),
        (
            f"<{ADDRESS}?Replaces=other%40base%3Bto-tag%3Dbase%3Bfrom-tag%3Dpeer>",
            "Replaces names the dialog of the other call, as its far end knows it",
        ),
        (
            f"<{ADDRESS}?Replaces=paper%3Bto-tag%3Dpeer%3Bfrom-tag%3Dbase>",
            "Replaces names the dialog of the other call, as its far end knows it",
        ),
        (
            f"<{ADDRESS}?Replaces=nobody%3Bto-tag%3Dpeer%3Bfrom-tag%3Dbase>",
            "Replaces names the dialog of the other call, as its far end knows it",
        ),
        (f"<sip:309@{PEER}?Replaces={REPLACES}>", "Refer-To names the other far end"),
    ],
)
def test_what_a_refer_says_wrongly_of_the_other_call_is_named(to, claim):
    assert TwoCalls().joins().refers(to).broken("XFR-2") == [claim]


@pytest.mark.parametrize("to", [f"<{ADDRESS}?Replaces={REPLACES}>", f"<sip:301@{PROXY}?Replaces={REPLACES}>"])
def test_contact_and_address_of_record_are_both_the_other_far_end(to):
    assert TwoCalls().joins().refers(to).result("XFR-2") is HELD


def test_a_key_without_refer_is_named_and_one_without_feedback_is_not():
    assert TwoCalls().joins().broken("XFR-2") == ["joining two calls sends REFER to the held far end"]
    calls = TwoCalls()
    calls.held.did("transfer", 18.0, felt=False, other=OTHER)
    assert calls.result("XFR-2") is UNSAID


def test_one_that_only_rings_is_called_anew_without_replaces():
    calls = TwoCalls()
    calls.other.sip = [m for m in calls.other.sip if m.status != 200 and m.method != "ACK"]
    assert calls.joins().refers(f"<sip:301@{PROXY}>").result("XFR-2") is HELD


def test_a_foreign_trace_without_the_other_call_says_less():
    calls = TwoCalls().refers()
    calls.other.sip.clear()
    assert calls.result("XFR-2", acts=False) is HELD  # its form
    assert [one.seen for one in calls.judged("XFR-2", acts=False).unsaid] == [
        "the call that Replaces names is not in the trace"
    ]


def test_a_call_whose_place_was_taken_is_ended_in_time_and_not_before():
    kept = TwoCalls().joins().refers().told(200)
    kept.held.hung_up(19.1)
    assert kept.broken("XFR-3") == ["the call whose place was taken is ended"]
    early = TwoCalls().joins().refers().told(200)
    early.held.hung_up(19.1)
    early.other.hung_up(18.3)
    assert early.broken("XFR-3") == ["a call is not ended before its place was taken"]


def test_failure_keeps_both_calls():
    assert TwoCalls().joins().refers().told(486).result("XFR-5") is HELD
    assert TwoCalls().joins().refers(final="603 Decline").result("XFR-5") is HELD
    calls = TwoCalls().joins().refers().told(486)
    calls.other.hung_up(19.1)
    assert calls.broken("XFR-5") == ["both calls go on when joining them has failed"]


@pytest.mark.parametrize("value", ["on", "true"])
def test_hanging_up_joins_where_the_setting_says_so(value):
    calls = TwoCalls().knows(value).hangs_up().refers().told(200)
    calls.other.hung_up(18.9, ours=False)
    calls.held.hung_up(19.1)
    assert calls.result("XFR-6") is HELD
    ended = TwoCalls().knows(value).hangs_up()
    ended.other.hung_up(18.1)
    assert ended.broken("XFR-6") == ["hanging up joins two calls where the setting says so"]
    assert ended.result("CALL-BYE") is NOT_EXERCISED


def test_hanging_up_ends_one_call_where_the_setting_is_off():
    calls = TwoCalls().knows("off").hangs_up()
    calls.other.hung_up(18.1)
    assert calls.result("XFR-6") is HELD
    assert calls.result("CALL-BYE") is HELD
    joined = TwoCalls().knows("off").hangs_up().refers()
    claim = "hanging up keeps the held call, and joins none where the setting does not say so"
    assert joined.broken("XFR-6") == [claim]
    assert joined.broken("CALL-BYE") == ["hanging up sends BYE"]
    lost = TwoCalls().knows("off").hangs_up()
    lost.held.hung_up(18.1)
    assert lost.broken("XFR-6") == [claim]


def test_of_an_unknown_setting_nothing_is_said():
    assert TwoCalls().hangs_up().result("XFR-6") is NOT_EXERCISED


def test_who_hung_up_is_not_kept_when_joining_has_failed():
    kept = TwoCalls().knows("on").hangs_up().refers().told(486)
    assert kept.broken("XFR-6") == ["a call in which the user hung up ends when joining has failed"]
    ended = TwoCalls().knows("on").hangs_up().refers().told(486)
    ended.other.hung_up(19.1)
    assert ended.result("XFR-6") is HELD
    assert ended.result("XFR-5") is HELD


def test_who_hangs_up_while_two_are_joined_has_left_both():
    calls = TwoCalls().joins().refers().told(486)
    calls.held.did("hang-up", 18.5).hung_up(19.1)
    assert calls.result("CALL-BYE") is NOT_EXERCISED
    assert calls.broken("XFR-5") == []
    assert calls.broken("XFR-6") == ["a call in which the user hung up ends when joining has failed"]
    calls.other.hung_up(19.1)
    assert calls.result("XFR-6") is HELD
