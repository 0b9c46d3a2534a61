"""What stays of a packet on its way: the same for all copies of it that a mirror, a router or a network card makes."""

from __future__ import annotations

from harness.capture import layers
from harness.capture.layers import ETHERNET, TCP, Carried

LONGEST = 1500
"""Longer packets on an own interface were put together by its network card, and look different on the cable."""


def fingerprint(frame: bytes, linktype: int = ETHERNET) -> int:
    """A number for a frame's packet; link layer, VLAN tags, padding, time to live and checksums do not count."""
    found = layers.carried(frame, linktype)
    if found is None:
        return hash(layers.past_link(frame, linktype).rstrip(b"\0"))
    at = found.network
    head = frame[at + 4 : at + 8] + frame[at + 9 : at + 10] + frame[at + 12 : at + 20]
    if frame[at] >> 4 == 6:
        head = frame[at + 6 : at + 7] + frame[at + 8 : at + 40]
    return hash(head + _unsummed(frame, found))


def is_comparable(frame: bytes, linktype: int = ETHERNET) -> bool:
    """Whether the packet looks the same on an interface and on the cable.

    Network cards cut and join TCP segments with data.
    """
    found = layers.carried(frame, linktype)
    if found is None or len(frame) - found.network > LONGEST:
        return False
    return found.protocol != TCP or found.payload == found.end


def _unsummed(frame: bytes, found: Carried) -> bytes:
    """The transport part without its checksum, which a network card may fill in after the capture."""
    if not found.checksum:
        return frame[found.start : found.end]
    return frame[found.start : found.checksum] + frame[found.checksum + 2 : found.end]
