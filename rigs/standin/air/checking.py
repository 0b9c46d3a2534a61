"""What the fields of an air message may hold: checked where a message comes in, made to fit where one goes out."""

from __future__ import annotations

import dataclasses
import math
import re

LONGEST = 255
"""Characters of a text; no display shows more."""

_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float | None": (int, float, type(None)),
}
_PATTERNS = {
    "ipui": re.compile(r"[0-9A-F]{10}|"),
    "rfpi": re.compile(r"[0-9A-F]{10}|"),
    "rand": re.compile(r"[0-9a-f]{0,32}"),
    "response": re.compile(r"[0-9a-f]{0,32}"),
    "digits": re.compile(r"[0-9A-D*#]{0,32}"),
    "key": re.compile(r"[0-9]|MESSAGE|"),
    "trouble": re.compile(r"off|login|unreachable|unreadable|"),
}
_RANGES = {
    "slot": (0, 3),
    "number": (0, 99),
    "rssi": (-200, 100),
    "ms": (0, 60_000),
    "seconds": (0, 3600),
    "auto_s": (-1, 60),
    "messages": (0, 10**9),
}
_ANY = (0, 2**63)


def trouble(message: object) -> str:
    """Why a message cannot be taken, in words; empty for one that can. `message` is a dataclass instance."""
    assert dataclasses.is_dataclass(message)
    for field in dataclasses.fields(message):
        value = getattr(message, field.name)
        if not isinstance(value, _KINDS[str(field.type)]) or (field.type == "int" and isinstance(value, bool)):
            return f"{field.name} is no {field.type}"
        if isinstance(value, str) and not _is_text(field.name, value):
            return f"{field.name} holds what no text may"
        if isinstance(value, float | int) and not _in_range(field.name, value):
            return f"{field.name} is out of range"
    return ""


def fitting(text: str) -> str:
    """A text as the air carries it: cut, and blanks for what cannot be shown."""
    return "".join(char if char.isprintable() else " " for char in text[:LONGEST])


def _is_text(name: str, value: str) -> bool:
    pattern = _PATTERNS.get(name)
    return len(value) <= LONGEST and value.isprintable() and (pattern is None or bool(pattern.fullmatch(value)))


def _in_range(name: str, value: float) -> bool:
    least, most = _RANGES.get(name, _ANY)
    return math.isfinite(value) and (name == "clock" or least <= value <= most) and abs(value) < 2**63
