"""The payload types that the base may send at each moment: those in the far end's description (RFC 3264)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.capture.sdp import Media, Sdp
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import rule
from harness.rules.session import Session
from harness.rules.sources import Source

SETTLED_S = 1.0
"""Seconds in which packets sent before the new description may still arrive."""


@dataclass(frozen=True)
class Allowed:
    """The payload types by number that may be sent from one moment to another."""

    begins: float
    ends: float
    types: Mapping[int, str]


def allowed_types(call: CallEvidence, source: Source) -> list[Allowed]:
    """The payload types allowed for a source; of a forked call those of each far end."""
    sessions = call.sessions
    found = []
    for number, session in enumerate(sessions):
        later = next((one for one in sessions[number + 1 :] if one.offer is not session.offer), None)
        ends = later.at + SETTLED_S if later else float("inf")
        told = session.answer if session.by_base else session.offer
        found.append(Allowed(told.at, ends, _types(session, source)))
    return found


def _types(session: Session, source: Source) -> Mapping[int, str]:
    return {
        codec.payload: codec.name.upper()
        for media in _lines(session.own, session.far, source.streams[0].sport)
        if media.port
        for codec in media.codecs
    }


def _lines(own: Sdp, far: Sdp, port: int) -> tuple[Media, ...]:
    """The far end's line for a port of the base; all lines if the base sends from a port that it did not name."""
    index = next((number for number, media in enumerate(own.media) if media.port == port), None)
    return far.media if index is None else far.media[index : index + 1]


@rule("RTP-TYPES", reads=("sip", "rtp"), timed=True)
def described_types(call: CallEvidence) -> Iterator[Finding]:
    """Only payload types of the far end's description are sent."""
    for source in call.sources:
        yield from _described_types(call, source)


def _described_types(call: CallEvidence, source: Source) -> Iterator[Finding]:
    import numpy as np

    allowed = allowed_types(call, source)
    known = np.zeros(len(source.kind), dtype=bool)
    right = np.zeros(len(source.kind), dtype=bool)
    for one in allowed:
        inside = (source.at >= one.begins) & (source.at <= one.ends)
        known |= inside
        right |= inside & np.isin(source.kind, list(one.types))
    wrong = np.flatnonzero(known & ~right)
    kinds, first = np.unique(source.kind[wrong], return_index=True)
    for kind, place in zip(kinds.tolist(), wrong[first].tolist(), strict=True):
        at = source.at[place]
        told = {number: name for one in allowed if one.begins <= at <= one.ends for number, name in one.types.items()}
        wanted = ", ".join(f"{number} {name}" for number, name in sorted(told.items())) or "none"
        claim = "only payload types that the far end described are sent"
        yield broken(source.occasion(place), expected=wanted, seen=kind, claim=claim)
    if not known.any():
        yield cannot_be_said(source.occasion(), why="no description of the far end was seen before its packets")
    elif not len(wrong):
        yield held(source.occasion(int(np.argmax(known))))
