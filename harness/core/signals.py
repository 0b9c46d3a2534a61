"""How we are told to end: SIGTERM and a terminal that closes end us as Ctrl-C does, and once only.

Standard library only, since the set-up uses it before anything is installed.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

TOLD = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def in_order(numbers: Iterable[signal.Signals] = TOLD, *, first: Callable[[], object] = lambda: None) -> Iterator[None]:
    """While the context lasts each of these signals does `first` and raises KeyboardInterrupt; the next is ignored.

    An impatient second one would cut off what the first set going: a base would be left as no test found it.
    """

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for one in handled:
            signal.signal(one, signal.SIG_IGN)
        first()
        raise KeyboardInterrupt(f"told to end by {signal.Signals(number).name}")

    with _handled_by(end, numbers) as handled:
        yield


@contextmanager
def heard_afterwards() -> Iterator[None]:
    """While the context lasts nothing ends us, Ctrl-C neither; what tried to does at its end."""
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
    """While the context lasts these signals have this handler; one that is ignored stays so: nohup(1) means it."""
    previous = {one: signal.getsignal(one) for one in numbers if signal.getsignal(one) is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, handler)
    try:
        yield list(previous)
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
