"""vCards as address books write them (RFC 2426, vCard 2.1): names and numbers, all else is passed over."""

from __future__ import annotations

import quopri
import re
from dataclasses import dataclass, field

_PROPERTY = re.compile(r"(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<params>(?:;[^:]*)?):(?P<value>.*)", re.DOTALL)


@dataclass
class Card:
    """One contact; a card without a formatted name is called by the parts of its name."""

    name: str = ""
    numbers: list[str] = field(default_factory=list)


def read(text: str) -> list[Card]:
    """The cards of a file that have a number; a damaged card ends with its file."""
    cards: list[Card] = []
    card: Card | None = None
    for line in re.sub(r"=\r?\n|\r?\n[ \t]", "", text).splitlines():
        found = _PROPERTY.fullmatch(line.strip())
        if found is None:
            continue
        name, value = found["name"].upper(), _plain(found["params"], found["value"])
        if (name, value.upper()) == ("BEGIN", "VCARD"):
            card = Card()
        elif card is None:
            continue
        elif (name, value.upper()) == ("END", "VCARD"):
            cards += [card] if card.numbers else []
            card = None
        elif name == "FN" or (name == "N" and not card.name):
            card.name = value if name == "FN" else " ".join(part for part in reversed(value.split(";")[:2]) if part)
        elif name == "TEL":
            card.numbers += [number] if (number := re.sub(r"[^0-9*#+]", "", value.removeprefix("tel:"))) else []
    return cards


def _plain(params: str, value: str) -> str:
    """A value without its escapes."""
    if "QUOTED-PRINTABLE" in params.upper():
        return quopri.decodestring(value.encode()).decode("utf-8", errors="replace").strip()
    return re.sub(r"\\([,;\\])", r"\1", value).strip()
