"""Faults that show on a network which loses, repeats and delays packets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.media.jitter import SILENT_AIR, JitterBuffer, Packet
from rigs.standin.media.reception import Reception
from rigs.standin.media.reports import Reports
from rigs.standin.media.rtcp import Received
from rigs.standin.media.rtp import Address, RtpPacket
from rigs.standin.media.session import MediaSession

Putting = Callable[[JitterBuffer, int, Packet], None]
_came: WeakKeyDictionary[JitterBuffer, int] = WeakKeyDictionary()
_lost: WeakKeyDictionary[MediaSession, int] = WeakKeyDictionary()


@defect(feature="media-loss", replaces=JitterBuffer.frame)
def ear_stops_at_the_first_gap(healthy: Callable[[JitterBuffer], bytes], buffer: JitterBuffer) -> bytes:
    """Once a packet was lost, the handset hears nothing more of the far end."""
    frame = healthy(buffer)
    return SILENT_AIR if buffer.concealed else frame


@defect(feature="media-loss", replaces=JitterBuffer.put)
def packets_play_as_they_come(healthy: Putting, buffer: JitterBuffer, sequence: int, packet: Packet) -> None:
    """On a line that repeats or mixes packets speech stutters: each is played when it comes, without its number."""
    _came[buffer] = _came.get(buffer, sequence - 1) + 1
    healthy(buffer, _came[buffer] & 0xFFFF, packet)


@defect(feature="media-loss", replaces=JitterBuffer._trim)
def a_hiccup_delays_for_ever(healthy: Callable[[JitterBuffer], None], buffer: JitterBuffer) -> None:
    """After the network stood still for a moment both speak at the same time: what piled up is played to the end."""


@defect(feature="media-loss", replaces=Reports.received)
def loss_is_never_reported(healthy: Callable[[Reports], Received], reports: Reports) -> Received:
    """Monitors praise a line on which every tenth packet is lost."""
    return replace(healthy(reports), lost=0)


@defect(feature="media-loss", replaces=Reception.fraction_lost)
def loss_is_reported_in_total_only(healthy: Callable[[Reception], int], reception: Reception) -> int:
    """Far ends that adapt to the line never do: the fraction lost since the last report is always 0."""
    return 0


@defect(feature="media-loss", replaces=Reception.spacing)
def jitter_is_never_reported(healthy: Callable[..., None], reception: Reception, packet: RtpPacket, clock: int) -> None:
    """Monitors see packets that come like clockwork, however uneven the line is."""


@defect(feature="media-loss", replaces=MediaSession._rtp_came)
def own_numbers_jump_with_the_far_ends(
    healthy: Callable[[MediaSession, bytes, Address], None], session: MediaSession, data: bytes, source: Address
) -> None:
    """A far end whose packets are lost hears gaps too: the base leaves out numbers of its own for each of them."""
    healthy(session, data, source)
    before, sender = _lost.get(session, 0), session._sender
    _lost[session] = now = max(before, session.statistics.lost)
    sender._sequence = sender._sequence + now - before & 0xFFFF
