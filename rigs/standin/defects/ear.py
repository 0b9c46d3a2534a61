"""Faults of what a handset hears: call progress tones and the far end."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import InEffect
from rigs.standin.media.description import Direction
from rigs.standin.media.session import MediaSession
from rigs.standin.media.strategies import (
    EarpieceStrategy,
)
from rigs.standin.media.tones import ToneKind


@defect(feature="tones", replaces=Settings.in_effect)
def tones_of_another_country(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Call progress tones are always British, with any country setting."""
    return "2" if name == "tones" else healthy(settings, name, idx, stored)


@defect(feature="ring-back", replaces=MediaSession.play_tone)
def no_ring_back(healthy: Callable[[MediaSession, ToneKind], None], session: MediaSession, kind: ToneKind) -> None:
    """While the far end rings, the caller hears nothing."""
    if kind != "ringback":
        healthy(session, kind)


@defect(feature="ring-back", replaces=MediaSession.stop_tone)
def ring_back_goes_on(healthy: Callable[[MediaSession], None], session: MediaSession) -> None:
    """The ring-back tone goes on after the far end has answered."""


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
