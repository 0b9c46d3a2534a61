"""Audio decided on measured tones: each direction of each call has a frequency of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn, Protocol

from harness.core import clock
from harness.core.errors import InvalidTest, RigFault
from harness.core.tones import NOTHING_HEARD
from harness.procedures.call.audio_path import far_end_may_send, lost_before_the_base, lost_behind_the_base
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

    def hears(self, heard: Tones) -> bool:
        """Whether the tone fills the window at its level, give or take the tolerance."""
        return any(
            abs(tone.hz - self.hz) <= NEAR_HZ and abs(tone.dbm0 - LEVEL_DBM0) <= TOLERANCE_DB for tone in heard.tones
        )


class CallMedia:
    """The ears of one call, while its ends talk; nothing here talks."""

    def __init__(self, state: CallState) -> None:
        self._context = state.context
        self._state = state
        self._voices = state.voices

    def expect_both_ways(self, window_ms: int = WINDOW_MS, *, more: int = 0) -> None:
        """Each hears the other through a window of `window_ms`; `more` windows are listened to.

        With two of them a tone has stood still for so long that its level can be told.
        """
        with self._state.blames_who_ends_it():
            self._expect(self._peer_ear(), self._handset_ear(), window_ms=window_ms)
            for _ in range(more):
                self._state.handset_driver.listen(window_ms).result()

    def expect_at_the_peer(self) -> None:
        """The peer hears the handset."""
        with self._state.blames_who_ends_it():
            self._expect(self._peer_ear())

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
        loud = [heard for heard in windows if heard.has(self._voices.to_peer_hz, at_least=SILENT_BELOW_DBM0)]
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
        if self._beside(heard):
            alone = f"{self._voices.to_handset_hz:g} Hz alone"
            self._context.broken("nothing sounds beside the far end", alone, heard)

    def _beside(self, heard: Tones) -> bool:
        """Whether a tone that is not the peer's comes near its loudness."""
        others = (tone for tone in heard.tones if abs(tone.hz - self._voices.to_handset_hz) > BESIDE_HZ)
        return any(tone.dbm0 > LEVEL_DBM0 - BESIDE_DB for tone in others)

    def expect_steady(self) -> None:
        """Both hear each other for so long that the levels can be told."""
        self.expect_both_ways(more=2)

    def expect_on_the_wire(self, codec: str) -> None:
        """The handset's tone is in the base's packets, decoded as the codec's name says."""
        payload = agreed_payload(self._state, codec)
        ear = Ear("a listener on the wire", self._state.leg.audio.listen, self._voices.to_peer_hz)
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

    def expect_silence_at_the_peer(self) -> None:
        """The handset must talk, and the peer hears nothing of it."""
        if HANDSET not in self._state.talking:
            raise InvalidTest("a handset that talks", "silence", remedy="let it talk: `with call.handset.talking():`")
        heard = self._state.leg.audio.hear(SILENT_WINDOW_MS)
        if heard.has(self._voices.to_peer_hz, at_least=SILENT_BELOW_DBM0):
            self._state.rules_speak()
            expected = f"no {self._voices.to_peer_hz:g} Hz at the peer"
            self._context.broken("nothing of the room is heard", expected, heard)

    def expect_silence_while_held(self) -> None:
        """The far end holds and hears nothing of the handset, which talks; a rule judges the packets."""
        if not self._state.base_streams():  # before the hold it did send
            self._context.broken("the base sends media", "an RTP stream of the base", "no RTP packet of the base")
        self.expect_silence_at_the_peer()

    def _peer_ear(self) -> Ear:
        return Ear(PEER, self._state.leg.audio.listen, self._voices.to_peer_hz)

    def _handset_ear(self) -> Ear:
        return Ear(HANDSET, self._state.handset_driver.listen, self._voices.to_handset_hz)

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
            text = f"{self._state.leg.name} heard {heard}, the base's RTP carries {ear.hz:g} Hz"
            raise RigFault("peer", text, remedy=remedy)
        if ear.who == HANDSET and lost_before_the_base(self._state, ear.hears, since, window_ms):
            text = f"no {ear.hz:g} Hz of {self._state.leg.name} in the RTP towards the base"
            raise RigFault("peer", text, remedy=remedy)
        self._not_heard(ear, heard)

    def _not_heard(self, ear: Ear, heard: Tones) -> NoReturn:
        level = f"{LEVEL_DBM0:g} ± {TOLERANCE_DB:g} dBm0"
        expected = f"{ear.hz:g} Hz at {level} through {WINDOW_MS} ms within {limits().heard:g} s"
        self._context.broken(f"{ear.who} hears the far end", expected, f"{heard} in the last window")
