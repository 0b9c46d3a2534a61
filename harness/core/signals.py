"""Signals that end the program: SIGTERM and a closed terminal end it as Ctrl-C does, and only once.

Standard library only, since the set-up uses it before anything is installed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

TOLD = (signal.SIGTERM, signal.SIGHUP)
AGAIN_S = 0.02
"""Seconds until an interrupt that a finalizer swallowed is raised again."""


@contextmanager
def in_order(numbers: Iterable[signal.Signals] = TOLD, *, first: Callable[[], object] = lambda: None) -> Iterator[None]:
    """While the context lasts each of these signals does `first` and raises KeyboardInterrupt; the next is ignored.

    A second signal would cut off the teardown that the first one started: the base's settings would not be restored.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for one in handled:
            signal.signal(one, signal.SIG_IGN)
        first()
        raise KeyboardInterrupt(f"told to end by {signal.Signals(number).name}")

    with _handled_by(end, numbers) as handled:
        yield


@contextmanager
def never_swallowed() -> Iterator[None]:
    """While the context lasts an interrupt that comes in a finalizer is raised again after it.

    Python drops what is raised in `__del__` or in a callback of the garbage collector: the program would go on.
    """

    def again(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt("told to end while a finalizer ran")

    def swallowed(what: sys.UnraisableHookArgs) -> None:
        before(what)
        if issubclass(what.exc_type, KeyboardInterrupt):
            signal.signal(signal.SIGINT, again)
            threading.Timer(AGAIN_S, os.kill, (os.getpid(), signal.SIGINT)).start()

    before, sys.unraisablehook = sys.unraisablehook, swallowed
    try:
        yield
    finally:
        sys.unraisablehook = before


@contextmanager
def heard_afterwards() -> Iterator[None]:
    """While the context lasts no signal ends the program, not even Ctrl-C; it takes effect at the context's end."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, frame: came.append(number), (signal.SIGINT, *TOLD)):
            yield
    finally:
        if came:
            raise KeyboardInterrupt


@contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], numbers: Iterable[signal.Signals]
) -> Iterator[list[signal.Signals]]:
    """Use this handler for these signals while the context lasts; an ignored signal stays ignored, for nohup(1)."""
    previous = {one: signal.getsignal(one) for one in numbers if signal.getsignal(one) is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, handler)
    try:
        yield list(previous)
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
