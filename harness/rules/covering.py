"""One fault is one result: if it breaks a general row and the platform's row of the same claim, the latter has it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence


def covered(
    covers: Mapping[str, Sequence[str]], broken: Callable[[str], Collection[Hashable]]
) -> Iterator[tuple[str, str]]:
    """Each general rule with the rule that reports all its faults; `covers` names the rules that a rule may report.

    `broken` returns the call and moment of each fault of a rule. A fault that broke only the general rule is another
    fault: then both rules are reported.
    """
    told: set[str] = set()
    for rule, generals in covers.items():
        for general in generals:
            found = set(broken(general))
            if general not in told and found and found <= set(broken(rule)):
                told.add(general)
                yield general, rule
