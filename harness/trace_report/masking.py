"""Removes secrets and control characters from a report."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from harness.core.redaction import redaction

Shown = TypeVar("Shown")
_BETWEEN = b"\n"
_PLAIN = (int, float, type(None))
"""What holds no text."""


def masked(shown: Shown) -> Shown:
    """The same dataclass, list or tuple with every secret masked (law 9).

    Masks keep lengths, so all texts go through in one piece: a page has tens of thousands.
    """
    texts = list(dict.fromkeys(_texts(shown)))
    encoded = [text.encode("utf-8", "surrogateescape") for text in texts]
    whole = redaction.mask_bytes(_BETWEEN.join(encoded))
    known: dict[str, str] = {}
    position = 0
    for text, one in zip(texts, encoded, strict=True):
        known[text] = whole[position : position + len(one)].decode("utf-8", "surrogateescape")
        position += len(one) + len(_BETWEEN)
    result: Shown = _mapped(shown, known.__getitem__)
    return result


def visible(shown: Shown) -> Shown:
    """The same with control characters, line separators and marks of direction spelled out, as `\\x1b`.

    Names in a trace come from others: they must not move the cursor, set colours or reverse text.
    """
    result: Shown = _mapped(shown, _spelled)
    return result


def _spelled(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
        return
    for one in value if isinstance(value, tuple | list) else (getattr(value, name) for name in _names(value.__class__)):
        if not isinstance(one, _PLAIN):
            yield from _texts(one)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """The same with every text changed; what has none to change is the same object."""
    if isinstance(value, str):
        new = change(value)
        return value if new == value else new
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, tuple | list):
        ones = [_mapped(one, change) for one in value]
        same = all(new is there for new, there in zip(ones, value, strict=True))
        return value if same else type(value)(ones)
    fields = ((name, getattr(value, name)) for name in _names(value.__class__))
    changes = {name: new for name, there in fields if (new := _mapped(there, change)) is not there}
    return dataclasses.replace(value, **changes) if changes else value


@functools.cache
def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; none of anything else."""
    return tuple(field.name for field in dataclasses.fields(kind)) if dataclasses.is_dataclass(kind) else ()
