"""vCards as address books write them (RFC 2426, vCard 2.1): names, numbers and photos, all else is passed over."""

from __future__ import annotations

import base64
import importlib
import logging
import re
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Card:
    """One contact; a card without a formatted name is called by the parts of its name.

    The photo is what the card has inside, in base64; one that it only names by an address is passed over.
    """

    name: str = ""
    numbers: list[str] = field(default_factory=list)
    photo: str = ""


def read(text: str) -> list[Card]:
    """The cards of a file that have a number; a damaged card ends with its file."""
    # Loaded when there is something to read: it takes longer than all other parts of the web server.
    vobject = importlib.import_module("vobject")
    logging.getLogger("vobject.base").setLevel(logging.CRITICAL)  # it tells of each line that it cannot read
    cards: list[Card] = []
    try:
        for found in vobject.readComponents(with_commas(text), transform=False, ignoreUnreadable=True, allowQP=True):
            card = _card(found.contents)
            cards += [card] if found.name.upper() == "VCARD" and card.numbers else []
    except (vobject.base.VObjectError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        return cards  # what came before the damage is good
    return cards


def with_commas(text: str) -> str:
    """The file with the commas of its names escaped: version 2.1 knows no escape for them, and the reader wants it."""
    lines, named = text.splitlines(), False
    for at, line in enumerate(lines):
        goes_on = named and lines[at - 1].endswith("=")
        named = goes_on or re.match(r"F?N[;:]", line, re.IGNORECASE) is not None
        if named:
            head, colon, value = line.partition(":") if not goes_on else ("", "", line)
            lines[at] = head + colon + re.sub(r"(?<!\\),", r"\\,", value)
    return "\n".join(lines)


def _card(contents: dict[str, list[Any]]) -> Card:
    names = [*_texts(contents, "fn"), *(_spoken(value) for value in _texts(contents, "n"))]
    numbers = [re.sub(r"[^0-9*#+]", "", value.removeprefix("tel:")) for value in _texts(contents, "tel")]
    photos = (line.value for line in contents.get("photo", []) if isinstance(line.value, bytes))
    photo = base64.b64encode(next(photos, b"")).decode()
    return Card(next(iter(names), ""), [number for number in numbers if number], photo)


def _texts(contents: dict[str, list[Any]], name: str) -> list[str]:
    values = (getattr(line, "value", None) for line in contents.get(name, []))
    return [value.strip() for value in values if isinstance(value, str)]


def _spoken(name: str) -> str:
    """`Doe;Jane;…` as it is said: given name, family name."""
    parts = [re.sub(r"\\(.)", r"\1", part).strip() for part in re.split(r"(?<!\\);", name)[:2]]
    return " ".join(part for part in reversed(parts) if part)
