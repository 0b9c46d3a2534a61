"""The finding of a rule at one occasion, and its text as a product failure."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, Protocol, runtime_checkable

from harness.core.errors import Expectation
from harness.profiles.model import Level


class Result(enum.Enum):
    """The result of a rule; the value is used in tables, reports and JSON."""

    HELD = "held"
    BROKEN = "broken"
    NOT_EXERCISED = "not exercised"
    CANNOT_BE_SAID = "cannot be said"


@runtime_checkable
class Occasion(Protocol):
    """A packet or an act to which a finding points. Its `str` is one line of the failure's text."""

    @property
    def at(self) -> float:
        """Epoch seconds."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One occasion judged. An empty `claim`, `source` or `level` is that of the rule's row.

    A finding has its own level if it is less certain in a trace without acts, which does not show what was asked for.
    """

    result: Result
    at: float
    frames: tuple[int, ...] = ()
    claim: str = ""
    expected: str = ""
    seen: str = ""
    source: str = ""
    call_id: str = ""
    level: Level | Literal[""] = ""
    begins: float = 0.0
    """The first of its occasions; 0 where it is the last one, too."""
    stalled: bool = False
    """Whether it cannot be said because the host stood still."""

    def expectation(self, rule: str, claim: str, source: str, level: str) -> Expectation:
        """The text of a failure; the row's words are used if the finding has none."""
        return Expectation(
            self.claim or claim,
            self.expected,
            self.seen,
            rule=rule,
            source=self.source or source,
            level=self.level or level,
            frames=self.frames,
        )


def held(*occasions: Occasion) -> Finding:
    """The rule applied here, and the base kept to it."""
    if len(occasions) == 1:  # the usual case, and by far the most findings
        (one,) = occasions
        frame = getattr(one, "frame", 0)
        return Finding(Result.HELD, one.at, (frame,) if frame else (), call_id=getattr(one, "call_id", ""))
    return Finding(Result.HELD, occasions[-1].at if occasions else 0.0, _frames(occasions), call_id=_call(occasions))


def broken(*occasions: Occasion, expected: object, seen: object, claim: str = "", source: str = "") -> Finding:
    """The rule applied, and the base did not keep to it; the last occasion is the one that broke it.

    `claim` and `source` are given where one row has several claims. If the capture holds only the beginning of
    a packet, the result is "cannot be said".
    """
    if any(getattr(occasion, "cut", False) for occasion in occasions):
        return cannot_be_said(*occasions, why="the capture holds only the beginning of a packet", claim=claim)
    shown = "".join(f"\n            {occasion}" for occasion in occasions)
    return Finding(
        Result.BROKEN,
        occasions[-1].at,
        _frames(occasions),
        claim,
        str(expected),
        f"{seen}{shown}",
        source,
        _call(occasions),
        begins=min((occasion.at for occasion in occasions), default=0.0),
    )


def cannot_be_said(*occasions: Occasion, why: str, claim: str = "") -> Finding:
    """The rule applied, but it cannot be decided: `why` names what was not seen."""
    at = occasions[-1].at if occasions else 0.0
    return Finding(Result.CANNOT_BE_SAID, at, _frames(occasions), claim, "", why, call_id=_call(occasions))


def judged(
    good: bool, *occasions: Occasion, expected: object, seen: object, claim: str = "", source: str = ""
) -> Finding:
    """Held when `good`, broken otherwise: for a rule that compares one value."""
    if good:
        return held(*occasions)
    return broken(*occasions, expected=expected, seen=seen, claim=claim, source=source)


def held_unless(found: Iterable[Finding], *occasions: Occasion) -> Iterator[Finding]:
    """The findings at an occasion; without any, that the rule held there."""
    nothing = True
    for finding in found:
        nothing = False
        yield finding
    if nothing:
        yield held(*occasions)


def _frames(occasions: tuple[Occasion, ...]) -> tuple[int, ...]:
    return tuple([frame for occasion in occasions if (frame := getattr(occasion, "frame", 0))])


def _call(occasions: tuple[Occasion, ...]) -> str:
    for occasion in occasions:
        call: str = getattr(occasion, "call_id", "")
        if call:
            return call
    return ""
