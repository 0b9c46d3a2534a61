"""The bus of steps: drivers publish what they did, and the evidence subscribes; neither imports the other."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from harness.core import clock


@dataclass
class Step:
    """One act or observation: the part of the rig, the act, the time (epoch seconds) and its data.

    In `data`, `did` names acts on the base or a handset, and `shown` what a handset showed: a mapping, or a
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
    """Tell all subscribers of an act or event of this moment."""
    step = Step(part, text, data=data)
    _deliver(step)
    return step


@contextlib.contextmanager
def step(part: str, text: str, **data: Any) -> Iterator[Step]:
    """An act that takes time: published when it ends, with its end and with its error if there was one."""
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
    """Receive every step while the context lasts."""
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
