"""The base's log: a ring in RAM with twelve categories, each with a level of its own (facts section 8).

Level 0 lets nothing through, 9 everything; a message carries the level from which on it is shown.
"""

from __future__ import annotations

import collections
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rigs.standin.core.strategies import Strategy

CATEGORIES: dict[str, str] = {
    "general": "General events",
    "media": "Media-related events",
    "sip_reg": "SIP registration messages",
    "sip_call": "SIP call messages",
    "sip_other": "Other SIP messages",
    "web": "Web server events",
    "dns": "DNS events",
    "ldap": "LDAP events",
    "dect": "DECT events",
    "network": "Network events",
    "tls": "TLS",
    "ice": "ICE",
}
"""Category keys in UI order; setting `log` idx 1..12 follows it [inferred]; labels from the presentation."""


LONGEST = 16_384
"""Characters of a message: the largest SIP message of use, and no flood fills the RAM."""


@dataclass(frozen=True)
class LogEntry:
    """One message; `at` is the base's clock in seconds since the epoch."""

    at: float
    level: int
    category: str
    text: str

    def __str__(self) -> str:
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(self.at))
        return f"[{self.level}] {stamp}.{int(self.at * 1000) % 1000:03d} {CATEGORIES[self.category]}: {self.text}"


class LogFilterStrategy(Strategy):
    """Which category's level decides whether a message is kept."""

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        """True if a message of `level` (1 most important .. 9) passes the category's threshold."""
        return level <= threshold(category)


class LogRing:
    """The last messages, oldest first; a power cut empties it."""

    def __init__(self, threshold: Callable[[str], int], strategy: LogFilterStrategy, size: int = 2000) -> None:
        self._entries: collections.deque[LogEntry] = collections.deque(maxlen=size)
        self._threshold = threshold
        self._strategy = strategy
        self._listeners: list[Callable[[LogEntry], None]] = []

    def write(self, category: str, level: int, text: str) -> None:
        """Keeps a message if the filter of its category lets it through; KeyError for an unknown category."""
        if category not in CATEGORIES:
            raise KeyError(category)
        if not self._strategy.keeps(category, level, self._threshold):
            return
        plain = text[:LONGEST].encode("utf-8", errors="replace").decode("utf-8")  # bytes of the wire that are no text
        entry = LogEntry(time.time(), level, category, plain)
        self._entries.append(entry)
        for listener in self._listeners:
            listener(entry)

    def entries(self) -> Iterator[LogEntry]:
        """The messages still in the ring, oldest first."""
        return iter(tuple(self._entries))

    def clear(self) -> None:
        """Empties the ring."""
        self._entries.clear()

    def on_write(self, listener: Callable[[LogEntry], None]) -> None:
        """Calls `listener` with every message kept from now on."""
        self._listeners.append(listener)
