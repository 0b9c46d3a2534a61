"""A page as the browser shows it, read in one go: texts, links, fields with their labels, tables."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

# Labels stand in the table cell left of a field, as in the presentation's screenshots, or in a <label>.
SCRIPT = r"""
const clean = text => (text || '').replace(/\s+/g, ' ').trim();
const choice = element => element.type === 'radio' || element.type === 'checkbox';
function after(element) {
  for (let node = element.nextSibling; node; node = node.nextSibling) {
    if (node.nodeType === 1 && /^(INPUT|SELECT|TEXTAREA|BR)$/.test(node.tagName)) break;
    if (clean(node.textContent)) return clean(node.textContent);
  }
  return '';
}
function before(element) {
  for (let node = element.previousSibling; node; node = node.previousSibling)
    if (clean(node.textContent)) return clean(node.textContent);
  return '';
}
function label(element) {
  const own = element.labels && element.labels.length ? clean(element.labels[0].innerText) : '';
  if (own && element.type !== 'radio') return own;
  const row = element.closest('tr');
  let found = '';
  if (row) for (const cell of row.cells) {
    if (cell.contains(element)) break;
    if (clean(cell.innerText)) found = clean(cell.innerText);
  }
  if (found) return found;
  const term = element.closest('dd');
  if (term && term.previousElementSibling) return clean(term.previousElementSibling.innerText);
  const set = element.closest('fieldset');
  const legend = element.type === 'radio' && set && set.querySelector('legend');
  if (legend) return clean(legend.innerText);
  return choice(element) && element.type === 'checkbox' ? after(element) : before(element);
}
function field(element) {
  const options = element.tagName === 'SELECT'
    ? [...element.options].map(o => [o.value, clean(o.text), o.selected])
    : choice(element)
      ? [[element.value, clean(element.labels && element.labels.length ? element.labels[0].innerText : after(element)),
          element.checked]]
      : [];
  return {name: element.name, type: element.tagName === 'INPUT' ? element.type : element.tagName.toLowerCase(),
          label: label(element), value: element.value, options: options,
          form: [...document.forms].indexOf(element.form), disabled: element.disabled || !!element.readOnly};
}
return {
  url: location.pathname + location.search,
  title: clean(document.title),
  text: document.body ? document.body.innerText : '',
  links: [...document.querySelectorAll('a[href]')].map(
    a => [clean(a.innerText || a.title), a.getAttribute('href'), a.href]),
  fields: [...document.querySelectorAll('input, select, textarea, button')].map(field),
  headings: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6, legend, caption')].map(h => clean(h.innerText)),
  blocks: [...document.querySelectorAll('pre, textarea')].map(b => b.value === undefined ? b.innerText : b.value),
  tables: [...document.querySelectorAll('table')].filter(t => !t.querySelector('table')).map(
    t => [...t.rows].map(row => [...row.cells].map(cell => clean(cell.innerText)))),
};
"""

BUTTON_TYPES = ("submit", "button", "reset", "image")


@dataclass(frozen=True)
class Option:
    """One choice of a drop-down, radio group or check box: what is sent, what is shown, whether it is chosen."""

    value: str
    text: str
    chosen: bool = False


@dataclass(frozen=True)
class Field:
    """A form field; the radio buttons of one name are one field with several options."""

    name: str
    type: str
    label: str = ""
    value: str = ""
    options: tuple[Option, ...] = ()
    form: int = 0
    disabled: bool = False

    @property
    def shown(self) -> str:
        """The visible value: the text of a choice, else the value."""
        if self.type == "checkbox":
            return "on" if any(option.chosen for option in self.options) else "off"
        chosen = [option for option in self.options if option.chosen]
        return (chosen[0].text or chosen[0].value) if chosen else ("" if self.options else self.value)

    @property
    def sent(self) -> str:
        """The value that the form sends."""
        if self.type == "checkbox":
            return self.shown
        chosen = [option for option in self.options if option.chosen]
        return chosen[0].value if chosen else ("" if self.options else self.value)


@dataclass(frozen=True)
class Link:
    """A link: its text and its target, as path and query on the base, or as a full URL elsewhere."""

    text: str
    href: str


@dataclass(frozen=True)
class Snapshot:
    """The content of one page. `status` is its HTTP status, 0 without an answer (`error` says why)."""

    url: str
    title: str = ""
    text: str = ""
    links: tuple[Link, ...] = ()
    fields: tuple[Field, ...] = ()
    tables: tuple[tuple[tuple[str, ...], ...], ...] = ()
    blocks: tuple[str, ...] = ()
    headings: tuple[str, ...] = ()
    status: int = 200
    error: str = ""

    @property
    def name(self) -> str:
        """The page's name in a message: its title and URL."""
        return f"{self.title} {self.url}".strip()

    @cached_property
    def lines(self) -> list[str]:
        """The page's own lines: title, headings, and text without links."""
        linked = {link.text for link in self.links}
        text = (" ".join(line.split()) for line in self.text.splitlines())
        return [line for line in (self.title, *self.headings) if line] + [t for t in text if t and t not in linked]

    @property
    def inputs(self) -> list[Field]:
        """The fields that a user can fill: no buttons, no hidden fields."""
        return [field for field in self.fields if field.type not in (*BUTTON_TYPES, "hidden")]

    def says(self, pattern: str) -> bool:
        """Whether a whole line of the page matches this regular expression, case ignored."""
        return any(map(_compiled(pattern).fullmatch, self.lines))

    def field(self, label_or_name: str) -> Field | None:
        """The field of this name, else of this label; a label may omit the colon and the brackets."""
        for candidate in self.inputs:
            if candidate.name == label_or_name:
                return candidate
        for rule in (_same, _same_without_brackets):
            found = [candidate for candidate in self.inputs if rule(candidate.label, label_or_name)]
            if found:
                return found[0]
        return None

    def button(self, text: str, form: int | None = None) -> Field | None:
        """The button with this caption, in the given form first."""
        found = [f for f in self.fields if f.type in BUTTON_TYPES and _same(f.value or f.label, text)]
        inside = [candidate for candidate in found if candidate.form == form]
        return next(iter(inside or found), None)

    def rows(self, with_row: str = "") -> dict[str, str]:
        """All two-cell table rows as name and value, or those of the tables that have a row of this name; the first
        row of a name counts, a heading of Parameter and Value does not."""
        found: dict[str, str] = {}
        for table in self.tables:
            pairs = [(plain_label(row[0]), row[1]) for row in table if len(row) == 2 and row[0]]
            if with_row and with_row not in dict(pairs):
                continue
            for name, value in pairs:
                if (name, value) != ("Parameter", "Value"):
                    found.setdefault(name, value)
        return found

    def records(self, *headings: str) -> list[dict[str, str]]:
        """The rows below the first table head that has all these column headings, as dictionaries by heading."""
        for table in self.tables:
            for position, head in enumerate(table):
                if len(head) > 1 and {h.lower() for h in headings} <= {plain_label(cell).lower() for cell in head}:
                    names = [plain_label(cell) for cell in head]
                    below = table[position + 1 :]
                    return [dict(zip(names, row, strict=False)) for row in below if len(row) == len(names)]
        return []


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def plain_label(text: str) -> str:
    """A label without its colon and the blanks around it."""
    return text.strip().rstrip(":").strip()


def _same(one: str, other: str) -> bool:
    return plain_label(one).lower() == plain_label(other).lower()


def _same_without_brackets(one: str, other: str) -> bool:
    """Country code and Country code (e.g. 1, 49) are the same; Password (repeat) and Password are different."""
    if "(repeat)" in one.lower() or "(repeat)" in other.lower():
        return False
    strip = re.compile(r"\s*\([^)]*\)")
    return _same(strip.sub("", one), strip.sub("", other))


def from_script(data: dict[str, Any], origin: str, *, status: int = 200, error: str = "") -> Snapshot:
    """The snapshot in what SCRIPT returned; `origin` is the proxy's URL, which is cut off links."""
    links = tuple(Link(text, _local(href, raw, origin)) for text, raw, href in data["links"])
    return Snapshot(
        data["url"],
        data["title"],
        data["text"],
        links,
        tuple(_merged(data["fields"])),
        tuple(tuple(tuple(row) for row in table) for table in data["tables"]),
        tuple(data["blocks"]),
        tuple(data["headings"]),
        status,
        error,
    )


def _local(href: str, raw: str, origin: str) -> str:
    if raw.startswith("#"):
        return ""
    return (href.removeprefix(origin) or "/") if href.startswith(origin) else href


def _merged(found: Iterable[dict[str, Any]]) -> list[Field]:
    """The fields; radio buttons of one name and form are one field."""
    fields: list[Field] = []
    for entry in found:
        options = tuple(Option(value, text, bool(chosen)) for value, text, chosen in entry["options"])
        same = [f for f in fields if (f.name, f.type, f.form) == (entry["name"], "radio", entry["form"])]
        if entry["type"] == "radio" and same:
            first = same[0]
            merged = Field(first.name, "radio", first.label, "", first.options + options, first.form, first.disabled)
            fields[fields.index(first)] = merged
            continue
        fields.append(
            Field(
                entry["name"],
                entry["type"],
                plain_label(entry["label"]),
                entry["value"],
                options,
                entry["form"],
                entry["disabled"],
            )
        )
    return fields


def largest(page: Snapshot) -> list[dict[str, str]]:
    """The rows of the widest table of a page, by its first row's headings."""
    tables = [table for table in page.tables if len(table) >= 1 and len(table[0]) > 2]
    if not tables:
        return []
    widest = max(tables, key=lambda table: len(table[0]) * len(table))
    return [dict(zip(widest[0], row, strict=False)) for row in widest[1:] if len(row) == len(widest[0])]
