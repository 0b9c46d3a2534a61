"""Calls that the base must refuse, and calls that it must not refuse (RFC 3261 sections 8.2.2 and 21.4)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.rules.acts import REJECTING
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Result, broken, judged
from harness.rules.known_names import HEADERS, OPTION_TAGS
from harness.rules.reactions import SAVED_S, after, reaction, unfelt
from harness.rules.registry import Expect, rule
from harness.rules.successors import is_successor

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act

UNAVAILABLE, MOVED = 503, 302
ON = ("on", "true", "1", "yes")
CALL_WAITING, DND, RING_DURATION = "user_allow_call_waiting", "user_dnd", "ring_duration"
FORWARDING = "user_forward_mode"
EARLY_S = 0.1
"""Seconds by which a timer of the base may seem to end early: its clock differs from ours."""
LATE_S = 5.0


class RefusalExpect(Expect):
    """CAL-8: status and phrase of each reason to refuse."""

    reject: int
    reject_phrase: str
    dnd: int
    dnd_phrase: str
    busy: int


class CapacityExpect(Expect):
    """CAL-8: the most calls at a time; one more is refused with `busy`."""

    most_calls: int
    busy: int


class PassedOverExpect(Expect):
    """CAL-7."""

    never_status: frozenset[int]


@rule("CAL-8", reads=("sip", "acts"), timed=True)
def rejected_at_the_handset(call: CallEvidence, expect: RefusalExpect) -> Iterator[Finding]:
    """On hook while it rings refuses the call with the status line that is set for it."""
    invite = call.opening
    for act in call.acts("hang-up"):
        if invite is None or not call.incoming or (call.answer is not None and call.answer.at <= act.at):
            continue
        final = after(call.responses_to(invite), act.at, lambda m: m.status >= 200)
        gone = after(call.heard, call.began_at, lambda m: m.method == "CANCEL")
        claim = "a call that is rejected at the handset is refused"
        finding = unfelt(act) or reaction(
            call.evidence, act, final, expected="refusal", over=gone.at if gone else None, claim=claim
        )
        if finding is not None and finding.result is Result.HELD and final is not None:
            finding = _line(act, final, expect.reject, expect.reject_phrase)
        if finding is not None:
            yield finding


@rule("CAL-8", reads=("sip", "acts"))
def refused_by_its_settings(call: CallEvidence, expect: RefusalExpect) -> Iterator[Finding]:
    """Do not disturb refuses every call; without call waiting a second call is busy."""
    invite = call.opening
    if invite is None or not call.incoming or is_successor(call) or not call.evidence.settings.known:
        return
    settings, identity = call.evidence.settings, call.identity(invite.at)
    if not identity:
        return
    at = invite.at + SAVED_S
    if _is(settings.value(DND, identity, at=at, factory="off"), ON):
        wanted, phrase = expect.dnd, expect.dnd_phrase
    elif is_off(settings.value(CALL_WAITING, identity, at=at, factory="on")) and account_talks(call, invite):
        wanted, phrase = expect.busy, ""
    else:
        return
    final = call.final(invite)
    if _is_forwarded(call, invite, final):
        return
    claim = "a call that the settings refuse is refused"
    finding = reaction(call.evidence, invite, final, expected=f"{wanted} {phrase}".strip(), claim=claim)
    if finding is not None and finding.result is Result.HELD and final is not None:
        finding = _line(invite, final, wanted, phrase)
    if finding is not None:
        yield finding


@rule("CAL-8")
def one_call_too_many(evidence: Evidence, expect: CapacityExpect) -> Iterator[Finding]:
    """With as many calls talking as there are channels, one more is refused as busy.

    One that takes the place of another needs none of its own.
    """
    calls = [call for call in evidence.calls if not is_successor(call)]
    answered = sorted(call.answer.at for call in calls if call.answer is not None)
    ended = sorted(_stood_until(call) for call in calls if call.answer is not None)
    for call in calls:
        invite = call.opening
        if invite is None or not call.incoming:
            continue
        if bisect_left(answered, invite.at) - bisect_left(ended, invite.at) < expect.most_calls:
            continue
        final = call.final(invite)
        if _is_forwarded(call, invite, final):
            continue
        finding = reaction(evidence, invite, final, expected=str(expect.busy))
        if finding is not None and finding.result is Result.HELD and final is not None:
            finding = _line(invite, final, expect.busy, "")
        if finding is not None:
            yield finding


TIMER_F_S = 32.0


def _stood_until(call: CallEvidence) -> float:
    """When a call ended; if a foreign trace does not show its end, its last message.

    A BYE that nobody answers ends it too, once it is repeated no more (RFC 3261 section 17.1.2.2).
    """
    if call.ended_at is not None:
        return call.ended_at
    if call.bye is not None:
        return call.bye.at + TIMER_F_S
    return float("inf") if call.evidence.acts is not None else call.last_at


@rule("CAL-8")
def never_unavailable(call: CallEvidence) -> Iterator[Finding]:
    """No refusal is 503: a proxy would treat the whole server as unavailable."""
    invite = call.opening
    final = call.final(invite) if invite is not None and call.incoming else None
    if invite is not None and final is not None and final.status >= 400:
        claim = "a refusal is never 503"
        yield judged(final.status != UNAVAILABLE, invite, final, expected="not 503", seen=final.status, claim=claim)


@rule("CAL-7")
def what_is_not_known_is_passed_over(call: CallEvidence, expect: PassedOverExpect) -> Iterator[Finding]:
    """An INVITE with unregistered headers or supported option tags is treated like any other."""
    invite = call.opening
    if invite is None or not call.incoming or invite.header("require") or invite.problems:
        return
    strange = [name for name, _ in invite.headers if name.lower() not in HEADERS]
    strange += [tag for tag in invite.header("supported") if tag.lower() not in OPTION_TAGS]
    answer = next((m for m in call.responses_to(invite) if m.status > 100), None)
    if strange and answer is not None:
        expected = f"none of {', '.join(map(str, sorted(expect.never_status)))}"
        seen = f"{answer.status}, with {', '.join(strange)}"
        yield judged(answer.status not in expect.never_status, invite, answer, expected=expected, seen=seen)


@rule("SIP-REQUIRE")
def what_is_required_and_not_known_is_refused(call: CallEvidence) -> Iterator[Finding]:
    """A request that requires an unregistered extension is refused with 420, and Unsupported names it."""
    for request in call.asked_of_the_base:
        if request.method in ("ACK", "CANCEL"):
            continue
        unknown = [tag for tag in request.header("require") if tag.lower() not in OPTION_TAGS]
        if not unknown:
            continue
        final = call.final(request)
        finding = reaction(call.evidence, request, final, expected="420")
        if finding is not None and finding.result is Result.HELD and final is not None:
            finding = _bad_extension(request, final, unknown)
        if finding is not None:
            yield finding


@rule("CALL-TIMEOUT", reads=("sip", "acts"), timed=True)
def ringing_ends_when_its_time_is_over(call: CallEvidence) -> Iterator[Finding]:
    """Ringing without an answer ends after the configured time, not before it, with 480 or 408."""
    invite, ringing = call.opening, next((m for m in call.responses if m.status == 180), None)
    if invite is None or not call.incoming or ringing is None or not call.evidence.settings.known:
        return
    text = call.evidence.settings.value(RING_DURATION, at=invite.at + SAVED_S)
    seconds = int(text) if text and text.isascii() and text.isdigit() else None
    final = call.final(invite)
    ended_otherwise = any(m.method == "CANCEL" for m in call.heard) or call.acts("hang-up", "answer")
    over = final.at if final is not None else call.last_at
    keys = (act.detail.get("key") for act in call.evidence.acts_of("key") if ringing.at <= act.at <= over)
    if seconds is None or ended_otherwise or any(key in REJECTING for key in keys):
        return
    if _is_forwarded(call, invite, final):
        return
    finding = reaction(call.evidence, ringing, final, expected="refusal", within=seconds + LATE_S)
    if finding is not None and finding.result is Result.HELD and final is not None:
        rung = final.at - ringing.at
        good = rung >= seconds - EARLY_S and final.status in (480, 408)
        seen = f"{final.status} after {rung:.1f} s"
        finding = judged(good, ringing, final, expected=f"480 or 408 after {seconds} s", seen=seen)
    if finding is not None:
        yield finding


def _line(cause: SipMessage | Act, final: SipMessage, status: int, phrase: str) -> Finding:
    if final.status != status:
        return broken(cause, final, expected=status, seen=final.status, claim="status of the refusal")
    good = not phrase or final.reason == phrase
    return judged(good, cause, final, expected=phrase, seen=final.reason, claim="phrase of the refusal")


def _bad_extension(request: SipMessage, final: SipMessage, unknown: list[str]) -> Finding:
    if final.status != 420:
        return broken(request, final, expected=420, seen=final.status)
    told = [tag.lower() for tag in final.header("unsupported")]
    missing = [tag for tag in unknown if tag.lower() not in told]
    expected, seen = ", ".join(unknown), ", ".join(told) or "none"
    return judged(not missing, request, final, expected=expected, seen=seen, claim="Unsupported names the extension")


def _is(value: str | None, words: tuple[str, ...]) -> bool:
    return value is not None and value.lower() in words


def is_off(value: str | None) -> bool:
    """Whether a switch that is on from the factory was set off; not where that is not known."""
    return value is not None and not _is(value, (*ON, ""))


def _is_forwarded(call: CallEvidence, invite: SipMessage, final: SipMessage | None) -> bool:
    """Whether the base sent the caller elsewhere, as the identity forwards calls: CAL-9 judges when it may."""
    identity = call.identity(invite.at)
    if final is None or final.status != MOVED or not identity:
        return False
    return call.evidence.settings.value(FORWARDING, identity, at=invite.at + SAVED_S) not in ("", "0")


def account_talks(call: CallEvidence, invite: SipMessage) -> bool:
    """Whether the account has another call."""
    return any(
        other.answer is not None
        and other.answer.at < invite.at
        and _stood_until(other) > invite.at
        and other.account == call.account
        for other in call.evidence.calls
    )
