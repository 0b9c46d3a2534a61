"""NOTIFY talk and hold within a call: a server presses the keys of the phone, where the platform has that."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.messages import SipMessage
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, judged
from harness.rules.notify import event_of
from harness.rules.reactions import after, over_at, reaction
from harness.rules.registry import Expect, rule

PACKAGES = ("talk", "hold")
OBEYED_WITHIN_S = 2.0


class RemoteControlExpect(Expect):
    """CAL-13: whether the platform has remote control, and the statuses of a phone that refuses it."""

    obeyed: bool
    refused: frozenset[int]


@rule("CAL-13", timed=True)
def remote_control_is_confirmed_or_refused(call: CallEvidence, expect: RemoteControlExpect) -> Iterator[Finding]:
    """NOTIFY talk or hold is confirmed where the platform has it, else refused as an unknown event."""
    for notice in _notices(call):
        final, expected = call.final(notice), "200" if expect.obeyed else "489"
        claim = f"NOTIFY {event_of(notice)[0]} is {'confirmed' if expect.obeyed else 'refused'}"
        over = over_at(call, notice.at)
        finding = reaction(call.evidence, notice, final, expected=expected, over=over, claim=claim)
        if finding is not None and finding.result is Result.HELD and final is not None:
            good = final.status < 300 if expect.obeyed else final.status in expect.refused
            finding = judged(good, notice, final, expected=expected, seen=final.status, claim=claim)
        if finding is not None:
            yield finding


@rule("CAL-13", reads=("sip", "acts"), timed=True)
def a_ringing_call_is_answered_by_the_server(call: CallEvidence, expect: RemoteControlExpect) -> Iterator[Finding]:
    """NOTIFY talk answers a call that rings where the platform has that; elsewhere it neither answers nor ends it."""
    invite = call.opening
    if invite is None or not call.incoming:
        return
    final = call.final(invite)
    for notice in _notices(call):
        if event_of(notice)[0] != "talk" or (final is not None and final.at < notice.at):
            continue
        gone = after(call.heard, notice.at, lambda m: m.method == "CANCEL")
        if expect.obeyed:
            claim = "NOTIFY talk answers a call that rings"
            over = gone.at if gone is not None else None
            finding = reaction(
                call.evidence, notice, final, expected="200 to INVITE", within=OBEYED_WITHIN_S, over=over, claim=claim
            )
            if finding is not None:
                yield finding
        elif final is not None and gone is None and not call.acts("answer", "hang-up"):
            claim = "a refused NOTIFY talk leaves the call as it is"
            yield broken(notice, final, expected="the call goes on ringing", seen=final.status, claim=claim)


def _notices(call: CallEvidence) -> list[SipMessage]:
    return [m for m in call.asked_of_the_base if m.method == "NOTIFY" and m.to.tag and event_of(m)[0] in PACKAGES]
