"""The watch result of one rule: a pytest item that runs after the last test."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.core import stall
from harness.core.errors import Expectation, HarnessFault, ProductFailure
from harness.plugin import profiles, properties, verdicts
from harness.plugin.plan import Plan
from harness.profiles.model import Rule
from harness.rules.tally import First, Tallies, Tally

MODULE = "watch"
"""Replaces the file name in the ids of watch results; the record omits it."""
ITSELF = Rule(
    id=MODULE,
    claim="the watch judges every rule",
    level="standard",
    source="design, section 12",
    means="Rules are not judged in this run, so a fault of the base may have been passed over.",
    look="Read the error and repair harness/rules.",
)
"""Replaces a rule's name if the watch itself failed."""
MOST_TESTS = 6
mimetypes.add_type("application/vnd.tcpdump.pcap", ".pcapng")


@dataclass(frozen=True)
class Parameters:
    """An item's parameters in the form that pytest and Allure read."""

    params: dict[str, str]
    id: str


class WatchItem(pytest.Item):
    """A rule that broke under a profile: fails with the first packet, the test around it, and how often."""

    def __init__(
        self, name: str, parent: pytest.Session, *, profile: str, rule: Rule, tally: Tally, plan: Plan
    ) -> None:
        super().__init__(name, parent, nodeid=node_id(name))
        self.profile, self.rule, self.tally, self.plan = profile, rule, tally, plan
        self.callspec = Parameters({"profile": profile, "rule": rule.id}, f"{profile}-{rule.id}")
        self.funcargs: dict[str, Any] = {}
        self.path = Path(MODULE) / MODULE
        self.user_properties += properties.of_test(
            profile=profile, rig=rig_of(tally, plan), rule=rule.id, features=tally.features
        )
        properties.note(self, "kind", MODULE)

    @classmethod
    def of(cls, session: pytest.Session, profile: str, rule: Rule, tally: Tally, plan: Plan) -> WatchItem:
        """The item of one rule."""
        name = name_of(profile, rule.id)
        return cls.from_parent(session, name=name, profile=profile, rule=rule, tally=tally, plan=plan)

    def runtest(self) -> None:
        """Report what broke the rule; an inferred rule is a warning, unless rules are strict."""
        if self.tally.fault:
            raise HarnessFault(
                f"{self.rule.id} cannot judge: {self.tally.fault}",
                remedy="correct the rule's function in harness/rules",
            )
        if self.tally.first is None:
            if self.tally.stalled:
                text = f"{self.rule.id} rests on time and is not judged {self.tally.stalled} times: {self.tally.stall}"
                raise stall.fault(text)
            return
        failure = failure_of(self.profile, self.rule, self.tally, self.tally.first)
        self._attach(self.tally.first)
        error = verdicts.only_warned(self, failure)
        if error is not None:
            raise error

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Its name is like a test's; it has no line number."""
        return self.path, None, self.name

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        """The failure's text without a traceback into the harness."""
        return str(excinfo.value)

    def _attach(self, first: First) -> None:
        """The packets around the first occasion, attached to Allure if it is used."""
        if self.config.pluginmanager.get_plugin("allure_listener") is None or not first.folder:
            return
        import allure

        written = (self.plan.run / first.folder).glob("*")
        for path in sorted(written, key=lambda path: path.stat().st_mtime_ns):  # the most important comes first
            kind = mimetypes.guess_type(path.name)[0] or "text/plain"
            allure.attach(path.read_bytes(), path.stem.replace("-", " "), kind, path.suffix[1:])


def rig_of(tally: Tally, plan: Plan) -> str:
    """The rig on which the rule first broke; with several side by side, that of the worker that saw it."""
    worker = tally.first.folder.partition("/")[0] if tally.first is not None else ""
    of_worker: dict[str, Any] = plan.facts.get("workers", {}).get(worker, {})
    return str(of_worker.get("rig", plan.rig.name))


def failure_of(profile: str, rule: Rule, tally: Tally, first: First) -> ProductFailure:
    """The first broken occasion in full, then how often and in which tests."""
    others = [f"{test.rpartition('::')[2]} ({count})" for test, count in tally.tests.items()]
    shown = ", ".join(others[:MOST_TESTS]) + (f" and {len(others) - MOST_TESTS} more" if others[MOST_TESTS:] else "")
    times = f"broken {tally.broken} of {tally.broken + tally.held} times, first in {first.test}"
    notes = [times, *([f"in {shown}"] if len(others) > 1 else []), f"means: {rule.means}"]
    found = first.finding
    seen = found.seen + "".join(f"\n            {note}" for note in notes)
    claim, source = found.claim or rule.claim, found.source or rule.source
    id_ = f"{profile}-{rule.id}"
    told = Expectation(claim, found.expected, seen, rule=id_, source=source, level=rule.level, frames=found.frames)
    return ProductFailure(told, remedy=rule.look)


def name_of(profile: str, rule: str) -> str:
    """`watch[asterisk-REG-2]`."""
    return f"{MODULE}[{profile}-{rule}]"


def node_id(name: str) -> str:
    """A watch result's id for pytest and Allure; they need a module before the name."""
    return f"{MODULE}::{name}"


def short_id(nodeid: str) -> str:
    """The id of a test in the run's record: without pytest-xdist's group, and a watch result's name alone."""
    return nodeid.split("@")[0].removeprefix(f"{MODULE}::")


def _is_certain(profile: str, rule: str) -> bool:
    """Whether a break would have been more than a warning."""
    return profiles.rules_of(profile)[rule].level != "inferred"


def run_all(session: pytest.Session, tallies: Tallies, plan: Plan) -> None:
    """Run one result for each rule that broke or could not judge, as the last tests of the session."""
    items = [
        WatchItem.of(session, profile, profiles.rules_of(profile).get(rule, ITSELF), tally, plan)
        for profile, rules in tallies.items()
        for rule, tally in rules.items()
        if tally.broken or tally.fault or (tally.stalled and _is_certain(profile, rule))
    ]
    session.testscollected += len(items)
    for item, following in zip(items, [*items, None][1:], strict=True):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
