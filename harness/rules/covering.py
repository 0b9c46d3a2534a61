"""One fault is one result: what breaks a general row and the platform's row of the same claim is told by the latter."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence


def covered(
    covers: Mapping[str, Sequence[str]], broken: Callable[[str], Collection[Hashable]]
) -> Iterator[tuple[str, str]]:
    """Each general rule with the rule that tells all of its faults; `covers` names those that a rule may tell.

    `broken` says what broke a rule, call and moment. Whatever broke the general one alone is another fault: then both
    are told.
    """
    told: set[str] = set()
    for rule, generals in covers.items():
        for general in generals:
            found = set(broken(general))
            if general not in told and found and found <= set(broken(rule)):
                told.add(general)
                yield general, rule
