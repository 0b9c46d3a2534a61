"""The time of a base from one start to the next: what it fetched, and the settings in its documents."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.rules.intervals import between

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage
    from harness.rules.documents import Document
    from harness.rules.evidence import Evidence
    from harness.rules.fetches import Fetch


@dataclass(frozen=True)
class Given:
    """A setting's values in a document, with the HTTP answer; a document may have several."""

    answer: HttpMessage
    values: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(map(repr, dict.fromkeys(self.values)))

    @property
    def at(self) -> float:
        """The time of the answer."""
        return self.answer.at


@dataclass(frozen=True)
class Start:
    """The time from one start to the next: what was fetched, and when the base first registered (infinity: never).

    `ends` is the next restart, or the end of the evidence.
    """

    began: float
    ends: float
    fetches: Sequence[Fetch]
    registers_at: float = float("inf")

    def given(self, name: str, idx: int, until: float = float("inf")) -> list[Given]:
        """The values of a setting in documents of this start until a moment, in order."""
        return [
            Given(answer, values)
            for answer, document in self.documents
            if answer.at < until and (values := document.by_name.get(name, {}).get(idx))
        ]

    def indexes(self, name: str) -> list[int]:
        """The identities for which documents have this setting."""
        return sorted({idx for _, document in self.documents for idx in document.by_name.get(name, {})})

    @cached_property
    def documents(self) -> list[tuple[HttpMessage, Document]]:
        """The settings documents that were delivered, each with its answer."""
        return [
            (fetch.answer, fetch.content)
            for fetch in self.fetches
            if fetch.answer is not None and fetch.content is not None and fetch.content.settings
        ]

    def is_hidden(self, until: float) -> bool:
        """Whether a document came that was not captured in full: it may contain any setting."""
        return any(
            f.answer is not None and f.answer.status == 200 and not f.document and f.answer.at <= until
            for f in self.fetches
        )


def starts_of(evidence: Evidence) -> list[Start]:
    """The starts whose beginning is seen: the base asked DHCP for an address or got power."""
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
