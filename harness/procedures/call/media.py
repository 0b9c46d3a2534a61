"""Audio decided on measured tones: each direction of each call has a frequency of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn, Protocol

from harness.core import clock
from harness.core.errors import InvalidTest, RigFault
from harness.core.tones import NOTHING_HEARD
from harness.procedures.call.audio_path import (
    came_by_rtp,
    far_end_may_send,
    lost_before_the_base,
    lost_behind_the_base,
    sent_by_rtp,
)
from harness.procedures.call.decoded import agreed_payload, codecs_sent, last_tones
from harness.procedures.call.voices import HANDSET, LEVEL_DBM0, PEER
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.core.tones import Tones
    from harness.procedures.call.state import CallState

TOLERANCE_DB = 6.0
"""Tolerance for two transcodings and one G.726 leg, in dB; far from silence and from clipping."""
NEAR_HZ = 15.0
WINDOW_MS = 300
"""An ear is measured in windows of this length; a tone must fill one of them at its level."""
BESIDE_DB = 20.0
"""A progress tone that goes on beside the far end is about as loud as it; noise of the air codec is far below."""
BESIDE_HZ = 100.0
"""A lost packet smears the far end's own tone over some 20 Hz, a machine that stalls over 60 Hz (measured); ring-back
tones end at 480 Hz (ITU-T E.180 supplement 2), 120 Hz below the harness's lowest tone."""
SILENT_WINDOW_MS = 800
SILENT_BELOW_DBM0 = -45.0


class Window(Protocol):
    """A measurement under way."""

    def result(self) -> Tones:
        """The reading, once its time is over."""


@dataclass(frozen=True)
class Ear:
    """Who listens, by what, and for which tone."""

    who: str
    listen: Callable[[int], Window]
    hz: float
    beside: tuple[float, ...] = ()

    def hears(self, heard: Tones) -> bool:
        """Whether the tone, and those beside it, fill the window at their level, give or take the tolerance."""
        return all(
            any(abs(tone.hz - hz) <= NEAR_HZ and abs(tone.dbm0 - LEVEL_DBM0) <= TOLERANCE_DB for tone in heard.tones)
            for hz in (self.hz, *self.beside)
        )

    def __str__(self) -> str:
        return " and ".join(f"{hz:g} Hz" for hz in (self.hz, *self.beside))


class CallMedia:
    """The ears of one call, while its ends talk; nothing here talks."""

    def __init__(self, state: CallState) -> None:
        self._context = state.context
        self._state = state

    def expect_both_ways(self, window_ms: int = WINDOW_MS, *, more: int = 0) -> None:
        """Each hears the other through a window of `window_ms`; `more` windows are listened to.

        With two of them a tone has stood still for so long that its level can be told.
        """
        with self._state.blames_who_ends_it():
            self._expect(self._peer_ear(), self._handset_ear(), window_ms=window_ms)
            for _ in range(more):
                self._state.handset_driver.listen(window_ms).result()

    def expect_at_the_peer(self, *beside: float) -> None:
        """The peer hears the handset, and at the same time tones of these frequencies."""
        with self._state.blames_who_ends_it():
            self._expect(replace(self._peer_ear(), beside=beside))

    def read_at_the_peer(self, seconds: float) -> list[Tones]:
        """What the peer hears for so long, window by window; what was on its way when it began is left out."""
        lasts = clock.Deadline(seconds)
        with self._state.blames_who_ends_it():
            self._state.leg.audio.hear(round(limits().on_its_way * 1000))
            windows = [self._state.leg.audio.hear(WINDOW_MS)]
            while not lasts.expired:
                windows.append(self._state.leg.audio.hear(WINDOW_MS))
        return windows

    def require_silence(self, windows: Iterable[Tones]) -> None:
        """The handset's voice was not heard in these windows: without it the test is invalid."""
        loud = [heard for heard in windows if heard.has(self._state.voices.to_peer_hz, at_least=SILENT_BELOW_DBM0)]
        if loud:
            raise InvalidTest("silence at the peer while nothing should come through", f"{loud[0]}")

    def expect_at_the_handset(self) -> None:
        """The handset hears the peer."""
        with self._state.blames_who_ends_it():
            self._expect(self._handset_ear())

    def expect_the_peer_alone(self) -> None:
        """Besides the peer's tone the handset hears none that is anywhere near as loud.

        It listens for longer than a ring-back tone pauses, as one that goes on may be between two bursts.
        """
        with self._state.blames_who_ends_it():
            self._expect(self._handset_ear())
            listening = clock.Deadline(limits().ring_back)
            heard = self._state.handset_driver.listen(WINDOW_MS).result()
            while not self._beside(heard) and not listening.expired:
                heard = self._state.handset_driver.listen(WINDOW_MS).result()
        if beside := self._beside(heard):
            self._require_no_tone_of_the_server(beside)
            alone = f"{self._state.voices.to_handset_hz:g} Hz alone"
            self._context.broken("nothing sounds beside the far end", alone, heard)

    def _beside(self, heard: Tones) -> list[float]:
        """The frequencies of tones that are not the peer's and come near its loudness."""
        others = (tone for tone in heard.tones if abs(tone.hz - self._state.voices.to_handset_hz) > BESIDE_HZ)
        return [tone.hz for tone in others if tone.dbm0 > LEVEL_DBM0 - BESIDE_DB]

    def _require_no_tone_of_the_server(self, frequencies: Sequence[float]) -> None:
        """Required: the packets towards the base do not have this tone, such as a PBX's own ring-back or beep."""

        def heard(window: Tones) -> bool:
            return any(abs(tone.hz - hz) <= NEAR_HZ for tone in window.tones for hz in frequencies)

        with self._context.needs_server_support("a far end without tones of the server's own"):
            if came_by_rtp(self._state, heard, self._state.began, WINDOW_MS):
                told = ", ".join(f"{hz:g} Hz" for hz in frequencies)
                self._context.missing("a far end that sends its own tone alone", f"{told} in the RTP towards the base")

    def expect_steady(self) -> None:
        """Both hear each other for so long that the levels can be told."""
        self.expect_both_ways(more=2)

    def expect_on_the_wire(self, codec: str) -> None:
        """The handset's tone is in the base's packets, decoded as the codec's name says."""
        payload = agreed_payload(self._state, codec)
        ear = Ear("a listener on the wire", self._state.leg.audio.listen, self._state.voices.to_peer_hz)
        seen = [NOTHING_HEARD]

        def heard() -> bool:
            seen[0] = last_tones(self._state, payload, codec, WINDOW_MS)
            return ear.hears(seen[0])

        try:
            clock.wait_until(heard, what="the tone on the wire", within=limits().heard, poll=WINDOW_MS / 1000)
        except clock.WaitExpired:
            self._state.rules_speak()
            self._context.broken(
                f"the base sends in {codec} what is said at the handset",
                f"{ear.hz:g} Hz in {codec} within {limits().heard:g} s",
                f"in {codec}: {seen[0]}; sent was {codecs_sent(self._state)}",
            )
        self._state.handset_driver.listen(WINDOW_MS).result()  # so long that its level can be told

    def expect_silence_at_the_peer(self, *others: float) -> None:
        """The handset must talk, and the peer hears nothing of it, nor any tone of these frequencies."""
        if HANDSET not in self._state.talking:
            raise InvalidTest("a handset that talks", "silence", remedy="let it talk: `with call.handset.talking():`")
        since = self._state.wire.mark()
        heard = self._state.leg.audio.hear(SILENT_WINDOW_MS)
        loud = [hz for hz in (self._state.voices.to_peer_hz, *others) if heard.has(hz, at_least=SILENT_BELOW_DBM0)]
        if loud and not self._is_music_of_the_server(loud, since):
            self._state.rules_speak()
            expected = f"no {loud[0]:g} Hz at the peer"
            self._context.broken("nothing of the room is heard", expected, heard)

    def _is_music_of_the_server(self, frequencies: Sequence[float], since: float) -> bool:
        """Whether a PBX in between plays what has these tones, as music does: they are not in the base's packets."""

        def heard(window: Tones) -> bool:
            return any(window.has(hz, at_least=SILENT_BELOW_DBM0) for hz in frequencies)

        return not self._context.has_transparent_pbx and not sent_by_rtp(self._state, heard, since, WINDOW_MS)

    def expect_silence_while_held(self) -> None:
        """The far end holds and hears nothing of the handset, which talks; a rule judges the packets."""
        if not self._state.base_streams():  # before the hold it did send
            self._context.broken("the base sends media", "an RTP stream of the base", "no RTP packet of the base")
        self.expect_silence_at_the_peer()

    def _peer_ear(self) -> Ear:
        return Ear(PEER, self._state.leg.audio.listen, self._state.voices.to_peer_hz)

    def _handset_ear(self) -> Ear:
        return Ear(HANDSET, self._state.handset_driver.listen, self._state.voices.to_handset_hz)

    def _expect(self, *ears: Ear, window_ms: int = WINDOW_MS) -> None:
        """Each ear has a window that its tone fills, within the limit; all listen at the same time."""
        if any(ear.who == HANDSET for ear in ears):
            self._far_end_may_be_heard()
        since, deadline = self._state.wire.mark(), clock.Deadline(limits().heard)
        deaf = list(ears)
        while deaf:
            windows = [(ear, ear.listen(window_ms)) for ear in deaf]
            heard = [(ear, window.result()) for ear, window in windows]
            missing = [(ear, tones) for ear, tones in heard if not ear.hears(tones)]
            if missing and deadline.expired:
                self._lost(*missing[0], since, window_ms)
            deaf = [ear for ear, _ in missing]

    def _far_end_may_be_heard(self) -> None:
        """Required: as far as the base was told, the far end sends; one that holds need not play anything."""
        with self._context.needs_server_support("audio of the far end"):
            if not far_end_may_send(self._state):
                self._context.missing("a far end that may send", "its description in force says that it does not")

    def _lost(self, ear: Ear, heard: Tones, since: float, window_ms: int) -> NoReturn:
        """The error for a missing tone: first a broken rule, then a faulty peer as the capture shows it."""
        self._state.rules_speak()
        if self._state.leg.state == "disconnected":
            raise InvalidTest("the call lasts while it is listened to", f"it ended with {self._state.leg.ended_with}")
        remedy = "listen to the call in the run's evidence; check the peer's log and the route of the PBX"
        if ear.who == PEER and lost_behind_the_base(self._state, ear.hears, since, window_ms):
            text = f"{self._state.leg.name} heard {heard}, the base's RTP carries {ear}"
            raise RigFault("peer", text, remedy=remedy)
        if ear.who == HANDSET and lost_before_the_base(self._state, ear.hears, since, window_ms):
            if self._state.dialog.answered is None and not self._context.has_transparent_pbx:
                self._context.not_passed_on("early media of the far end")
            text = f"no {ear.hz:g} Hz of {self._state.leg.name} in the RTP towards the base"
            raise RigFault("peer", text, remedy=remedy)
        self._not_heard(ear, heard)

    def _not_heard(self, ear: Ear, heard: Tones) -> NoReturn:
        level = f"{LEVEL_DBM0:g} ± {TOLERANCE_DB:g} dBm0"
        expected = f"{ear} at {level} through {WINDOW_MS} ms within {limits().heard:g} s"
        self._context.broken(f"{ear.who} hears the far end", expected, f"{heard} in the last window")
