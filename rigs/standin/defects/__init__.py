"""Seeded defects: one class a fault, with the feature it breaks and one line of what a user would notice.

A module an area; `load()` finds every Strategy subclass defined here that carries a `feature`.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from rigs.standin.core.strategies import Strategy, name_of


@cache
def load() -> dict[str, type[Strategy]]:
    """All defects by name; ValueError if two share a name or one has no docstring."""
    found: dict[str, type[Strategy]] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        for value in vars(module).values():
            if not (isinstance(value, type) and issubclass(value, Strategy) and value.__module__ == module.__name__):
                continue
            if not value.feature:
                continue
            name = name_of(value)
            if name in found or not value.__doc__:
                raise ValueError(f"defect {name} in {module.__name__}: the name is taken or its docstring is missing")
            found[name] = value
    return found


def decision_of(defect: type[Strategy]) -> type[Strategy]:
    """The healthy decision a defect overrides: the last class before `Strategy` itself."""
    kinds = [kind for kind in defect.__mro__ if issubclass(kind, Strategy) and kind is not Strategy]
    return kinds[-1]
