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
    from harness.rules.evidence import Evidence
    from harness.rules.fetches import Fetch


@dataclass(frozen=True)
class Given:
    """The value that a document gave to a setting, with the answer that brought it."""

    answer: HttpMessage
    value: str

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

    @cached_property
    def given(self) -> dict[tuple[str, int], list[Given]]:
        """What documents said of each setting, those of this start alone, in order."""
        found: dict[tuple[str, int], list[Given]] = {}
        for fetch in self.fetches:
            document, answer = fetch.content, fetch.answer
            for entry in document.settings if document is not None and answer is not None else ():
                assert answer is not None
                found.setdefault((entry.name, entry.idx), []).append(Given(answer, entry.value))
        return found

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
