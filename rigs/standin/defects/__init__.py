"""Seeded defects: each has the feature it breaks and one line of what a user would notice.

A module an area. `load()` finds what is declared there: a function with `@defect(feature=…, replaces=Class.method)`,
which takes the place of that method (`core/replacing.py`), or a subclass of a `Strategy` that carries a `feature`.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from functools import cache
from types import ModuleType

from rigs.standin.core.declaring import NotReplaceable
from rigs.standin.core.replacing import Replacement, declared_in
from rigs.standin.core.strategies import Fault, Strategy, name_of


@cache
def load() -> dict[str, Fault]:
    """All defects by name; ValueError if two share a name, one has no docstring or cannot replace what it names."""
    found: dict[str, Fault] = {}
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        for name, fault in declared(f"{__name__}.{info.name}").items():
            if name in found or not text_of(fault):
                raise ValueError(f"defect {name} in {info.name}: the name is taken or its docstring is missing")
            found[name] = fault
    return found


def find(name: str) -> Fault:
    """One defect; ValueError with the known names if there is none."""
    known = load()
    if name not in known:
        raise ValueError(f"no defect {name!r}; known: {', '.join(sorted(known))}")
    return known[name]


def declared(module_name: str) -> dict[str, Fault]:
    """The defects of one module; NotReplaceable where one names an attribute that there is not."""
    try:
        module = importlib.import_module(module_name)
    except AttributeError as error:
        raise NotReplaceable(f"{module_name}: {error}: nothing to replace") from error
    found: dict[str, Fault] = {name_of(kind): kind for kind in _strategies(module)}
    return found | {one.name: one for one in declared_in(module)}


def text_of(fault: Fault) -> str:
    """What a user notices: the first paragraph of its docstring."""
    text = fault.text if isinstance(fault, Replacement) else inspect.getdoc(fault) if fault.__doc__ else ""
    return (text or "").split("\n\n")[0].replace("\n", " ")


def area_of(fault: Fault) -> str:
    """The module that declares it."""
    module = fault.function.__module__ if isinstance(fault, Replacement) else fault.__module__
    return module.rpartition(".")[2]


def decision_of(defect: type[Strategy]) -> type[Strategy]:
    """The healthy decision a defect overrides: the last class before `Strategy` itself."""
    kinds = [kind for kind in defect.__mro__ if issubclass(kind, Strategy) and kind is not Strategy]
    return kinds[-1]


def _strategies(module: ModuleType) -> list[type[Strategy]]:
    return [
        value
        for value in vars(module).values()
        if isinstance(value, type)
        and issubclass(value, Strategy)
        and value.__module__ == module.__name__
        and value.feature
    ]
