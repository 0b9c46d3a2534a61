"""When a request is sent again: without an answer, and after an answer (RFC 3261 section 17.1)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import rule
from harness.rules.transactions import Transaction

T1_S, T2_S = 0.5, 4.0
"""The first interval without the setting retry_t1, and the longest interval of a request other than INVITE."""
EARLY, EARLY_S, LATE, LATE_S = 0.1, 0.05, 0.4, 0.25
"""The tolerance of an interval: shares of it, and the seconds that a timer of a busy base may be late.

The packet before may itself have left late, so an interval may also be too short by some.
"""
GIVES_UP_AFTER_T1 = 64
"""A transaction over UDP ends after this many T1 without an answer."""
IN_FLIGHT_S = 0.4
"""A repetition within these seconds after an answer was sent before the base had read the answer."""
BEHIND = "the answer may have been lost on its way from here to the base"
MOST = 3
"""The number of repetitions that are judged; a sign-out, which must not delay the base, has one less."""


def t1_of(evidence: Evidence, at: float) -> float | None:
    """T1 in force, in seconds; None if it is not known. A setting is in force from the next start on."""
    text = evidence.settings.value_since_start("retry_t1", at=at, factory=f"{T1_S * 1000:g}")
    milliseconds = headers.number(text) if text is not None else None
    return milliseconds / 1000 if milliseconds else None


@rule("SIP-RETRANSMISSION", reads=("sip", "acts", "dhcp", "icmp"), timed=True)
def requests_are_repeated(evidence: Evidence) -> Iterator[Finding]:
    """Over UDP a request is repeated at doubling intervals until it is answered, and not after that."""
    unreachable = sorted(m.at for m in evidence.icmp if evidence.is_base(m.dst))
    for one in evidence.asked_by_base:
        faults = list(_untimely(evidence, one))
        if not faults and one.over_udp:
            faults = list(_missing(evidence, one, unreachable))
        yield from faults
        if not faults and (one.answered_at is not None or len(one.sends) > 1):
            yield held(one.sends[-1])


def _untimely(evidence: Evidence, one: Transaction) -> Iterator[Finding]:
    """Repetitions that came after an answer, too early or too late."""
    first = t1_of(evidence, one.at)
    for number, again in enumerate(one.sends[1:], 1):
        before = one.sends[number - 1]
        if one.answered_at is not None and again.at > one.answered_at + IN_FLIGHT_S:
            if _goes_on(one):
                return
            claim = "an answered request is not sent again"
            if not _was_read(evidence, one, again):
                yield cannot_be_said(one.request, again, why=BEHIND, claim=claim)
                return
            yield broken(one.request, one.responses[0], again, expected="once", seen="again", claim=claim)
            return
        if not one.over_udp:
            claim = "a request over TCP is not sent again"
            yield broken(one.request, again, expected="once", seen="again", claim=claim)
            return
        interval = _interval(one, number, first)
        if interval is None:
            continue
        gap = again.at - before.at
        claim = f"interval {number} of a retransmission"
        if gap < interval - max(interval * EARLY, EARLY_S):
            yield broken(before, again, expected=f"{interval:g} s", seen=f"{gap:.2f} s", claim=claim)
            return
        if gap > max(interval * (1 + LATE), interval + LATE_S):
            if evidence.saw_all(before.at, again.at):
                yield broken(before, again, expected=f"{interval:g} s", seen=f"{gap:.2f} s", claim=claim)
            else:
                yield cannot_be_said(before, again, why="repetitions may be missing in the capture", claim=claim)
            return


def _was_read(evidence: Evidence, one: Transaction, again: SipMessage) -> bool:
    """Whether an answer reached the base: always on a rig, which captures at its port; else if the base reacted."""
    if evidence.acts is not None:
        return True
    start, asked = one.answered_at or 0.0, one.request
    own = (m for m in evidence.sip if m.is_request and m.call_id == asked.call_id and m.src == asked.src)
    return any(start < m.at < again.at and (m.method, m.cseq) != (asked.method, asked.cseq) for m in own)


def _goes_on(one: Transaction) -> bool:
    """A request other than INVITE is repeated after a provisional answer too, at the longest interval."""
    return one.request.method != "INVITE" and one.final is None


def _interval(one: Transaction, number: int, first: float | None) -> float | None:
    """The time before repetition `number`; if T1 is not known, twice the one before."""
    if first is None:
        if number == 1:
            return None
        doubled = 2 * (one.sends[number - 1].at - one.sends[number - 2].at)
        return doubled if one.request.method == "INVITE" else min(doubled, T2_S)
    doubled = first * float(2 ** (number - 1))
    return doubled if one.request.method == "INVITE" else min(doubled, max(T2_S, first))


def _missing(evidence: Evidence, one: Transaction, unreachable: list[float]) -> Iterator[Finding]:
    """A repetition that was due and did not come, although there was no answer."""
    first = t1_of(evidence, one.at)
    sent, last = len(one.sends), one.sends[-1]
    most = MOST - 1 if one.request.expires == 0 else MOST
    interval = _interval(one, sent, first) if sent > 1 or first is not None else T2_S
    if interval is None or sent > most:
        return
    due = last.at + max(interval * (1 + LATE), interval + LATE_S)
    if one.answered_at is not None and one.answered_at <= due:
        return
    if evidence.sight.ends < due or due > one.at + GIVES_UP_AFTER_T1 * (first or T1_S):
        return
    if bisect_left(unreachable, due) > bisect_left(unreachable, one.at) or _given_up(evidence, one, due):
        return
    claim = "an unanswered request is sent again"
    if evidence.saw_all(one.at, due):
        seen = f"nothing until {due - last.at:.2f} s after"
        yield broken(*one.sends, expected=f"the same {one.request.method} after {interval:g} s", seen=seen, claim=claim)
    elif one.answered_at is None:
        yield cannot_be_said(*one.sends, why="repetitions may be missing in the capture", claim=claim)


def _given_up(evidence: Evidence, one: Transaction, due: float) -> bool:
    """Whether an act, or a caller who hung up, ended the request earlier."""
    settings = evidence.settings
    hung_up = any(one.at <= act.at <= due for act in evidence.acts_of("hang-up", "key"))
    if one.request.method == "INVITE" and (hung_up or not settings.known):
        return True
    identity = settings.identity_of(one.request.from_.user, at=one.at)
    return settings.touched(identity, one.at, due) or evidence.is_up(due) is False
