"""One line for each call: caller and callee, how it ended, how long it lasted, its codec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.trace_report.model import CallLine
from harness.trace_report.wording import seconds, status_words

if TYPE_CHECKING:
    from harness.capture.headers import Address
    from harness.capture.messages import SipMessage
    from harness.rules.call_evidence import CallEvidence

ANSWERED, REFUSED, CANCELLED, UNANSWERED, CUT = "answered", "refused", "cancelled", "unanswered", "cut"
_CHALLENGES = (401, 407)
GIVES_UP_S = 32.0
"""Seconds for which an INVITE is repeated before its sender gives up (RFC 3261 section 17.1.1.2, timer B)."""


@dataclass(frozen=True)
class Ending:
    """How a call went: one of the outcomes, in words, and the time of talk where it was answered."""

    outcome: str
    words: str
    talk: float | None = None
    by: SipMessage | None = None
    """The message that ended it."""


def line(number: int, call: CallEvidence, codec: str) -> CallLine:
    """The line without the results of the rules."""
    end = ending(call)
    caller, callee = parties_of(call)
    first = call.messages[0]
    return CallLine(
        number=number,
        call_id=call.call_id,
        own_tag=call.own_tag,
        began=call.began_at,
        lasted=call.last_at - call.began_at,
        way="incoming" if call.incoming else "outgoing",
        caller=who(caller),
        callee=who(callee),
        ended=end.words,
        outcome=end.outcome,
        talk=end.talk,
        codec=codec,
        messages=len(call.messages),
        first_frame=first.frame,
    )


def parties_of(call: CallEvidence) -> tuple[Address, Address]:
    """Caller and callee; From and To of a request inside a dialog stand the other way round when the callee sent it."""
    first = call.opening or call.messages[0]
    base_asked = call.evidence.is_base(first.src) == first.is_request
    if base_asked == call.incoming:
        return first.to, first.from_
    return first.from_, first.to


def who(address: Address) -> str:
    """The number, with the name that stands beside it."""
    number = address.user.partition(":")[0] or address.host or address.uri or "unknown"
    return f"{number} ({address.display})" if address.display and address.display != number else number


def ending(call: CallEvidence) -> Ending:
    """How the call ended, as its messages tell."""
    if call.answer is not None:
        return _answered(call, call.answer)
    if call.opening is None:
        return _beginless(call)
    cancel = next((m for m in call.messages if m.method == "CANCEL"), None)
    rang = next((m for m in call.messages if m.cseq.method == "INVITE" and 101 <= m.status < 200), None)
    finals = [m for m in call.messages if m.cseq.method == "INVITE" and m.status >= 300]
    refusal = next((m for m in reversed(finals) if m.status not in _CHALLENGES), None)
    if cancel is not None and (refusal is None or refusal.status == 487):
        after = seconds(cancel.at - call.began_at)
        ringing = "" if rang else ", before it rang"
        return Ending(CANCELLED, f"cancelled by {_side(call, cancel)} after {after}{ringing}", by=cancel)
    if refusal is not None:
        return Ending(REFUSED, f"refused by {_side(call, refusal)}: {status_words(refusal)}", by=refusal)
    if finals:
        return Ending(UNANSWERED, f"stopped at the challenge ({status_words(finals[-1])})", by=finals[-1])
    if rang is not None:
        return Ending(CUT, "rings where the trace ends")
    if _still_waits(call, call.messages[-1]):
        return Ending(CUT, "no answer yet where the trace ends")
    tried = any(m.status == 100 for m in call.messages)
    return Ending(UNANSWERED, "no answer but 100 Trying" if tried else "no answer at all")


def _answered(call: CallEvidence, answer: SipMessage) -> Ending:
    before = f"answered after {seconds(answer.at - call.opening.at)}" if call.opening else "begins before the trace"
    phones = {
        m.to.tag
        for m in call.messages
        if m.cseq == answer.cseq and m.from_.tag == answer.from_.tag and m.status // 100 == 2
    }
    if len(phones) > 1:
        before += f" by {len(phones)} phones (forked)"
    bye = call.bye
    if bye is None:
        outcome = CUT if call.ended_at is None else ANSWERED
        return Ending(outcome, f"{before}, still up where the trace ends", call.last_at - answer.at)
    return Ending(ANSWERED, f"{before}, {_side(call, bye)} hung up{_unanswered(call, bye)}", bye.at - answer.at, bye)


def _unanswered(call: CallEvidence, bye: SipMessage) -> str:
    if any(m.cseq.method == "BYE" and m.status >= 200 for m in call.messages):
        return ""
    return " where the trace ends" if _still_waits(call, bye) else ", its BYE was not answered"


def _beginless(call: CallEvidence) -> Ending:
    bye = call.bye
    if bye is None:
        return Ending(CUT, "begins and ends outside of the trace")
    return Ending(CUT, f"begins before the trace, {_side(call, bye)} hung up", by=bye)


def _still_waits(call: CallEvidence, message: SipMessage) -> bool:
    """Whether the trace ends before the sender of a message gives up."""
    return call.evidence.sight.ends - message.at < GIVES_UP_S


def _side(call: CallEvidence, message: SipMessage) -> str:
    return "the base" if call.evidence.is_base(message.src) else "the far end"
