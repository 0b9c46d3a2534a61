"""The message of the air link about pictures of callers; the module is imported by whoever sends or takes it."""

from __future__ import annotations

from dataclasses import dataclass

from rigs.standin.air.protocol import Message

PIECE = 240
"""Letters of base64 in one message."""


@dataclass(frozen=True)
class CallerPicture(Message):
    """Base: a piece of the JPEG of who calls, in base64; the first piece is number 0, and the `last` completes it."""

    call: str = ""
    piece: int = 0
    data: str = ""
    last: bool = False
