"""Faults of a call after hold or resume that is not the call it was before: codec, ports, numbers, lengths, levels."""

from __future__ import annotations

import re
import time

from rigs.standin.defects._altering import DescriptionDefect, RequestDefect, copy, renumbered
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.strategies import CallerStrategy
from rigs.standin.media.description import Direction
from rigs.standin.media.strategies import LevelStrategy, PacketTimeStrategy
from rigs.standin.sip.call_strategies import HoldStrategy, OriginStrategy
from rigs.standin.sip.message import Message, Request
from rigs.standin.sip.strategies import MessageStrategy

EVENTS_MOVED_TO = 97


class ReofferDefect(DescriptionDefect):
    """Spoils the descriptions of later offers of one direction."""

    DIRECTION = "sendrecv"

    def text(self, body: str, message: Message) -> str:
        later = isinstance(message, Request) and message.method == "INVITE" and bool(message.to.tag)
        return self.spoiled(body) if later and f"a={self.DIRECTION}" in body else body

    def spoiled(self, body: str) -> str:
        """The description with its fault."""
        raise NotImplementedError


class ResumeChangesTheCodec(ReofferDefect):
    """A call sounds worse after a hold: its resume lists the codecs the other way round."""

    feature = "resume"

    def spoiled(self, body: str) -> str:
        def turned(match: re.Match[str]) -> str:
            kinds = match[2].split()
            return f"{match[1]} {' '.join([*reversed(kinds[:-1]), kinds[-1]])}"

        return re.sub(r"(m=audio \d+ \S+) ([\d ]+)", turned, body)


class HoldMovesThePort(ReofferDefect):
    """After a hold nothing is heard behind a firewall: the hold names another port to receive media at."""

    feature = "hold"
    DIRECTION = "sendonly"

    def spoiled(self, body: str) -> str:
        return re.sub(r"m=audio (\d+)", lambda match: f"m=audio {int(match[1]) + 2}", body)


class ResumeRenumbersTheEvents(ReofferDefect):
    """Keys do nothing at a voice menu after a hold: the resume gives telephone events another number."""

    feature = "resume"

    def spoiled(self, body: str) -> str:
        found = re.search(r"a=rtpmap:(\d+) telephone-event", body)
        if found is None:
            return body
        old = found[1]
        body = re.sub(rf"(m=audio [^\r\n]*) {old}(?=\s)", rf"\1 {EVENTS_MOVED_TO}", body)
        return re.sub(rf"(a=(?:rtpmap|fmtp)):{old} ", rf"\1:{EVENTS_MOVED_TO} ", body)


class ResumeGivesANumberAnotherMeaning(ReofferDefect):
    """After a hold the far end may hear noise: the resume calls G.726 by the number that the events had."""

    feature = "resume"

    def spoiled(self, body: str) -> str:
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


class QuietAfterHold(LevelStrategy):
    """The far end hears the caller half as loud after a hold."""

    feature = "resume"

    def gain(self, *, to_the_ear: bool, was_held: bool) -> float:
        return 0.5 if was_held and not to_the_ear else 1.0


class QuietEarAfterHold(LevelStrategy):
    """The handset's user hears the far end half as loud after a hold."""

    feature = "resume"

    def gain(self, *, to_the_ear: bool, was_held: bool) -> float:
        return 0.5 if was_held and to_the_ear else 1.0


class DurationBeginsAgain(CallerStrategy):
    """The duration of a call begins at 00:00 again when it is taken back from hold."""

    feature = "resume"

    def __init__(self) -> None:
        self._held: set[tuple[str, float | None]] = set()
        self._resumed: dict[tuple[str, float | None], float] = {}

    def duration(self, call: HandsetCall) -> str:
        key = call.call, call.connected_at
        if call.state in (State.HOLDING, State.HELD, State.RETRIEVING):
            self._held.add(key)
        elif key in self._held:
            self._held.discard(key)
            self._resumed[key] = time.monotonic()
        began = self._resumed.get(key)
        seconds = int(time.monotonic() - began) if began is not None else 0
        return super().duration(call) if began is None else f"{seconds // 60:02d}:{seconds % 60:02d}"


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


class HoldEndsTheSessionTimer(RequestDefect):
    """A call that was once on hold is not refreshed any more: the re-INVITE of the hold has no Session-Expires."""

    feature = "session-timer"
    METHOD = "INVITE"

    def spoiled(self, request: Request) -> Request:
        if b"a=sendonly" not in request.body and b"a=inactive" not in request.body:
            return request
        other = copy(request)
        other.headers.remove("Session-Expires")
        return other


class ByeAfterHoldUnderAnOldNumber(MessageStrategy):
    """A call that was on hold cannot be hung up: BYE has the CSeq of the last re-INVITE, the far end refuses it."""

    feature = "hangup"

    def __init__(self) -> None:
        self._offered_again: set[str] = set()

    def leaves(self, message: Message) -> Message:
        if not isinstance(message, Request) or not message.to.tag:
            return message
        if message.method == "INVITE":
            self._offered_again.add(message.call_id)
        elif message.method == "BYE" and message.call_id in self._offered_again:
            return renumbered(message, message.cseq.number - 1)
        return message
