"""One fault is one result: what breaks a general row and the platform's row of the same claim is told by the latter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.rules.rows import Row
    from harness.rules.tally import Tally

Occasion = tuple[str, float]
"""Call-ID and moment of what broke."""


def cover(tallies: Mapping[str, Tally], rows: Mapping[str, Row], broken: Callable[[str], Collection[Occasion]]) -> None:
    """Hand over what broke of each covered row, where all of it broke the row that covers it too.

    `broken` tells what broke of a rule. Whatever broke the general row alone is another fault: then both are told.
    """
    for rule, row in rows.items():
        for general in row.rule.covers:
            if tallies[general].broken and set(broken(general)) <= set(broken(rule)):
                tallies[general].hand_over(rule, tallies[rule])
