"""INVITEs that take over a call of the base: Replaces is obeyed, or refused with the status that is due (RFC 3891)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, cannot_be_said, judged
from harness.rules.reactions import after, over_at, reaction
from harness.rules.registry import Expect, rule
from harness.rules.successors import REPLACES, Replaces

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

FORGOTTEN_S = 30.0
"""Seconds after which a call that has ended need not be known any more."""


class ReplacesExpect(Expect):
    """XFR-4: the statuses for an INVITE whose Replaces is not obeyed."""

    twice: int
    unknown: int
    ended: int
    confirmed: int


@rule("XFR-4")
def replaces_gets_its_answer(call: CallEvidence, expect: ReplacesExpect) -> Iterator[Finding]:
    """An INVITE that may take over a call is answered at once; others are refused with the status that is due."""
    invite = call.opening
    named = invite.header(REPLACES) if invite is not None and call.incoming else []
    if invite is None or not named:
        return
    old = None if len(named) > 1 else _meant(call, Replaces.parse(named[0]))
    due, why = _due(call, invite, named, old, expect)
    first = next((m for m in call.responses_to(invite) if m.status > 100), None)
    if first is None:
        return  # CALL-RINGING judges that
    if old is None and len(named) == 1 and first.status == 200 and call.evidence.acts is None:
        yield cannot_be_said(invite, first, why="the call that is replaced may have begun before the trace")
        return
    claim, expected = f"an INVITE {why}", " or ".join(map(str, due))
    yield judged(first.status in due, invite, first, expected=expected, seen=first.status, claim=claim)


@rule("XFR-4", timed=True)
def the_call_that_was_replaced_is_ended(call: CallEvidence) -> Iterator[Finding]:
    """The old far end is hung up as soon as the new one has its place."""
    invite, answer = call.opening, call.answer
    named = invite.header(REPLACES) if invite is not None and call.incoming else []
    if answer is None or len(named) != 1:
        return
    old = _meant(call, Replaces.parse(named[0]))
    if old is None or (over_at(old, 0.0) or answer.at) < answer.at - FORGOTTEN_S:
        return
    end = after(old.requests, answer.at, lambda m: m.method in ("BYE", "CANCEL"))
    claim = "a call that was replaced is ended"
    over = over_at(old, 0.0) if end is None else None
    finding = reaction(call.evidence, answer, end, expected="BYE of the base", over=over, claim=claim)
    if finding is not None:
        yield finding


def _meant(call: CallEvidence, replaces: Replaces) -> CallEvidence | None:
    """The base's call with this dialog: Call-ID, its own tag and that of the far end."""
    for one in call.evidence.calls:
        if one.call_id == replaces.call_id and one.own_tag == replaces.own_tag and replaces.far_tag in one.far_tags:
            return one
    return None


def _due(
    call: CallEvidence, invite: SipMessage, named: list[str], old: CallEvidence | None, expect: ReplacesExpect
) -> tuple[list[int], str]:
    """The statuses one of which is due, and what the INVITE is that gets it (RFC 3891 section 3)."""
    if len(named) > 1:
        return [expect.twice], "with two Replaces is refused"
    if old is None:
        return [expect.unknown], "that replaces a call which is not known is refused"
    over = over_at(old, 0.0)
    if over is not None and over < invite.at:
        forgotten = [expect.unknown] * (over < invite.at - FORGOTTEN_S)
        return [expect.ended, *forgotten], "that replaces a call which has ended is declined"
    confirmed = old.answer is not None and old.answer.at < invite.at
    if confirmed and Replaces.parse(named[0]).early_only:
        return [expect.confirmed], "that replaces early calls only is refused by one that talks"
    if not confirmed and old.incoming:
        return [expect.unknown], "that replaces a call which rings at the base is refused"
    return [200], "with Replaces takes over its call at once"
