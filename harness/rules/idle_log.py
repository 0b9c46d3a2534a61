"""The base's own log between tests: every error message has an explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held
from harness.rules.idle_state import IdleState, LogLine
from harness.rules.intervals import between
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

BEFORE_S = 40.0
"""Seconds from a cause to its message: the longest transaction timer of SIP is 32 s."""
AFTER_S = 2.0
"""Tolerance of the base's clock and of the time of an act, in seconds."""
CHALLENGES = (401, 407)


class LogExpect(Expect):
    """IDLE-LOG: the highest level of an error message, and the kinds of causes for each category."""

    error_level: int
    causes: dict[str, tuple[str, ...]]


@rule("IDLE-LOG", reads=("idle", "acts", "shown", "sip", "http", "dhcp", "dns"), timed=True)
def an_error_in_the_log_has_a_cause(evidence: Evidence, expect: LogExpect) -> Iterator[Finding]:
    """Acts of a user cause no error message; faults from outside may."""
    last = 0.0
    for state in evidence.idle:
        before, last = last, state.at
        if state.log is None:
            continue
        errors = [line for line in state.log if 0 <= line.level <= expect.error_level]
        bare = [line for line in errors if not _explained(evidence, expect, line, before, state)]
        if not bare:
            yield held(state)
        for line in bare:
            yield broken(state, expected=f"no message of level {expect.error_level} or below", seen=line.text)


def _explained(evidence: Evidence, expect: LogExpect, line: LogLine, before: float, state: IdleState) -> bool:
    at = line.at
    start, end = (before, state.at) if at is None else (at - BEFORE_S, at + AFTER_S)
    kinds = expect.causes.get(line.category, tuple(CAUSES))
    return any(CAUSES[kind](evidence, start, end) for kind in kinds)


def _restart(evidence: Evidence, start: float, end: float) -> bool:
    """The base was switched off or on, or told to restart, by its button or by its server."""
    acts = between(evidence.acts or (), start, end)
    return any(act.kind in ("power-off", "power-on", "reboot") for act in acts) or any(
        m.method == "NOTIFY" and m.has("event", "check-sync") for m in between(evidence.sip, start, end)
    )


def _form(evidence: Evidence, start: float, end: float) -> bool:
    """A form was sent to its pages, such as a login."""
    return any(m.method == "POST" and evidence.is_base(m.dst) for m in between(evidence.http, start, end))


def _fetch(evidence: Evidence, start: float, end: float) -> bool:
    """It fetched a document, or tried to."""
    return any(m.method == "GET" and evidence.is_base(m.src) for m in between(evidence.http, start, end)) or any(
        act.kind in ("setting", "document") for act in between(evidence.acts or (), start, end)
    )


def _refusal(evidence: Evidence, start: float, end: float) -> bool:
    """A request of either side was refused, or never answered."""
    messages = between(evidence.sip, start, end)
    answered = {(m.branch, m.cseq.method) for m in messages if m.status >= 200}
    return any(m.status >= 300 and m.status not in CHALLENGES for m in messages) or any(
        _waits(evidence, m) and (m.branch, m.cseq.method) not in answered for m in messages
    )


def _waits(evidence: Evidence, message: SipMessage) -> bool:
    return message.is_request and message.method != "ACK" and evidence.is_base(message.src)


def _lease(evidence: Evidence, start: float, end: float) -> bool:
    """It sent or received DHCP."""
    return bool(between(evidence.dhcp, start, end))


def _name(evidence: Evidence, start: float, end: float) -> bool:
    """A name was not found, or its server did not answer."""
    messages = between(evidence.dns, start, end)
    answered = {m.id for m in messages if m.response}
    return any((m.response and not m.answers) or (not m.response and m.id not in answered) for m in messages)


def _handset(evidence: Evidence, start: float, end: float) -> bool:
    """A handset was switched, moved out of range, subscribed or taken away."""
    return any(act.disturbs_the_air for act in between(evidence.acts or (), start, end)) or any(
        one.kind == "link" for one in between(evidence.shown or (), start, end)
    )


CAUSES: dict[str, Callable[[Evidence, float, float], bool]] = {
    "restart": _restart,
    "form": _form,
    "fetch": _fetch,
    "refusal": _refusal,
    "lease": _lease,
    "name": _name,
    "handset": _handset,
}
"""Kinds of causes by name, as rows name them."""
