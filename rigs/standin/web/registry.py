"""Which function answers which path: the pages of `web/pages/`, found by their decorators."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rigs.standin.web.http import Request, Response

if TYPE_CHECKING:
    from rigs.standin.web.site import Site

Handler: TypeAlias = "Callable[[Site, Request], Response]"
Extra: TypeAlias = "Callable[[Site, Request, int], str]"
H = TypeVar("H", bound=Callable[..., Any])

_pages: dict[str, Callable[..., Any]] = {}
_extras: dict[str, Callable[..., Any]] = {}


def page(*paths: str) -> Callable[[H], H]:
    """The function makes the page at these paths."""
    return lambda function: _entered(_pages, paths, function)


def below(tab: str) -> Callable[[H], H]:
    """The function makes what stands under the form of this tab of an identity, and does what is posted there."""
    return lambda function: _entered(_extras, (tab,), function)


def pages() -> dict[str, Handler]:
    """All pages by path."""
    _import_all()
    return {path: _at_use(function) for path, function in _pages.items()}


def extras() -> dict[str, Extra]:
    """What stands under the form of a tab, by the tab's key."""
    _import_all()
    return {tab: _at_use(function) for tab, function in _extras.items()}


@cache
def _import_all() -> None:
    package = importlib.import_module("rigs.standin.web.pages")
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(info.name)


def _entered(table: dict[str, Callable[..., Any]], keys: tuple[str, ...], function: H) -> H:
    for key in keys:
        if key in table:
            raise ValueError(f"{key} is there twice: in {table[key].__module__} and in {function.__module__}")
        table[key] = function
    return function


def _at_use(function: Callable[..., Any]) -> Callable[..., Any]:
    """Looked up in its module at each use, so that a defect can take its place."""
    module, name = sys.modules[function.__module__], function.__name__
    return lambda *arguments: getattr(module, name)(*arguments)
