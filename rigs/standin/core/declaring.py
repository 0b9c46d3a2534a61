"""What may be replaced: where a function is an attribute, and why some attributes are refused."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
import textwrap
import types
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import rigs.standin

OWNER_OF_DEFECTS = ("rigs.standin.defects", "rigs.standin.dead_rigs")


class NotReplaceable(ValueError):
    """A replacement that would have no effect, or an effect on more than was named; the text says which and why."""


def place(replaced: Any) -> tuple[type | types.ModuleType, str]:
    """The class or module that holds a function, and its name there; NotReplaceable for anything else."""
    if not isinstance(replaced, types.FunctionType):
        kind = type(replaced).__name__
        raise NotReplaceable(f"{replaced!r} ({kind}) is no function or method: fields and constants are not replaced")
    owner: Any = sys.modules[replaced.__module__]
    *path, attribute = replaced.__qualname__.split(".")
    for name in path:
        owner = getattr(owner, name, None)
    found = inspect.getattr_static(owner, attribute, None)
    if isinstance(found, staticmethod):
        found = found.__func__
    if found is not replaced:
        raise NotReplaceable(f"{replaced.__qualname__} is not found under this name in {replaced.__module__}")
    return owner, attribute


def check(owner: type | types.ModuleType, attribute: str, function: Callable[..., Any]) -> None:
    """NotReplaceable where the replacement would miss a caller, or meet one that was not meant."""
    import_everything()
    if isinstance(owner, types.ModuleType):
        holders = _importers(owner, attribute)
        if holders:
            raise NotReplaceable(
                f"{owner.__name__}.{attribute} is imported by name in {', '.join(holders)}: import the module there"
            )
        return
    written = _as_written(function)
    if written and written != owner.__name__:
        raise NotReplaceable(f"{written}.{attribute} is inherited: name it where it is defined, {owner.__name__}")
    below = [kind.__name__ for kind in _subclasses(owner) if attribute in vars(kind)]
    if below:
        raise NotReplaceable(
            f"{owner.__name__}.{attribute} is overridden in {', '.join(below)}: replace it there, or what it calls"
        )


@cache
def import_everything() -> None:
    """Imports every module of the stand-in, so that no subclass and no import by name is overlooked."""
    for info in pkgutil.walk_packages(rigs.standin.__path__, "rigs.standin."):
        if not info.name.startswith(OWNER_OF_DEFECTS) and not info.name.endswith("__main__"):
            importlib.import_module(info.name)


def _importers(owner: types.ModuleType, attribute: str) -> list[str]:
    """The other modules that hold the function itself; a defect's module only names it."""
    function = getattr(owner, attribute)
    return sorted(
        name
        for name, module in list(sys.modules.items())
        if module is not owner
        and name.startswith("rigs.standin.")
        and not name.startswith(OWNER_OF_DEFECTS)
        and any(value is function for value in vars(module).values())
    )


def _subclasses(kind: type) -> Iterator[type]:
    below: type
    for below in kind.__subclasses__():
        yield below
        yield from _subclasses(below)


def _as_written(function: Callable[..., Any]) -> str:
    """`OutgoingCall` of `replaces=OutgoingCall.bye`: the function itself knows only the class that defines it."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef | ast.AsyncFunctionDef)
    for decorator in tree.decorator_list:
        for keyword in decorator.keywords if isinstance(decorator, ast.Call) else []:
            if keyword.arg == "replaces" and isinstance(keyword.value, ast.Attribute):
                return ast.unparse(keyword.value.value).rpartition(".")[2]
    return ""
