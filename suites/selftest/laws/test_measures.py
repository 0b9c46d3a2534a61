"""Measures of the classes of procedures and rules: how much one class can do, and how deep classes inherit."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from types import FunctionType, ModuleType

import pytest

import harness.procedures
import harness.rules

MOST_PUBLIC = 25
"""Public methods and properties, inherited ones counted: more than that a reader does not keep in mind."""
MOST_DEPTH = 2
"""A class and one that it inherits from."""
OWN = "harness."


def classes_of(package: ModuleType) -> Iterator[type]:
    """Every class that a module of the package defines."""
    for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(found.name)
        for member in vars(module).values():
            if inspect.isclass(member) and member.__module__ == found.name:
                yield member


def public_of(cls: type) -> set[str]:
    """The public methods and properties of a class, with those that it inherits from classes of the harness."""
    kinds = (FunctionType, property, classmethod, staticmethod)
    own = (one for one in cls.__mro__ if one.__module__.startswith(OWN))
    return {
        name
        for one in own
        for name, member in vars(one).items()
        if not name.startswith("_") and isinstance(member, kinds) and name not in vars(one).get("__annotations__", {})
    }


def depth_of(cls: type) -> int:
    """How many classes of the harness stand above each other, this one counted; protocols and libraries are not."""
    bases = [one for one in cls.__bases__ if one.__module__.startswith(OWN) and not getattr(one, "_is_protocol", False)]
    return 1 + max((depth_of(one) for one in bases), default=0)


CLASSES = [*classes_of(harness.procedures), *classes_of(harness.rules)]


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: f"{cls.__module__}.{cls.__qualname__}")
def test_no_class_is_wider_or_deeper_than_a_reader_can_follow(cls: type) -> None:
    assert len(public_of(cls)) <= MOST_PUBLIC, sorted(public_of(cls))
    assert depth_of(cls) <= MOST_DEPTH, [one.__name__ for one in cls.__mro__]


class _Wide:
    """Three that count: a method, a property, and none of its fields."""

    field: object = lambda: None

    def method(self) -> None: ...

    @property
    def property_(self) -> int: ...

    @staticmethod
    def static() -> None: ...

    def _private(self) -> None: ...


class _Deep(_Wide):
    def method(self) -> None: ...

    def another(self) -> None: ...


def test_what_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suites.selftest.laws.test_measures.OWN", "suites.")
    assert public_of(_Wide) == {"method", "property_", "static"}
    assert public_of(_Deep) == {"method", "property_", "static", "another"}
    assert (depth_of(_Wide), depth_of(_Deep), depth_of(type("_Deeper", (_Deep,), {"__module__": "suites.x"}))) == (
        1,
        2,
        3,
    )
    assert len(CLASSES) > 100
