"""Named decisions of the healthy rig, and the defects that override them.

Where a quirk or a server type chooses between lawful behaviours (how a hold is offered), the choice lives in a small
`Strategy` beside the healthy code and is asked for at use time: `strategies.get(HoldStrategy).offer(...)`.
A defect in `rigs.standin.defects` subclasses it, or is a declared replacement of any other function (`replacing.py`);
a dead rig is a set of either in `rigs.standin.dead_rigs`.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar, Protocol, TypeAlias, TypeVar

from rigs.standin.core.replacing import Replacement


class Strategy:
    """One replaceable decision of the healthy base; constructed without arguments, one instance a boot.

    `feature` and `name` are those of the defect, so that no decision may be called by these words.
    """

    feature: ClassVar[str] = ""
    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        for word in ("feature", "name"):
            if not isinstance(getattr(cls, word), str):
                raise TypeError(f"{cls.__qualname__}.{word} is the {word} of a defect: give the decision another word")


S = TypeVar("S", bound=Strategy)


def name_of(kind: type[Strategy]) -> str:
    """The name a defect is called by: its own `name`, else its class name in kebab case."""
    if "name" in kind.__dict__ and kind.name:
        return kind.name
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "-", kind.__name__).lower()


Fault: TypeAlias = type[Strategy] | Replacement
"""What a defect is in code."""


class Choices(Protocol):
    """What is asked for a choice: that of one identity, or that of the base as a whole."""

    def get(self, kind: type[S]) -> S:
        """The choice in force."""


class Strategies:
    """The decisions in force in one process: the healthy ones, but for those a defect or dead rig overrides.

    Made and filled before any part is constructed, as a replacement is in force for the whole process. `folder` is the
    run's, where replacements note that they were called.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._overrides: list[type[Strategy]] = []
        self._instances: dict[type[Strategy], Strategy] = {}
        self._undo: list[Callable[[], None]] = []
        self.applied: list[str] = []
        # What the server type of an identity has in the place of a healthy choice; the device knows it.
        self.by_server_type: Callable[[int, type[Strategy]], type[Strategy] | None] = lambda identity, kind: None

    def get(self, kind: type[S]) -> S:
        """The override that subclasses `kind` (the last one applied), else the healthy `kind` itself."""
        found = self._instances.get(kind)
        if found is None:
            chosen = next((o for o in reversed(self._overrides) if issubclass(o, kind)), kind)
            found = self._instances[kind] = chosen()
        assert isinstance(found, kind)
        return found

    def of(self, identity: int) -> Choices:
        """The choices of one identity: a defect's, else those of its server type, else the healthy ones."""
        return _OfIdentity(self, identity)

    def overridden(self, kind: type[Strategy]) -> bool:
        """Whether a defect or dead rig has taken this decision over."""
        return any(issubclass(override, kind) for override in self._overrides)

    def override(self, kind: type[Strategy]) -> None:
        """Puts one overriding class in force at once."""
        self._overrides.append(kind)
        self._instances.clear()

    def apply(self, defect: str) -> None:
        """Puts a defect in force by its name; ValueError with the known names if there is none."""
        self._seed(importlib.import_module("rigs.standin.defects").find(defect))
        self.applied.append(defect)

    def apply_dead(self, rig: str) -> None:
        """Puts all overrides of a dead rig in force; ValueError with the known names if there is none."""
        for fault in importlib.import_module("rigs.standin.dead_rigs").load(rig):
            self._seed(fault)
        self.applied.append(f"dead:{rig}")

    def clear(self) -> None:
        """Back to health: for processes that outlive a power cut of the base."""
        self._overrides.clear()
        self._instances.clear()
        self.applied.clear()
        while self._undo:
            self._undo.pop()()

    def _seed(self, fault: Fault) -> None:
        if isinstance(fault, Replacement):
            self._undo.append(fault.put_in_force(self._folder))
        else:
            self.override(fault)


class _OfIdentity:
    """The choices of one identity, looked up at each use: its server type may change at any time."""

    def __init__(self, strategies: Strategies, identity: int) -> None:
        self._strategies = strategies
        self._identity = identity

    def get(self, kind: type[S]) -> S:
        own = self._strategies.by_server_type(self._identity, kind)
        if own is None or self._strategies.overridden(kind):
            return self._strategies.get(kind)
        found = self._strategies.get(own)
        assert isinstance(found, kind)
        return found
