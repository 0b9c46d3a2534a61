"""Faults of a call after hold or resume that is not the call it was before: codec, ports, numbers, lengths, levels."""

from __future__ import annotations

import re
import time
from array import array
from collections.abc import Callable
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import Outgoing, renumbered, spoils_reoffer, spoils_request
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.media.description import Direction
from rigs.standin.media.session import MediaSession
from rigs.standin.media.spandsp import AIR_PACKING, G726Decoder, G726Encoder
from rigs.standin.media.strategies import PacketTimeStrategy
from rigs.standin.sip.call_strategies import HoldStrategy, OriginStrategy
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Request

EVENTS_MOVED_TO = 97


@spoils_reoffer("sendrecv", feature="resume")
def resume_changes_the_codec(body: str) -> str:
    """A call sounds worse after a hold: its resume lists the codecs the other way round."""

    def turned(match: re.Match[str]) -> str:
        kinds = match[2].split()
        return f"{match[1]} {' '.join([*reversed(kinds[:-1]), kinds[-1]])}"

    return re.sub(r"(m=audio \d+ \S+) ([\d ]+)", turned, body)


@spoils_reoffer("sendonly", feature="hold")
def hold_moves_the_port(body: str) -> str:
    """After a hold nothing is heard behind a firewall: the hold names another port to receive media at."""
    return re.sub(r"m=audio (\d+)", lambda match: f"m=audio {int(match[1]) + 2}", body)


@spoils_reoffer("sendrecv", feature="resume")
def resume_renumbers_the_events(body: str) -> str:
    """Keys do nothing at a voice menu after a hold: the resume gives telephone events another number."""
    found = re.search(r"a=rtpmap:(\d+) telephone-event", body)
    if found is None:
        return body
    old = found[1]
    body = re.sub(rf"(m=audio [^\r\n]*) {old}(?=\s)", rf"\1 {EVENTS_MOVED_TO}", body)
    return re.sub(rf"(a=(?:rtpmap|fmtp)):{old} ", rf"\1:{EVENTS_MOVED_TO} ", body)


@spoils_reoffer("sendrecv", feature="resume")
def resume_gives_a_number_another_meaning(body: str) -> str:
    """After a hold the far end may hear noise: the resume calls G.726 by the number that the events had."""
    numbers = dict(re.findall(r"a=rtpmap:(\d+) ([A-Za-z0-9-]+)", body))
    g726 = next((number for number, name in numbers.items() if name == "G726-32"), "")
    events = next((number for number, name in numbers.items() if name == "telephone-event"), "")
    if not g726 or not events:
        return body
    swapped = {g726: events, events: g726}
    body = re.sub(r"(a=(?:rtpmap|fmtp)):(\d+) ", lambda m: f"{m[1]}:{swapped.get(m[2], m[2])} ", body)
    kinds = lambda m: f"{m[1]} {' '.join(swapped.get(kind, kind) for kind in m[2].split())}"  # noqa: E731
    return re.sub(r"(m=audio \d+ \S+) ([\d ]+)", kinds, body)


class LongerPacketsAfterHold(PacketTimeStrategy):
    """Gateways with fixed lengths drop the audio after a hold: packets are of 40 ms then."""

    feature = "resume"

    def sending(self, setting: int, remote: int | None, *, was_held: bool) -> int:
        return 40 if was_held else super().sending(setting, remote, was_held=was_held)


_quiet: WeakKeyDictionary[MediaSession, Quiet] = WeakKeyDictionary()


@defect(feature="resume", replaces=MediaSession.receive_air)
def quiet_after_hold(healthy: Callable[[MediaSession, bytes], None], session: MediaSession, frame: bytes) -> None:
    """The far end hears the caller half as loud after a hold."""
    if session.was_held:
        if session not in _quiet:
            _quiet[session] = Quiet()
        frame = _quiet[session].frame(frame)
    healthy(session, frame)


@defect(feature="resume", replaces=MediaSession.connect_air)
def quiet_ear_after_hold(
    healthy: Callable[[MediaSession, Callable[[bytes], None] | None], None],
    session: MediaSession,
    send: Callable[[bytes], None] | None,
) -> None:
    """The handset's user hears the far end half as loud after a hold."""
    quiet = Quiet()

    def passed_on(frame: bytes) -> None:
        assert send is not None
        send(quiet.frame(frame) if session.was_held else frame)

    healthy(session, passed_on if send is not None else None)


class Quiet:
    """Makes air frames half as loud."""

    def __init__(self) -> None:
        self._decoder, self._encoder = G726Decoder(AIR_PACKING), G726Encoder(AIR_PACKING)

    def frame(self, frame: bytes) -> bytes:
        """The next 20 ms."""
        samples = array("h", self._decoder.decode(frame))
        return self._encoder.encode(array("h", (sample // 2 for sample in samples)).tobytes())


_held: set[tuple[str, float | None]] = set()
_resumed: dict[tuple[str, float | None], float] = {}


@defect(feature="resume", replaces=call_screen.duration)
def duration_begins_again(healthy: Callable[[HandsetCall], str], call: HandsetCall) -> str:
    """The duration of a call begins at 00:00 again when it is taken back from hold."""
    key = call.call, call.connected_at
    if not call.answered:
        return healthy(call)
    if call.state in (State.HOLDING, State.HELD, State.RETRIEVING):
        _held.add(key)
    elif key in _held:
        _held.discard(key)
        _resumed[key] = time.monotonic()
    if key not in _resumed:
        return healthy(call)
    seconds = int(time.monotonic() - _resumed[key])
    return f"{seconds // 60:02d}:{seconds % 60:02d}"


class FarEndLiftsTheHold(HoldStrategy):
    """A call on hold is taken back by any offer of the far end, a mere refresh too: the answer says sendrecv again."""

    feature = "hold"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        return super().answer(offered, False)


class ResumeUnderTheOldVersion(OriginStrategy):
    """The far end stays on hold: the offer of a resume goes back to the o= version from before the hold."""

    feature = "hold-version"

    def __init__(self) -> None:
        self._before: dict[int, int] = {}

    def version(self, previous: int, changed: bool) -> int:
        if not changed:
            return previous
        if previous in self._before:
            return self._before.pop(previous)
        self._before[previous + 1] = previous
        return previous + 1


@spoils_request("INVITE", feature="session-timer")
def hold_ends_the_session_timer(request: Request) -> Request:
    """A call that was once on hold is not refreshed any more: the re-INVITE of the hold has no Session-Expires."""
    if b"a=sendonly" not in request.body and b"a=inactive" not in request.body:
        return request
    request.headers.remove("Session-Expires")
    return request


_offered_again: set[str] = set()


@defect(feature="hangup", replaces=TransactionLayer.outgoing)
def bye_after_hold_under_an_old_number(healthy: Outgoing, layer: TransactionLayer, message: Message) -> Message:
    """A call that was on hold cannot be hung up: BYE has the CSeq of the last re-INVITE, the far end refuses it."""
    if isinstance(message, Request) and message.to.tag:
        if message.method == "INVITE":
            _offered_again.add(message.call_id)
        elif message.method == "BYE" and message.call_id in _offered_again:
            message = renumbered(message, message.cseq.number - 1)
    return healthy(layer, message)
