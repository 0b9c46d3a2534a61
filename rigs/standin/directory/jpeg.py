"""Which pictures are fit for a handset: JPEGs of 40 × 50 pixels (presentation, Picture Caller-ID), by their markers."""

from __future__ import annotations

WIDTH, HEIGHT = 40, 50
LARGEST = 64 * 1024
"""Bytes of a picture that the base takes; inferred."""
_BEGINS, _ENDS = b"\xff\xd8", b"\xff\xd9"
_FRAMES = frozenset({0xC0, 0xC1, 0xC2})
"""Markers of frames that handsets decode: baseline, extended, progressive (ITU-T T.81 table B.1)."""
_SCAN = 0xDA


def is_fit(data: bytes) -> bool:
    """Whether the octets are a whole JPEG of that size."""
    if len(data) > LARGEST or not data.startswith(_BEGINS) or not data.rstrip(b"\0\r\n").endswith(_ENDS):
        return False
    return size(data) == (WIDTH, HEIGHT)


def size(data: bytes) -> tuple[int, int]:
    """Width and height that the frame's header names; 0 and 0 where there is none before the first scan."""
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if marker in _FRAMES:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if marker == _SCAN or length < 2:
            break
        at += 2 + length
    return 0, 0
