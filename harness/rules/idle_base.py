"""The base between tests: registrations as shown, uptime, open calls, settings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.idle_state import RESTARTS, IdleState, Interval, ShownRegistration, asks_for_a_restart
from harness.rules.reactions import LOST
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


SHOWN_WITHIN_S = 1.0
"""Seconds in which a page may be older than an answer."""


class RegistrationExpect(Expect):
    """IDLE-REGISTRATION: the meaning of the column of seconds (`left` or `granted`), and its tolerance."""

    expires: str
    tolerance_s: float


@dataclass(frozen=True)
class _Outcome:
    """The end of a REGISTER: the granted seconds (0: signed out), None if it was refused."""

    response: SipMessage
    granted: int | None

    @property
    def at(self) -> float:
        return self.response.at


@rule("IDLE-REGISTRATION", reads=("idle", "sip", "acts"), timed=True)
def status_page_tells_of_the_binding(evidence: Evidence, expect: RegistrationExpect) -> Iterator[Finding]:
    """During a binding the page shows the identity as registered, with the right seconds."""
    cuts = [act.at for act in evidence.acts_of("power-off", "reboot")]
    for user, outcomes in _outcomes(evidence).items():
        for state in evidence.idle:
            place = bisect_right(outcomes, state.at, key=lambda one: one.at)
            if state.registrations is None or not place or outcomes[place - 1].granted is None:
                continue
            last = outcomes[place - 1]
            if last.at > state.at - SHOWN_WITHIN_S or any(last.at <= cut <= state.at for cut in cuts):
                continue
            row = next((one for one in state.registrations if one.account == user), None)
            yield from _row_judged(state, user, last, row, expect)


def _row_judged(
    state: IdleState, user: str, last: _Outcome, row: ShownRegistration | None, expect: RegistrationExpect
) -> Iterator[Finding]:
    assert last.granted is not None
    left = last.granted - (state.at - last.at)
    if left > expect.tolerance_s:
        if row is None or not row.registered:
            seen = row.text if row else "no row with its account"
            yield broken(
                last.response,
                state,
                expected=f"{user} registered, {last.granted} s were granted",
                seen=seen or "no row",
            )
            return
        shown_as = left if expect.expires == "left" else float(last.granted)
        if row.expires is not None and abs(row.expires - shown_as) > expect.tolerance_s:
            yield broken(
                last.response,
                state,
                claim="the seconds shown for a binding are those that are left of what was granted",
                expected=f"{shown_as:.0f} s of {last.granted} s for {user}",
                seen=f"{row.expires} s",
            )
            return
        yield held(last.response, state)
    elif left < -expect.tolerance_s and row is not None:
        ended = "it signed out" if not last.granted else f"its {last.granted} s ran out"
        yield judged(
            not row.registered,
            last.response,
            state,
            claim="an identity without a binding is not shown as registered",
            expected=f"{user} not registered: {ended}",
            seen=row.text,
        )


def _outcomes(evidence: Evidence) -> dict[str, list[_Outcome]]:
    """How each REGISTER of each user ended, in order; an identity may have moved from one domain to another."""
    found: dict[str, list[_Outcome]] = {}
    for binding in evidence.bindings:
        for one in binding.transactions:
            request, response = one.request, one.final
            if response is None or response.status in (401, 407, 423):
                continue
            granted = None
            if response.status < 300:
                granted = 0 if request.expires == 0 else binding.granted(request, response)
            found.setdefault(request.to.user, []).append(_Outcome(response, granted))
    for outcomes in found.values():
        outcomes.sort(key=lambda one: one.at)
    return found


class UptimeExpect(Expect):
    """IDLE-UPTIME: the tolerance of the uptime in seconds."""

    tolerance_s: float


@rule("IDLE-UPTIME", reads=("idle", "acts", "sip"), timed=True)
def uptime_grows_with_the_clock(evidence: Evidence, expect: UptimeExpect) -> Iterator[Finding]:
    """The base does not restart between tests, except by power, its button or its server."""
    last: IdleState | None = None
    for state in evidence.idle:
        if state.up_since is None:
            continue
        before, last = last, state
        if before is None or before.up_since is None or state.anew:
            continue
        gap = Interval(evidence, before, state)
        cuts = gap.acts("power-off")
        if cuts:
            yield judged(
                state.up_since >= cuts[0].at - expect.tolerance_s,
                cuts[0],
                state,
                claim="the uptime begins anew after a power cut",
                expected=f"at most {state.at - cuts[0].at:.0f} s",
                seen=f"{state.at - state.up_since:.0f} s",
            )
        elif not gap.restarted:
            passed, counted = state.at - before.at, state.at - state.up_since - (before.at - before.up_since)
            yield judged(
                abs(passed - counted) <= expect.tolerance_s,
                before,
                state,
                expected=f"{passed:.0f} s more than {before.at - before.up_since:.0f} s",
                seen=f"{state.at - state.up_since:.0f} s",
            )


@rule("IDLE-UPTIME", reads=("idle", "acts", "sip"), timed=True)
def uptime_reaches_back_to_what_was_sent(evidence: Evidence, expect: UptimeExpect) -> Iterator[Finding]:
    """A base that sent a message was running then; until it is restarted, its uptime is no shorter than that."""
    first = next((message for message in evidence.sip if evidence.is_base(message.src)), None)
    if first is None:
        return
    restart = min(_restarts(evidence), default=float("inf"))
    for state in evidence.idle:
        if state.up_since is not None and first.at < state.at < restart:
            yield judged(
                state.up_since <= first.at + expect.tolerance_s,
                first,
                state,
                claim="the uptime is no shorter than the time since the base's first message",
                expected=f"{state.at - first.at:.0f} s or more",
                seen=f"{state.at - state.up_since:.0f} s",
            )


def _restarts(evidence: Evidence) -> Iterator[float]:
    """When something was done that may restart the base: power, the button, a server's check-sync."""
    yield from (act.at for act in evidence.acts_of(*RESTARTS))
    yield from (message.at for message in evidence.sip if asks_for_a_restart(evidence, message))


BEFORE_S = 0.2
"""Seconds before a state in which a running stream has a packet."""


class CallsExpect(Expect):
    """IDLE-CALLS: seconds after a test in which a call may still be ending."""

    grace_s: float


@rule("IDLE-CALLS", reads=("idle", "sip", "acts"), timed=True)
def each_call_is_over(evidence: Evidence, expect: CallsExpect) -> Iterator[Finding]:
    """When all handsets are idle and all far ends have hung up, no call of the base is open."""
    states = evidence.idle
    for call in evidence.calls:
        place = bisect_right(states, call.began_at, key=lambda state: state.at)
        if place == len(states) or call.begins_inside or not _can_be_ended(call):
            continue
        over = _over_at(call)
        state = states[place]
        if over is not None and over <= state.at + expect.grace_s:
            yield held(call.messages[0], state)
        elif evidence.has_lost(call.last_at, state.at + expect.grace_s):
            yield cannot_be_said(call.messages[-1], state, why=LOST)
        else:
            later = "nothing more" if over is None else f"its end {over - state.at:.1f} s later"
            yield broken(call.messages[-1], state, expected="a BYE, a CANCEL or a final response", seen=later)


@rule("IDLE-CALLS", reads=("idle", "rtp"), timed=True)
def no_media_goes_on(evidence: Evidence, expect: CallsExpect) -> Iterator[Finding]:
    """No audio of the base is on the wire when its calls are over."""
    for state in evidence.idle:
        if not state.media:
            continue
        around = evidence.streams_between(state.at - BEFORE_S, state.at + expect.grace_s + 1)
        for stream in around or ():
            if evidence.is_base(stream.src) and stream.first_at < state.at < stream.last_at - expect.grace_s:
                yield broken(
                    state,
                    claim="the base sends no audio when its calls are over",
                    expected=f"silence on the wire after {state.test}",
                    seen=f"{stream} for {stream.last_at - state.at:.1f} s more",
                )


def _can_be_ended(call: CallEvidence) -> bool:
    """Whether the base was ever in a position to end it: an INVITE without any response cannot be cancelled, and one
    whose 200 was not acknowledged cannot be ended by BYE (RFC 3261 sections 9.1 and 15)."""
    first = call.opening
    if first is None:
        return False
    if not call.incoming:
        return bool(call.responses_to(first))
    answer = call.answer
    return answer is None or any(m.method == "ACK" for m in call.heard)


def _over_at(call: CallEvidence) -> float | None:
    """When a side ended it."""
    ends = [call.ended_at, call.bye.at if call.bye else None]
    ends += [m.at for m in call.messages if m.method == "CANCEL" and call.answer is None][:1]
    return min((at for at in ends if at is not None), default=None)


@rule("IDLE-SETTINGS", reads=("idle",))
def settings_are_as_before(evidence: Evidence) -> Iterator[Finding]:
    """A page shows the same values as the last time: each test restores what it changed."""
    known: dict[str, tuple[str, IdleState]] = {}
    for state in evidence.idle:
        if state.anew:
            known.clear()
        for name, value in state.settings.items():
            before = known.get(name)
            known[name] = (value, state)
            if before is not None:
                yield judged(
                    before[0] == value,
                    before[1],
                    state,
                    expected=f"{name} is {before[0]!r} as before",
                    seen=repr(value),
                )
