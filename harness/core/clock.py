"""The only module that waits: every wait names its condition and its limit, and ends when the event comes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


def now() -> float:
    """Seconds since the epoch on the host's clock: the time of all evidence."""
    return time.time()


def monotonic() -> float:
    """Seconds of a monotonic clock: for limits only, never for evidence."""
    return time.monotonic()


def worked() -> float:
    """Seconds of processor time of this thread: for budgets that a busy machine must not use up."""
    return time.thread_time()


@dataclass
class Deadline:
    """A limit in seconds that starts when it is made."""

    within: float
    started: float = field(default_factory=monotonic)

    @property
    def left(self) -> float:
        """Seconds left; never below zero."""
        return max(0.0, self.started + self.within - monotonic())

    @property
    def expired(self) -> bool:
        """Whether the limit has passed."""
        return self.left <= 0.0


class WaitExpired(Exception):
    """A named condition did not come true in time; `last_seen` tells what was seen last."""

    def __init__(self, what: str, within: float, last_seen: str = "") -> None:
        self.what = what
        self.within = within
        self.last_seen = last_seen
        seen = f"; last seen: {last_seen}" if last_seen else ""
        super().__init__(f"{what}: not within {within:g} s{seen}")


def wait_until(
    condition: Callable[[], T],
    *,
    what: str,
    within: float,
    poll: float = 0.02,
    last_seen: Callable[[], str] | None = None,
) -> T:
    """Poll a condition that has no event of its own until it is truthy, and return its value.

    Raises WaitExpired after `within` seconds, with what was last seen.
    """
    deadline = Deadline(within)
    while True:
        value = condition()
        if value:
            return value
        if deadline.expired:
            raise WaitExpired(what, within, last_seen() if last_seen else "")
        time.sleep(min(poll, deadline.left) or 0.001)


class EventList(Generic[T]):
    """A list that one thread appends to and other threads wait on; a wait finds earlier events too."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._changed = threading.Condition()
        self._closed = ""

    def append(self, item: T) -> None:
        """Add an event and wake all waiting threads."""
        with self._changed:
            self._items.append(item)
            self._changed.notify_all()

    def close(self, reason: str) -> None:
        """End the source: no more events will come, and every wait ends at once with the reason."""
        with self._changed:
            self._closed = reason
            self._changed.notify_all()

    @property
    def closed(self) -> str:
        """Why the source ended, or an empty string while it is open."""
        return self._closed

    def __len__(self) -> int:
        return len(self._items)

    def snapshot(self, since: int = 0) -> list[T]:
        """The events from position `since` on."""
        with self._changed:
            return self._items[since:]

    def wait_for(
        self,
        matches: Callable[[T], bool],
        *,
        what: str,
        within: float,
        since: int = 0,
        describe: Callable[[list[T]], str] | None = None,
    ) -> T:
        """The first event from position `since` on that matches; raises WaitExpired with the last ones seen."""
        deadline = Deadline(within)
        position = since
        with self._changed:
            while True:
                while position < len(self._items):
                    item = self._items[position]
                    position += 1
                    if matches(item):
                        return item
                if self._closed or deadline.expired:
                    seen = describe(self._items[since:]) if describe else _tail(self._items[since:])
                    if self._closed:
                        seen = f"{self._closed}; {seen}"
                    raise WaitExpired(what, within, seen)
                self._changed.wait(deadline.left)


def _tail(items: list[T]) -> str:
    """The last five events in one line."""
    return " | ".join(str(item) for item in items[-5:]) or "nothing"
