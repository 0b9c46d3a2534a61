"""Digits that are pressed in a call, by telephone-event or by INFO (RFC 4733, RFC 6086)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, Result, broken, cannot_be_said, held, judged
from harness.rules.reactions import LOST, NO_FEEDBACK, SAVED_S, reaction, unfelt
from harness.rules.registry import Expect, rule

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import DtmfEvent
    from harness.rules.acts import Act

DIGIT_WITHIN_S = 4.0
"""Seconds from the key to the end of its digit; each digit before it in the queue takes some 0.3 s."""
DIGIT_EACH_S = 1.0
INFO_NUMBERS = {"*": ("10",), "#": ("11",)}
"""Servers accept star and hash as a sign and as a number (asterisk 1.8.10 chan_sip.c, handle_request_info)."""
INFO_SHORTEST_MS, INFO_LONGEST_MS = 40, 2000
"""From the shortest valid digit (ITU-T Q.24) to the longest of a short press."""
BY_INFO = "user_sip_info"
EARLY_S = 0.1


class EventExpect(Expect):
    """DTM-1."""

    end_packets: int


class InfoExpect(Expect):
    """DTM-2."""

    content_type: str


@rule("DTM-1", reads=("sip", "rtp", "acts"), timed=True)
def each_digit_is_one_event(call: CallEvidence, expect: EventExpect) -> Iterator[Finding]:
    """Digits pressed in a call are telephone events: each once, in order, with the right number of end packets."""
    pressed = _pressed(call)
    if not pressed or _by_info(call, pressed[0].at) or not _knows_events(call, pressed[0].at):
        return
    if call.base_streams is None:
        yield cannot_be_said(pressed[0], why="media were not captured")
        return
    last = pressed[-1].at + DIGIT_WITHIN_S + DIGIT_EACH_S * len(pressed)
    over = call.bye.at if call.bye is not None else call.ended_at
    wanted = "".join(_digit(act) for act in pressed)
    events = [event for event in _events(call) if event.at >= pressed[0].at - EARLY_S]
    seen = "".join(event.digit for event in events)
    if any(act.felt is False for act in pressed):
        yield cannot_be_said(pressed[0], why=NO_FEEDBACK)
    elif call.evidence.has_lost(pressed[0].at, last):
        yield cannot_be_said(pressed[0], why=LOST)
    elif seen != wanted:
        waits = wanted.startswith(seen) and ((over is not None and over <= last) or call.evidence.sight.ends < last)
        if not waits:
            shown = f"{seen or 'none'}: {', '.join(map(str, events))}"
            yield broken(
                pressed[0], expected=wanted, seen=shown, claim="telephone events of the digits that are pressed"
            )
    else:
        yield from _ends(call, pressed, events, expect.end_packets)


@rule("DTM-2", reads=("sip", "acts"), timed=True)
def digits_go_by_info(call: CallEvidence, expect: InfoExpect) -> Iterator[Finding]:
    """If the identity is set to INFO, each digit is sent by one INFO with the digit and its length."""
    pressed = [act for act in _pressed(call) if _by_info(call, act.at)]
    infos = [m for m in call.requests if m.method == "INFO" and pressed and m.at >= pressed[0].at]
    over = call.bye.at if call.bye is not None else call.ended_at
    for act, info in zip_longest(pressed, infos):
        if act is None:
            yield broken(pressed[-1], info, expected="one INFO a digit", seen="one more", claim="a digit is sent once")
            continue
        claim = "a digit is sent by INFO"
        finding = unfelt(act) or reaction(
            call.evidence, act, info, expected="INFO", within=DIGIT_WITHIN_S, over=over, claim=claim
        )
        if finding is not None and finding.result is Result.HELD and info is not None:
            finding = _info(act, info, expect.content_type)
        if finding is not None:
            yield finding


@rule("DTM-2", reads=("sip", "rtp", "acts"))
def no_event_beside_info(call: CallEvidence) -> Iterator[Finding]:
    """A digit that is sent by INFO is not sent by telephone-event too: it would count twice."""
    pressed = [act for act in _pressed(call) if _by_info(call, act.at)]
    if not pressed or call.base_streams is None:
        return
    events = [event for event in _events(call) if event.at >= pressed[0].at - EARLY_S]
    claim = "no telephone-event for a digit that goes by INFO"
    seen = ", ".join(map(str, events)) or "none"
    yield judged(not events, pressed[0], expected="no telephone-event", seen=seen, claim=claim)


@rule("DTMF-INFO")
def info_of_the_far_end_is_answered(call: CallEvidence) -> Iterator[Finding]:
    """A digit of the far end by INFO is answered 200; a body of another type may be refused with 415."""
    for info in call.asked_of_the_base:
        kind = "".join(info.header("content-type")).partition(";")[0].strip().lower()
        final = call.final(info) if info.method == "INFO" and info.to.tag else None
        if final is None or kind not in ("application/dtmf-relay", "application/dtmf"):
            continue
        yield judged(200 <= final.status < 300, info, final, expected=200, seen=final.status)


def _pressed(call: CallEvidence) -> list[Act]:
    """The digit keys that were pressed in the call, after its answer and before its end."""
    over = call.bye.at if call.bye is not None else call.ended_at
    begun = call.answer.at if call.answer is not None else float("inf")
    return [act for act in call.acts("digit") if act.at >= begun and (over is None or act.at <= over)]


def _by_info(call: CallEvidence, at: float) -> bool:
    settings = call.evidence.settings
    identity = call.identity(at)
    if not identity:
        return False
    # A save that begins right after the key leaves the value of the key's moment known.
    values = (settings.value(BY_INFO, identity, at=moment, factory="0") for moment in (at + SAVED_S, at))
    return next((value for value in values if value is not None), "") not in ("", "0")


def _knows_events(call: CallEvidence, at: float) -> bool:
    session = call.session_at(at)
    return session is not None and bool(session.event_types)


def _events(call: CallEvidence) -> list[DtmfEvent]:
    found = [event for stream in call.base_streams or () for event in stream.dtmf]
    return sorted(found, key=lambda event: event.at)


def _ends(call: CallEvidence, pressed: list[Act], events: list[DtmfEvent], wanted: int) -> Iterator[Finding]:
    over = call.bye.at if call.bye is not None else call.ended_at
    for act, event in zip(pressed, events, strict=True):
        last = event.rows[-1].at if event.rows else event.at
        cut_off = (over is not None and over <= last + 0.5) or call.evidence.sight.ends <= last + 0.5
        if event.ends == wanted and event.rising:
            yield held(act)
        elif event.ends != wanted and not (cut_off and event.ends < wanted):
            claim = f"end packets of digit {event.digit}"
            yield broken(act, expected=wanted, seen=f"{event.ends}: {event}", claim=claim)
        elif not event.rising:
            claim = f"duration of digit {event.digit} rises"
            yield broken(act, expected="a rising duration", seen=event, claim=claim)


def _info(act: Act, info: SipMessage, content_type: str) -> Finding:
    digit = _digit(act)
    told = _relay(info.body)
    signals = [digit, *INFO_NUMBERS.get(digit, ())]
    duration = headers.number(told.get("duration", ""))
    kind = next(iter(info.header("content-type")), "none")
    if kind != content_type:
        return broken(act, info, expected=content_type, seen=kind, claim="body type of INFO")
    if told.get("signal") not in signals:
        seen = told.get("signal", "none")
        return broken(act, info, expected=" or ".join(signals), seen=seen, claim="Signal of INFO")
    if duration is None or not INFO_SHORTEST_MS <= duration <= INFO_LONGEST_MS:
        expected = f"{INFO_SHORTEST_MS} to {INFO_LONGEST_MS} ms"
        return broken(act, info, expected=expected, seen=told.get("duration", "none"), claim="Duration of INFO")
    return held(act, info)


def _digit(act: Act) -> str:
    return act.detail.get("digit", "?")


def _relay(body: bytes) -> dict[str, str]:
    """`Signal=5` and `Duration=160` of an INFO body, names in lower case."""
    lines = [line.partition("=") for line in body.decode("ascii", "replace").splitlines()]
    return {name.strip().lower(): value.strip() for name, _, value in lines}
