"""Declared replacements of healthy code: what a defect puts in the place of one function or method.

    @defect(feature="hangup", replaces=Call.bye)
    async def bye_never_sent(healthy: Callable[[Call, Dialog], Async[None]], call: Call, dialog: Dialog) -> None:
        \"\"\"Who was talked to hears silence until the session timer ends: hanging up sends no BYE.\"\"\"

The replacement gets the healthy function first and is typed by it. Its name with dashes is the defect's, its docstring
what a user notices. A process puts it in force before it constructs any part. What would have no effect, or one on more
than was named, is refused when it is declared (`NotReplaceable`).

Five general seams take every message, packet, answer or value of their kind. Replacements of a seam chain: each gets
the next one as the healthy function and passes on what it does not spoil.

    TransactionLayer.outgoing   a SIP message before it is written to the wire
    Sender.outgoing             an RTP packet before it is sent
    Radio.send                  a message of the base to a handset
    Site.answer                 the answer to an HTTP request
    Settings.in_effect          the value of a setting that components act upon
"""

from __future__ import annotations

import functools
import inspect
import sys
import types
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeAlias, TypeVar, overload

from rigs.standin.core.declaring import NotReplaceable, check, place

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S")
F = TypeVar("F", bound=Callable[..., Any])

Async: TypeAlias = Coroutine[Any, Any, R]
"""What a call of an `async def` gives: for the type of the healthy function."""

CALLED = "called"
"""The folder in the run's folder where each defect whose replacement was called leaves a file of its name."""

_SEAM = "__m9_seam__"


def seam(function: F) -> F:
    """Marks a place through which everything of one kind passes, so that replacements of it chain."""
    setattr(function, _SEAM, True)
    return function


@dataclass(frozen=True)
class Replacement:
    """A declared replacement; `owner` is the class or module whose `attribute` it replaces."""

    function: Callable[..., Any]
    feature: str
    owner: type | types.ModuleType
    attribute: str
    chains: bool

    @property
    def name(self) -> str:
        """What the defect is called: the function's name with dashes."""
        return self.function.__name__.replace("_", "-")

    @property
    def text(self) -> str:
        """What a user notices."""
        return inspect.getdoc(self.function) or ""

    @property
    def replaces(self) -> str:
        """The attribute in full, without the stand-in's own package."""
        module = self.owner.__name__ if isinstance(self.owner, types.ModuleType) else self.owner.__module__
        parts = [module.removeprefix("rigs.standin.")]
        if isinstance(self.owner, type):
            parts.append(self.owner.__qualname__)
        return ".".join([*parts, self.attribute])

    def put_in_force(self, folder: Path | None = None) -> Callable[[], None]:
        """Replaces the attribute in this process; returns what undoes it. The first call is noted in `folder`."""
        before = inspect.getattr_static(self.owner, self.attribute)
        static = isinstance(before, staticmethod)
        healthy = before.__func__ if static else before
        noted = folder is None

        @functools.wraps(healthy)
        def replaced(*arguments: Any, **named: Any) -> Any:
            nonlocal noted
            if not noted:
                noted = True
                self._note(folder)
            return self.function(healthy, *arguments, **named)

        setattr(self.owner, self.attribute, staticmethod(replaced) if static else replaced)
        return lambda: setattr(self.owner, self.attribute, before)

    def _note(self, folder: Path | None) -> None:
        assert folder is not None
        (folder / CALLED).mkdir(exist_ok=True)
        (folder / CALLED / self.name).touch()


@overload
def defect(
    *, feature: str, replaces: Callable[Concatenate[S, P], R]
) -> Callable[[Callable[Concatenate[Callable[Concatenate[S, P], R], S, P], R]], Replacement]: ...


@overload
def defect(*, feature: str, replaces: Callable[[], R]) -> Callable[[Callable[[Callable[[], R]], R]], Replacement]: ...


def defect(*, feature: str, replaces: Callable[..., Any]) -> Callable[[Callable[..., Any]], Replacement]:
    """Declares the decorated function a defect of `feature` that replaces one healthy function or method.

    Raises NotReplaceable, with one line that says why, for what cannot be replaced with the effect that is meant.
    """

    def declare(function: Callable[..., Any]) -> Replacement:
        if not feature or not function.__doc__:
            raise NotReplaceable(f"defect {function.__name__}: its feature or its docstring is missing")
        owner, attribute = place(replaces)
        check(owner, attribute, function)
        return Replacement(function, feature, owner, attribute, bool(getattr(replaces, _SEAM, False)))

    return declare


def declared_in(module: types.ModuleType) -> list[Replacement]:
    """The replacements that a module declares itself."""
    return [
        value
        for value in vars(module).values()
        if isinstance(value, Replacement) and value.function.__module__ == module.__name__
    ]


def of_program(fault: object, module: str) -> bool:
    """Whether a fault replaces something in one module: for a program that loads no other part of the stand-in."""
    return isinstance(fault, Replacement) and inspect.getmodule(fault.owner) is sys.modules[module]
