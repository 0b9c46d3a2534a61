"""pages.yaml as typed rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from rigs.standin.sip.platforms import platforms


@dataclass(frozen=True)
class Field:
    """One row of a form. `name` is the setting; `idx` the index it has on this page (None: the page's own)."""

    label: str
    name: str
    kind: str = "text"
    choices: str = ""
    idx: int | None = None

    @property
    def form_name(self) -> str:
        """The name in the form: the setting's, with the index where one page holds several of it."""
        return self.name if self.idx is None else f"{self.name}{self.idx}"


@dataclass(frozen=True)
class Heading:
    """A line between rows."""

    text: str


@dataclass(frozen=True)
class FormPage:
    """A page that shows settings and takes them back; `restart` means they work after a reboot only."""

    key: str
    path: str
    title: str
    rows: tuple[Field | Heading, ...]
    text: str = ""
    note: str = ""
    restart: bool = False
    hidden: dict[str, str] = field(default_factory=dict)

    @property
    def fields(self) -> list[Field]:
        """The rows that are fields."""
        return [row for row in self.rows if isinstance(row, Field)]


@cache
def _data() -> dict[str, Any]:
    with Path(__file__).with_name("pages.yaml").open(encoding="utf-8") as text:
        loaded: dict[str, Any] = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    return loaded


def _row(row: dict[str, Any]) -> Field | Heading:
    return Heading(row["heading"]) if "heading" in row else Field(**row)


def _page(key: str, row: dict[str, Any]) -> FormPage:
    return FormPage(
        key=key,
        path=row.get("path", ""),
        title=row.get("title") or row["tab"],
        rows=tuple(_row(one) for one in row["fields"]),
        text=row.get("text", ""),
        note=row.get("note", ""),
        restart=row.get("restart", False),
        hidden=row.get("hidden", {}),
    )


@cache
def pages() -> dict[str, FormPage]:
    """The pages of base-wide settings, by path."""
    return {page.path: page for page in (_page(key, row) for key, row in _data()["pages"].items())}


@cache
def tabs() -> dict[str, FormPage]:
    """The tabs of an identity, by key, in order."""
    return {key: _page(key, row) for key, row in _data()["tabs"].items()}


def choices(key: str) -> list[tuple[str, str]]:
    """Value and text of each entry of a drop-down; the server types are those of sip/platforms.yaml."""
    if key == "server_type":
        return [("", "Default"), *((platform.stored, platform.title) for platform in platforms().values())]
    return [(str(value), str(text)) for value, text in _data()["choices"][key].items()]


def roots() -> list[str]:
    """Names of the certification authorities a unit trusts from the factory."""
    names: list[str] = _data()["roots"]
    return names
