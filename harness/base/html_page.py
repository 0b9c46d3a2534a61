"""Reads a page from its HTML without a browser: enough to recognise the page and to read its texts and tables.

There is no layout and no script; labels of fields are not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from harness.base.snapshot import Field, Link, Option, Snapshot

_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "legend", "caption"})
_BREAKS = _HEADINGS | {"br", "p", "div", "tr", "td", "th", "li", "table", "form", "pre", "dd", "dt", "fieldset"}
_SILENT = frozenset({"script", "style", "title", "select", "textarea", "button"})
_BLOCKS = frozenset({"pre", "textarea"})
_CHOICES = ("radio", "checkbox")
_CELLS = ("td", "th")
_KEPT = _HEADINGS | _BLOCKS | {"a", *_CELLS, "title", "select", "option", "button"}
_ENDED_BY = {"td": _CELLS, "th": _CELLS, "tr": _CELLS, "option": ("option",), "select": ("option",)}
"""The open tags that a start or end tag closes too: pages of 2011 leave cells and options open."""


def read_page(url: str, html: str, *, status: int = 200) -> Snapshot:
    """The snapshot of a page's HTML."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Snapshot(
        url,
        _clean(reader.title),
        "".join(reader.text),
        tuple(Link(_clean(text), href) for text, href in reader.links),
        tuple(reader.fields),
        tuple(tuple(row) for row in reader.tables),
        tuple(reader.blocks),
        tuple(_clean(heading) for heading in reader.headings),
        status,
    )


def _clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


@dataclass
class _Element:
    """An open element: its attributes, the number of tables around it, and its texts so far."""

    tag: str
    attributes: dict[str, str]
    depth: int
    parts: list[str] = field(default_factory=list)


@dataclass
class _Table:
    rows: list[list[str]] = field(default_factory=list)
    nested: bool = False


class _Reader(HTMLParser):
    """Collects texts as they end; open elements are in `_open` by their tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.text: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.fields: list[Field] = []
        self.tables: list[tuple[tuple[str, ...], ...]] = []
        self.blocks: list[str] = []
        self.headings: list[str] = []
        self._open: list[_Element] = []
        self._tables: list[_Table] = []
        self._form = -1
        self._inside_form = False
        self._options: list[Option] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag in _ENDED_BY:
            self._end(_ENDED_BY[tag])
        if tag in _BREAKS:
            self.text.append("\n")
        if tag == "form":
            self._form += 1
            self._inside_form = True
        elif tag == "table":
            for table in self._tables[-1:]:
                table.nested = True
            self._tables.append(_Table())
        elif tag == "tr" and self._tables:
            self._tables[-1].rows.append([])
        elif tag == "input":
            self._input(found)
        if tag in _KEPT:
            self._open.append(_Element(tag, found, len(self._tables)))

    def handle_endtag(self, tag: str) -> None:
        if tag in _ENDED_BY:
            self._end(_ENDED_BY[tag])
        if tag == "form":
            self._inside_form = False
        elif tag == "table" and self._tables:
            self._end(_CELLS)
            table = self._tables.pop()
            if not table.nested:
                self.tables.append(tuple(tuple(row) for row in table.rows))
        elif tag in _KEPT:
            self._end((tag,))
        if tag in _BREAKS:
            self.text.append("\n")

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.parts.append(data)
        if not any(element.tag in _SILENT for element in self._open):
            self.text.append(data)

    def _end(self, tags: tuple[str, ...]) -> None:
        """Close the innermost open element of these tags in this table, and all open elements inside it."""
        depth = len(self._tables)
        if any(element.tag in tags and element.depth == depth for element in self._open):
            while True:
                element = self._open.pop()
                self._ended(element.tag, element.attributes, "".join(element.parts))
                if element.tag in tags and element.depth == depth:
                    return

    def _ended(self, tag: str, found: dict[str, str], text: str) -> None:
        if tag == "title":
            self.title = text
        elif tag == "a" and "href" in found:
            self.links.append((text, "" if found["href"].startswith("#") else found["href"]))
        elif tag in _HEADINGS:
            self.headings.append(text)
        elif tag in ("td", "th") and self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append(_clean(text))
        elif tag == "option":
            self._options.append(Option(found.get("value", _clean(text)), _clean(text), "selected" in found))
        elif tag == "select":
            chosen = any(option.chosen for option in self._options)
            first, *rest = self._options or [Option("", "")]
            options = self._options if chosen or not self._options else [Option(first.value, first.text, True), *rest]
            self._field(found, "select", "", tuple(options))
            self._options = []
        elif tag == "button":
            self._field(found, found.get("type", "submit"), found.get("value") or _clean(text))
        if tag in _BLOCKS:
            self.blocks.append(text.removeprefix("\n"))
        if tag == "textarea":
            self._field(found, "textarea", text.removeprefix("\n"))

    def _input(self, found: dict[str, str]) -> None:
        kind, name = found.get("type", "text").lower(), found.get("name", "")
        if kind not in _CHOICES:
            self._field(found, kind, found.get("value", ""))
            return
        option = Option(found.get("value", "on"), "", "checked" in found)
        same = [one for one in self.fields if (one.name, one.type, one.form) == (name, "radio", self._number)]
        if kind == "radio" and same:
            first = self.fields.index(same[0])
            self.fields[first] = Field(name, kind, "", "", (*same[0].options, option), self._number, same[0].disabled)
        else:
            self._field(found, kind, "", (option,))

    def _field(self, found: dict[str, str], kind: str, value: str, options: tuple[Option, ...] = ()) -> None:
        disabled = "disabled" in found or "readonly" in found
        self.fields.append(Field(found.get("name", ""), kind, "", value, options, self._number, disabled))

    @property
    def _number(self) -> int:
        return self._form if self._inside_form else -1
