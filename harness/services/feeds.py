"""News feeds as servers write them: RSS 2.0 and Atom 1.0 (RFC 4287)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from harness.core.errors import UsageError

KINDS = ("rss", "atom")
TYPES = {"rss": "application/rss+xml", "atom": "application/atom+xml"}
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True)
class News:
    """One entry: its title, and the words below it, which may be HTML."""

    title: str
    words: str = ""


def document(kind: str, entries: Sequence[News]) -> bytes:
    """The feed with these entries, the first one first; UsageError for an unknown kind."""
    if kind not in KINDS:
        raise UsageError(f"no kind of feed {kind!r}", remedy=f"one of {', '.join(KINDS)}")
    return _rss(entries) if kind == "rss" else _atom(entries)


def _rss(entries: Sequence[News]) -> bytes:
    root = Element("rss", version="2.0")
    channel = SubElement(root, "channel")
    SubElement(channel, "title").text = "News of the harness"
    SubElement(channel, "link").text = "http://www.example.net/"
    SubElement(channel, "description").text = "for a test"
    for one in entries:
        item = SubElement(channel, "item")
        SubElement(item, "title").text = one.title
        SubElement(item, "description").text = one.words
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))


def _atom(entries: Sequence[News]) -> bytes:
    root = Element("feed", xmlns=ATOM)
    SubElement(root, "title").text = "News of the harness"
    SubElement(root, "id").text = "urn:uuid:60a76c80-d399-11d9-b91c-0003939e0af6"
    SubElement(root, "updated").text = "2011-01-20T12:00:00Z"
    for number, one in enumerate(entries):
        entry = SubElement(root, "entry")
        SubElement(entry, "title").text = one.title
        SubElement(entry, "id").text = f"urn:uuid:60a76c80-d399-11d9-b93c-{number:012x}"
        SubElement(entry, "updated").text = "2011-01-20T12:00:00Z"
        SubElement(entry, "summary", type="html").text = one.words
    return bytes(tostring(root, encoding="utf-8", xml_declaration=True))
