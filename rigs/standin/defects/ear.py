"""Faults of what a handset hears: call progress tones and the far end."""

from __future__ import annotations

from rigs.standin.media.description import Direction
from rigs.standin.media.strategies import (
    EarpieceStrategy,
    ToneStrategy,
)


class TonesOfAnotherCountry(ToneStrategy):
    """Call progress tones are British, whatever country is set."""

    feature = "tones"

    def country(self, setting: str) -> str:
        return "2"


class NoRingBack(ToneStrategy):
    """While the far end rings, the caller hears nothing."""

    feature = "ring-back"

    def sounds(self, kind: str) -> bool:
        return kind != "ringback"


class RingBackGoesOn(ToneStrategy):
    """The ring-back tone goes on after the far end has answered."""

    feature = "ring-back"

    def ends(self) -> bool:
        return False


class MusicOnHoldNotPlayed(EarpieceStrategy):
    """Who is on hold hears nothing of what the far end plays."""

    feature = "music-on-hold"

    def plays(self, local: Direction, was_held: bool) -> bool:
        return local == "sendrecv"


class SilentEarAfterHold(EarpieceStrategy):
    """After a hold the handset hears nothing any more."""

    feature = "resume"

    def plays(self, local: Direction, was_held: bool) -> bool:
        return not was_held and super().plays(local, was_held)
