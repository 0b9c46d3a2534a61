"""The bus of steps: drivers publish what they did, evidence subscribes; neither knows the other."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.core import clock


@dataclass
class Step:
    """One act or observation: which part of the rig, what, when (epoch seconds), and what belongs to it.

    In `data`, `did` names acts on the base or a handset and `shown` what a handset was seen to show: a mapping, or a
    list of them, with `kind`, `handset`, `value` and details of that kind (see harness.rules.acts).
    """

    part: str
    text: str
    at: float = field(default_factory=clock.now)
    data: dict[str, Any] = field(default_factory=dict)
    ended: float | None = None
    error: str = ""


Subscriber = Callable[[Step], None]
_subscribers: list[Subscriber] = []
_lock = threading.Lock()


def publish(part: str, text: str, **data: Any) -> Step:
    """Tell all subscribers of something that happened at this moment."""
    step = Step(part, text, data=data)
    _deliver(step)
    return step


@contextlib.contextmanager
def step(part: str, text: str, **data: Any) -> Iterator[Step]:
    """An act that takes time: delivered when it ends, with its end and its error if it had one."""
    taken = Step(part, text, data=data)
    try:
        yield taken
    except BaseException as error:
        taken.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        taken.ended = clock.now()
        _deliver(taken)


@contextlib.contextmanager
def subscribed(subscriber: Subscriber) -> Iterator[None]:
    """Hear every step while the context lasts."""
    with _lock:
        _subscribers.append(subscriber)
    try:
        yield
    finally:
        with _lock:
            _subscribers.remove(subscriber)


def _deliver(step: Step) -> None:
    with _lock:
        listeners = list(_subscribers)
    for listener in listeners:
        listener(step)
