"""Times, lengths and lists in the words that every output uses."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage


def seconds(value: float) -> str:
    """`40 ms`, `3.2 s`, `4 min 05 s`, `2 h 10 min`."""
    if value < 0.9995:
        return f"{max(0.0, value) * 1000:.0f} ms"
    if value < 99.95:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02d} s"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def count(number: int, thing: str, plural: str = "") -> str:
    """`1 call`, `3 calls`."""
    return f"{number:,} {thing if number == 1 else plural or thing + 's'}"


def joined(parts: Iterable[str], last: str = "and") -> str:
    """`a, b and c`."""
    *head, tail = [*parts] or [""]
    return f"{', '.join(head)} {last} {tail}" if head else tail


def span(begins: float, ends: float) -> str:
    """Both ends in local time with the offset from UTC, the date of the second where it is another."""
    first, second = time.localtime(begins), time.localtime(ends)
    same = first[:3] == second[:3]
    until = time.strftime("%H:%M:%S" if same else "%Y-%m-%d %H:%M:%S", second)
    return f"{time.strftime('%Y-%m-%d %H:%M:%S', first)} to {until} (UTC{time.strftime('%z', first)})"


def sentence(words: str) -> str:
    """A note as a sentence: capital letter and full stop."""
    end = "" if words.endswith((".", "?")) else "."
    return f"{words[:1].upper()}{words[1:]}{end}" if words else ""


def status_words(response: SipMessage) -> str:
    """`486 Busy Here`."""
    return f"{response.status} {response.reason}".strip()
