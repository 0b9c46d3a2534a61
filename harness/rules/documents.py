"""The contents of a document for a base: settings, a list of files, a firmware image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring


@dataclass(frozen=True)
class Entry:
    """One setting of a document; `idx` 0 is the whole base."""

    name: str
    idx: int
    value: str


@dataclass(frozen=True)
class Document:
    """The contents of a document by its kind: settings, files of a list, the address of a firmware image."""

    settings: tuple[Entry, ...] = ()
    files: tuple[str, ...] = ()
    firmware: str = ""

    @cached_property
    def by_name(self) -> dict[str, dict[int, tuple[str, ...]]]:
        """The values of each setting by its index; several if it is there several times."""
        found: dict[str, dict[int, tuple[str, ...]]] = {}
        for entry in self.settings:
            of_name = found.setdefault(entry.name, {})
            of_name[entry.idx] = (*of_name.get(entry.idx, ()), entry.value)
        return found


@lru_cache(maxsize=128)
def read(body: bytes) -> Document | None:
    """A document from its octets; None for other content, or for a kind that no rule reads.

    A document with its own type or entities is not read: a base need not obey it.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return None
    if root.tag == "settings":
        return Document(settings=tuple(_entries(root)))
    if root.tag == "setting-files":
        named = (file.get("uri") or file.get("url") or "" for file in root.iter("file"))
        return Document(files=tuple(name.strip() for name in named if name.strip()))
    if root.tag == "firmware-settings":
        return Document(firmware=(root.findtext("firmware") or "").strip())
    return None


def _entries(root: Element) -> Iterator[Entry]:
    for parent in root.iter("phone-settings"):
        for element in parent:
            index = element.get("idx", "0")
            if re.fullmatch("[0-9]{1,3}", index):
                yield Entry(str(element.tag), int(index), (element.text or "").strip())
