"""The life of a base from one start to the next: what it fetched, and what documents gave it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.rules.moments import between

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage
    from harness.rules.documents import Document
    from harness.rules.evidence import Evidence
    from harness.rules.fetches import Fetch


@dataclass(frozen=True)
class Given:
    """What a document gave to a setting, with the answer that brought it; it may say it more than once."""

    answer: HttpMessage
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(map(repr, dict.fromkeys(self.values)))

    @property
    def at(self) -> float:
        """When it came."""
        return self.answer.at


@dataclass(frozen=True)
class Start:
    """The life of a base from one start to the next: what it fetched, and when it first registered (infinity: never).

    `ends` is when something restarted it, or when the evidence ends.
    """

    began: float
    ends: float
    fetches: Sequence[Fetch]
    registers_at: float = float("inf")

    def given(self, name: str, idx: int, until: float = float("inf")) -> list[Given]:
        """What documents said of a setting until a moment, those of this start alone, in order."""
        return [
            Given(answer, values)
            for answer, document in self.documents
            if answer.at < until and (values := document.by_name.get(name, {}).get(idx))
        ]

    def indexes(self, name: str) -> list[int]:
        """The identities of which documents said this setting."""
        return sorted({idx for _, document in self.documents for idx in document.by_name.get(name, {})})

    @cached_property
    def documents(self) -> list[tuple[HttpMessage, Document]]:
        """The documents of settings that came, each with its answer."""
        return [
            (fetch.answer, fetch.content)
            for fetch in self.fetches
            if fetch.answer is not None and fetch.content is not None and fetch.content.settings
        ]

    def is_hidden(self, until: float) -> bool:
        """Whether a document came that the capture does not hold whole: it may say anything."""
        return any(
            f.answer is not None and f.answer.status == 200 and not f.document and f.answer.at <= until
            for f in self.fetches
        )


def starts_of(evidence: Evidence) -> list[Start]:
    """The starts that are seen from their beginning, as the base asked DHCP for an address or got power."""
    moments = [*evidence.settings.restarts, evidence.sight.ends]
    registers = [one.at for one in evidence.asked_by_base if one.request.method == "REGISTER"]
    found = []
    place = 0
    for began, ends in itertools.pairwise(moments):
        fetches = between(evidence.fetches, began, ends)
        while place < len(registers) and registers[place] < began:
            place += 1
        if fetches:
            first = registers[place] if place < len(registers) and registers[place] < ends else float("inf")
            found.append(Start(began, ends, fetches, first))
    return found
