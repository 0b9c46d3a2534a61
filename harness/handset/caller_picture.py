"""The picture of a caller as a handset shows it, read by AT+PIC."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.errors import RigFault

if TYPE_CHECKING:
    from harness.handset.dongle import Dongle

REMEDY = "check that its firmware has protocol 1; read the transcript of the serial line"
_HEAD = re.compile(r"\+PIC:\s*(\d{1,4}),(\d{1,4}),([0-9A-Fa-f]{1,8})")
PIXEL = 3
"""Octets of a pixel."""


@dataclass(frozen=True)
class Picture:
    """A picture of `width` × `height` pixels; `rows` are 24-bit RGB from the top."""

    width: int
    height: int
    rows: bytes


def shown_picture(dongle: Dongle, handset: int) -> Picture | None:
    """What a handset shows now, None without a picture; RigFault for an answer that is damaged."""
    dongle.need("PICTURE", handset)
    question = f"AT+PIC={handset}"
    lines = [line for line in dongle.command(question) if line.strip()]
    try:
        return read_picture(lines)
    except (ValueError, binascii.Error) as damage:
        raise RigFault("dongle", f"{question}: {damage}", remedy=REMEDY) from damage


def read_picture(lines: list[str]) -> Picture | None:
    """The picture of AT+PIC's information lines; ValueError for lines that do not fit together."""
    first, *rest = lines or [""]
    if re.fullmatch(r"\+PIC:\s*NONE", first):
        return None
    head = _HEAD.fullmatch(first)
    if head is None:
        raise ValueError(f"no picture: {first[:60]!r}")
    width, height, crc = int(head[1]), int(head[2]), int(head[3], 16)
    rows = base64.b64decode("".join(line.strip() for line in rest), validate=True)
    if len(rows) != width * height * PIXEL:
        raise ValueError(f"{len(rows)} octets for {width} x {height} pixels")
    if zlib.crc32(rows) != crc:
        raise ValueError(f"check sum {zlib.crc32(rows):08X} instead of {head[3]}")
    return Picture(width, height, rows)
