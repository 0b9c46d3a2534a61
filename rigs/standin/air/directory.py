"""The messages of the air link about the directory; the module is imported by whoever sends or takes them."""

from __future__ import annotations

from dataclasses import dataclass

from rigs.standin.air.protocol import Message

NUMBERS = ";"


@dataclass(frozen=True)
class DirectorySearch(Message):
    """Portable: whose name begins so, in the directory or among the identity's `contacts`; `search` is a number."""

    search: int = 0
    text: str = ""
    contacts: bool = False


@dataclass(frozen=True)
class DirectoryHit(Message):
    """Base: one of the people found, with the numbers as they are dialled, NUMBERS between them."""

    search: int = 0
    name: str = ""
    numbers: str = ""


@dataclass(frozen=True)
class DirectoryEnd(Message):
    """Base: that was all; `trouble` says why there is nothing: off, login, unreachable."""

    search: int = 0
    trouble: str = ""
