"""The base's settings: what is stored, what is in effect, who may write, and who is told.

Components read with `get`/`bool`/`int` (the value in effect); the web pages and exports read with `stored`.
On a healthy base both are the same.
"""

from __future__ import annotations

import builtins
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from rigs.standin.base import values
from rigs.standin.base.flash import Flash
from rigs.standin.core.replacing import seam
from rigs.standin.core.strategies import Strategies, Strategy

IDENTITIES = range(1, 10)
LOG_INDEXES = range(1, 13)
Key = tuple[str, int]
Listener = Callable[[str, int, str, str], None]


@dataclass(frozen=True)
class Definition:
    """One row of settings.yaml."""

    name: str
    scope: str
    type: str
    default: str
    mark: str
    empty: str = "false"
    alias: str = ""
    own: bool = False
    bounds: tuple[int, int] | None = None
    form: str = ""
    longest: int = values.LONGEST

    @property
    def indexes(self) -> range:
        """The idx values this setting has; 0 stands for the whole base."""
        return {"global": range(1), "identity": IDENTITIES, "log": LOG_INDEXES}[self.scope]


@cache
def definitions() -> dict[str, Definition]:
    """All settings by name, in the order of settings.yaml."""
    with (Path(__file__).with_name("settings.yaml")).open(encoding="utf-8") as text:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        return {name: Definition(name=name, **row) for name, row in yaml.load(text, loader).items()}


class SettingRefused(Exception):
    """A write that the base does not make: unknown name or idx, a value of the wrong kind, or perm R."""


class BooleanStrategy(Strategy):
    """How a boolean is read from a settings file: true/false and on/off, mixed as they come (facts 3.2)."""

    def read(self, text: str) -> builtins.bool | None:
        """The truth of the text, None if it is no boolean."""
        return {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}.get(text.strip().lower())


class PermissionStrategy(Strategy):
    """Who may write a setting: perm R keeps the web UI out; flags other than R and RW count as RW (facts 3.2)."""

    def may_write(self, who: str, perm: str) -> builtins.bool:
        """`who` is web, handset, provisioning or base."""
        return perm != "R" or who not in {"web", "handset"}


class Settings:
    """Stored settings of one base; every committed batch goes to flash before listeners are told."""

    FILE = "settings.json"

    def __init__(self, flash: Flash, strategies: Strategies) -> None:
        self.flash = flash
        self._strategies = strategies
        self._listeners: list[Listener] = []
        self._pending: dict[Key, tuple[str, str]] | None = None
        self._values: dict[Key, str] = {}
        self._perms: dict[Key, str] = {}
        self.not_taken: list[str] = []
        for text, row in flash.load(self.FILE).items():
            self._take(text, row)

    def _take(self, text: str, row: object) -> None:
        """Takes a stored value; one that could not be stored today leaves the factory's in its place."""
        name, _, idx = text.partition("#")
        definition = definitions().get(name)
        if definition is None:
            return
        key = (name, values.number(idx) or 0)
        try:
            value, perm = row if isinstance(row, list) and len(row) == 2 else (None, None)
            if not isinstance(value, str) or not isinstance(perm, str) or key[1] not in definition.indexes:
                raise SettingRefused(f"{text[:40]}: no stored setting")
            self._values[key] = self._canonical(definition, value)
            self._perms[key] = perm
        except SettingRefused as refused:
            self.not_taken.append(str(refused))

    def known(self, name: str) -> builtins.bool:
        """True if the base has a setting of that name."""
        return name in definitions()

    def get(self, name: str, idx: int = 0) -> str:
        """The value in effect, which components act upon; KeyError for an unknown name or idx."""
        return self.in_effect(name, idx, self.stored(name, idx))

    @seam
    def in_effect(self, name: str, idx: builtins.int, stored: str) -> str:
        """The value that components act upon where this one is stored."""
        return stored

    def stored(self, name: str, idx: int = 0) -> str:
        """The value as stored, which web pages and exports show; KeyError for an unknown name or idx."""
        definition = definitions()[name]
        if idx not in definition.indexes:
            raise KeyError(f"{name} idx={idx}")
        return self._values.get((definition.alias or name, idx), definition.default)

    def bool(self, name: str, idx: int = 0) -> builtins.bool:
        """The boolean in effect."""
        return self.get(name, idx) == "true"

    def int(self, name: str, idx: int = 0) -> builtins.int:
        """The number in effect; the factory default where the text is none."""
        text = self.get(name, idx)
        try:
            return builtins.int(text)
        except ValueError:
            return builtins.int(definitions()[name].default)

    def permission(self, name: str, idx: builtins.int = 0) -> str:
        """R or RW, as the last settings file said; RW if none did."""
        return self._perms.get((name, idx), "RW")

    def writable(self, name: str, idx: builtins.int = 0, *, who: str) -> builtins.bool:
        """True if `who` (web, handset, provisioning, base) may write the setting."""
        return self._strategies.get(PermissionStrategy).may_write(who, self.permission(name, idx))

    def set(self, name: str, value: str, idx: builtins.int = 0, *, who: str, perm: str | None = None) -> None:
        """Writes one setting (within a batch: when it commits); SettingRefused says why it is not written."""
        definition = definitions().get(name)
        if definition is None or idx not in definition.indexes or (definition.own and who != "base"):
            raise SettingRefused(f"unknown setting {name}" + (f" idx={idx}" if idx else ""))
        if definition.alias:
            definition = definitions()[definition.alias]
        if not self.writable(definition.name, idx, who=who):
            raise SettingRefused(f"{definition.name} is read-only")
        stored = self._canonical(definition, value)
        key = (definition.name, idx)
        permission = self.permission(*key) if perm is None else perm
        if self._pending is None:
            self._commit({key: (stored, permission)})
        else:
            self._pending[key] = (stored, permission)

    @contextlib.contextmanager
    def batch(self) -> Iterator[Settings]:
        """Collects writes and commits them as one: one write of flash, then the listeners; nothing on an exception."""
        if self._pending is not None:
            yield self
            return
        self._pending = {}
        try:
            yield self
            pending = self._pending
        finally:
            self._pending = None
        self._commit(pending)

    def items(self) -> Iterator[tuple[str, builtins.int, str]]:
        """Every setting as (name, idx, stored value), for exports."""
        for definition in definitions().values():
            for idx in definition.indexes:
                if not definition.alias:
                    yield definition.name, idx, self.stored(definition.name, idx)

    def on_change(self, listener: Listener) -> Callable[[], None]:
        """Calls `listener(name, idx, old, new)` with values in effect; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def factory_reset(self) -> None:
        """Forgets all that was ever stored; listeners are not told, the base reboots."""
        self._values.clear()
        self._perms.clear()
        self.flash.erase()

    def _canonical(self, definition: Definition, value: str) -> str:
        if definition.type == "bool":
            if not value.strip():
                return definition.empty
            truth = self._strategies.get(BooleanStrategy).read(value)
            if truth is None:
                raise SettingRefused(f"{definition.name}: {values.shown(value)} is no boolean")
            return "true" if truth else "false"
        if definition.type == "int" and value.strip():
            number = values.number(value)
            if number is None:
                raise SettingRefused(f"{definition.name}: {values.shown(value)} is no number")
            least, most = definition.bounds or (number, number)
            if not least <= number <= most:
                raise SettingRefused(f"{definition.name}: {number} is not between {least} and {most}")
            return str(number)
        if why := values.trouble(value, definition.form, definition.longest):
            raise SettingRefused(f"{definition.name}: {values.shown(value)}: {why}")
        return value

    def _commit(self, changes: dict[Key, tuple[str, str]]) -> None:
        before = {key: self.get(*key) for key in changes}
        for key, (value, perm) in changes.items():
            self._values[key] = value
            self._perms[key] = perm
        if changes:
            self.flash.store(
                self.FILE, {f"{name}#{idx}": [v, self._perms[(name, idx)]] for (name, idx), v in self._values.items()}
            )
        for (name, idx), old in before.items():
            new = self.get(name, idx)
            if new != old:
                for listener in tuple(self._listeners):
                    listener(name, idx, old, new)
