"""Audio decided on measured tones: each direction of each call has a frequency of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import InvalidTest

if TYPE_CHECKING:
    from harness.procedures.call import CallActs
    from harness.procedures.desk import Desk

LEVEL_DBM0 = -12.0
TOLERANCE_DB = 6.0
"""What two transcodings and one G.726 leg may take or add; far from silence and far from clipping."""
WINDOW_MS = 600
TONE_MS = 2500
SILENT_BELOW_DBM0 = -45.0
TO_PEER_HZ = 1000.0
TO_HANDSET_HZ = 600.0
STEP_HZ = 17.0


class Audio:
    """The ears and mouths of one call; `number` tells its tones from those of other calls."""

    def __init__(self, desk: Desk, call: CallActs, number: int) -> None:
        self._desk = desk
        self._call = call
        self.to_peer_hz = TO_PEER_HZ + STEP_HZ * (number % 40)
        self.to_handset_hz = TO_HANDSET_HZ + STEP_HZ * (number % 20)

    def both_ways(self) -> None:
        """Both talk at once, each hears the other."""
        self._call.handset.tone(self.to_peer_hz, LEVEL_DBM0, TONE_MS)
        self._call.leg.tone(self.to_handset_hz, level=LEVEL_DBM0)
        at_peer = self._call.leg.listen(WINDOW_MS)
        at_handset = self._call.handset.listen(WINDOW_MS)
        self._heard("the peer", at_peer.result(), self.to_peer_hz)
        self._heard("the handset", at_handset.result(), self.to_handset_hz)
        self._call.leg.mute()
        self._call.handset.mute()

    def to_the_peer(self) -> None:
        """The handset talks, the peer hears it."""
        self._call.handset.tone(self.to_peer_hz, LEVEL_DBM0, TONE_MS)
        self._heard("the peer", self._call.leg.hear(WINDOW_MS), self.to_peer_hz)
        self._call.handset.mute()

    def to_the_handset(self) -> None:
        """The peer talks, the handset hears it."""
        self._call.leg.tone(self.to_handset_hz, level=LEVEL_DBM0)
        self._heard("the handset", self._call.handset.listen(WINDOW_MS).result(), self.to_handset_hz)
        self._call.leg.mute()

    def silent_towards_the_peer(self) -> None:
        """The handset talks and the peer hears nothing of it."""
        self._call.handset.tone(self.to_peer_hz, LEVEL_DBM0, TONE_MS)
        heard = self._call.leg.hear(WINDOW_MS)
        self._call.handset.mute()
        if heard.has(self.to_peer_hz, at_least=SILENT_BELOW_DBM0):
            self._desk.broken("nothing of the room is heard", f"no {self.to_peer_hz:g} Hz at the peer", heard)

    def _heard(self, who: str, heard: object, hz: float) -> None:
        tones = getattr(heard, "tones", ())
        match = next((tone for tone in tones if abs(tone.hz - hz) <= 15), None)
        expected = f"{hz:g} Hz at {LEVEL_DBM0:g} ± {TOLERANCE_DB:g} dBm0 at the ear of {who}"
        if match is None or abs(match.dbm0 - LEVEL_DBM0) > TOLERANCE_DB:
            if self._call.leg.state == "disconnected":
                raise InvalidTest(
                    "the call lasts while it is listened to", f"it ended with {self._call.leg.ended_with}"
                )
            self._desk.broken(f"{who} hears the far end", expected, heard)
