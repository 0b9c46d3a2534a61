"""The times and findings of the watch in the run's record, summed over several workers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.run_folder import RunFolder
from harness.rules import tally
from harness.rules.findings import Result
from harness.rules.tally import Tallies
from harness.signoff import exercised

_SUMS = ("tests", "total_ms")
_MAXIMA = ("budget_ms", "median_ms", "worst_ms", "last_ms")


def total(several: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """The total time of several profiles or workers; of medians the largest is taken."""
    found: dict[str, Any] = {}
    for facts in several:
        for key, value in facts.items():
            if key in _SUMS:
                found[key] = round(found.get(key, 0) + value, 1)
            elif key in _MAXIMA:
                found[key] = max(found.get(key, 0.0), value)
            elif isinstance(value, Mapping):
                found[key] = {**found.get(key, {}), **value}
            else:
                found[key] = [*found.get(key, []), *(one for one in value if one not in found.get(key, []))]
    return found


def take_over(facts: dict[str, Any], of_worker: Mapping[str, Any]) -> None:
    """Add a worker's facts to those known."""
    rules = tally.total([tally.read(facts), tally.read(of_worker)])
    watch = total([facts.get("watch", {}), of_worker.get("watch", {})])
    facts |= of_worker
    if rules:
        facts |= {"rules": tally.as_json(rules), "watch": watch}


def line(facts: Mapping[str, Any]) -> str:
    """One line for the terminal: the number of exercised rules and the time; empty if nothing was watched."""
    tallies, watch = tally.read(facts), facts.get("watch")
    if not watch:
        return ""
    every = [one for rules in tallies.values() for one in rules.values()]
    broken = sum(1 for one in every if one.result is Result.BROKEN)
    held = sum(1 for one in every if one.result is Result.HELD)
    times = sum(one.held + one.broken for one in every)
    over = len(watch["over_budget"])
    told = f"{len(every)} rules watched: {held} held, {broken} broken, {len(every) - held - broken} not judged"
    cost = f"{watch['median_ms']:g} ms a test, most {watch['worst_ms']:g} of {watch['budget_ms']:g} ms"
    late = f", {over} tests over budget" if over else ""
    return f"{told}, {times} occasions; {cost}{late}, {watch['last_ms']:g} ms at the end"


def show(config: pytest.Config, run: Path, tallies: Tallies) -> None:
    """Write the table of exercised rules beside the results: it belongs to the run, not to a test."""
    if not tallies or config.pluginmanager.get_plugin("allure_listener") is None:
        return
    import allure

    allure.global_attach(exercised.page(tallies), "rules exercised", allure.attachment_type.HTML)
    lines = [f"rules-{name} = {exercised.sums(exercised.lines(name, tallies))}\n" for name in tallies]
    with suppress(OSError), RunFolder(run).allure_environment.open("a", encoding="utf-8") as file:
        file.writelines(lines)
