"""The tones by which the ends of a call are heard: each direction of each call has a frequency of its own."""

from __future__ import annotations

from dataclasses import dataclass

LEVEL_DBM0 = -12.0
TONE_MS = 10_000
"""A handset talks no longer than this: the dongle ends the tone by itself if the harness is gone."""
TO_PEER_HZ = 1000.0
TO_HANDSET_HZ = 600.0
STEP_HZ = 17.0
PEER, HANDSET = "the peer", "the handset"
"""Who talks and who listens."""


@dataclass(frozen=True)
class Voices:
    """What the handset and the peer of one call say, in Hz."""

    to_peer_hz: float
    to_handset_hz: float


def voices_of(number: int) -> Voices:
    """The tones of a call, others than those of calls with other numbers."""
    return Voices(TO_PEER_HZ + STEP_HZ * (number % 40), TO_HANDSET_HZ + STEP_HZ * (number % 20))
