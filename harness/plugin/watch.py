"""The standing watch: judges every rule of a profile over all traffic while the profile is up.

A test keeps its verdict. Each broken rule has one result for each profile, `watch[asterisk-REG-2]`, after the last
test.
With pytest-xdist each worker watches its own rig; the process that the user started adds up their findings.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.core import clock
from harness.evidence.slices import Slices
from harness.plugin import allure_files, profiles, watch_facts, watch_items
from harness.plugin.evidence import evidence_of
from harness.plugin.plan import Plan
from harness.plugin.profile_watch import ProfileWatch
from harness.plugin.selection import words
from harness.profiles.model import OF_A_PROFILE
from harness.rig import addresses
from harness.rig.suggestions import nearest
from harness.rules import tally
from harness.rules.passwords import Passwords
from harness.rules.rows import rows_of
from harness.rules.tally import Tallies, Tally

if TYPE_CHECKING:
    from harness.capture.wire import Wire
    from harness.host.watch import HostWatch
    from harness.rig.profile_session import ProfileSession

WATCH = "m9-watch"


class Watch:
    """Follows tests and profiles, and turns broken rules into results."""

    def __init__(self, plan: Plan, config: pytest.Config) -> None:
        self.plan = plan
        self._config = config
        self.slices = Slices()
        self.features: dict[str, list[str]] = {}
        """The features of each rule, from the tests that judge the rule."""
        self._current: ProfileWatch | None = None
        self._under: ProfileSession | None = None
        self._done: Tallies = {}
        self._noted: set[str] = set()
        self._results: dict[str, str] = {}
        """The uuid of its Allure result by test."""

    # collecting

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Collect the features of each rule before tests are deselected; check the rules that tests provoke."""
        for item in items:
            for rule in words(item, "rule"):
                known = self.features.setdefault(rule, [])
                found = [name for name in words(item, "feature") if not name.startswith(OF_A_PROFILE)]
                known += [name for name in found if name not in known]
            self._check_provoked(item)

    def _check_provoked(self, item: pytest.Item) -> None:
        wanted = words(item, "provokes")
        if wanted:
            known = {rule for name in self.plan.profiles for rule in profiles.rules_of(name)}
            for rule in wanted:
                if rule not in known:
                    raise pytest.UsageError(f"{item.nodeid}: provokes({rule!r}): no such rule{nearest(rule, known)}")

    # following

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test's slice includes set-up and teardown; new packets are judged when it is over."""
        test = watch_items.short_id(item.nodeid)
        self.slices.begin(test, clock.now(), words(item, "provokes"))
        try:
            return (yield)
        finally:
            evidence_of(self._config).acts.note_test(self.slices.end(clock.now()))
            if self._current is not None:
                self._current.look(test)
                self._note_new(self._current)

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Remember the test's Allure result: it gets its label after the last judgement."""
        listener = item.config.pluginmanager.get_plugin("allure_listener")
        if listener is not None:
            self._results[watch_items.short_id(item.nodeid)] = str(listener._cache.get(item.nodeid))

    @contextmanager
    def listening(self, wire: Wire, host: HostWatch) -> Iterator[None]:
        """Before a profile is set up on this wire: the base's requests from its start on are evidence."""
        current = ProfileWatch(wire, host, evidence_of(self._config).acts, self.slices)
        current.listen()
        self._current = current
        self._noted.clear()
        try:
            yield
        finally:
            current.stop()
            self._current = None

    @contextmanager
    def of_profile(self, under: ProfileSession) -> Iterator[None]:
        """The profile is up: judge until it ends, and the last packets then."""
        current = self._current
        assert current is not None, "`listening` comes before"
        rig = under.rig_session.rig
        passwords = Passwords({account.digest_user: [account.password] for account in under.pbx.accounts})
        rows = rows_of(under.profile.name)
        current.open(rows, lambda: addresses.of_the_base(rig, under.base.web.address), passwords)
        current.note(under.profile.name)
        self._under = under
        try:
            yield
        finally:
            self._conclude(current, under)
            self._under = None

    def _conclude(self, current: ProfileWatch, under: ProfileSession) -> None:
        """Judge the last packets; a rule counts as broken only if the web UI shows the profile (design, law 8)."""
        current.close()
        current.note(under.profile.name, over=True)
        found = current.tallies(self.features)
        if any(one.broken for one in found.values()):
            try:
                _ = under.read_back
            except Exception as error:  # noqa: BLE001 - the run goes on after any error of the web UI
                current.unjudged = f"no rule of {under.profile.name} is judged: {getattr(error, 'text', error)}"
                found = {}
        if current.fault:
            found[watch_items.MODULE] = Tally(fault=current.fault)
        for rule, one in found.items():
            if one.first is not None:
                self._keep_evidence(current, under, rule, one)
        self._done = tally.total([self._done, {under.profile.name: found}])
        self.plan.facts["rules"] = tally.as_json(self._done)
        self.plan.facts["watch"] = watch_facts.total([self.plan.facts.get("watch", {}), current.facts()])

    def _note_new(self, current: ProfileWatch) -> None:
        """Write a broken rule to the run's record at once, so that a killed run keeps it."""
        under, new = self._under, current.broken_rules - self._noted
        if under is not None and new and "read_back" in vars(under):
            self._noted |= new
            found = current.tallies(self.features)
            self.plan.facts["rules"] = tally.as_json(tally.total([self._done, {under.profile.name: found}]))

    def _keep_evidence(self, current: ProfileWatch, under: ProfileSession, rule: str, one: Tally) -> None:
        assert one.first is not None
        name, worker = watch_items.name_of(under.profile.name, rule), self.plan.worker
        folder = self.plan.files.test(watch_items.node_id(f"{name}-{worker}" if worker else name))
        one.first.folder = str(folder.relative_to(self.plan.run))
        told = watch_items.failure_of(under.profile.name, under.profile.rule(rule), one, one.first).expectation
        current.excerpt(one.first, told, folder, under.names)

    # telling

    @property
    def broken_rules(self) -> set[str]:
        """The rules broken until now under the running profile."""
        return self._current.broken_rules if self._current is not None else set()

    def features_of(self, rule: str) -> Sequence[str]:
        """The features of a rule of the running profile."""
        row = self._current.rows.get(rule) if self._current is not None else None
        own = profiles.own_feature(self._current.profile, rule) if self._current is not None else ()
        return (*((row.rule.features if row is not None else ()) or self.features.get(rule, ())), *own)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Add one result for each broken rule after the last test of all workers, also after a first failure."""
        try:
            result = yield
        except (session.Failed, session.Interrupted):
            self._tell(session)
            raise
        self._tell(session)
        return result

    def _tell(self, session: pytest.Session) -> None:
        try:
            session._setupstate.teardown_exact(None)  # after an early end the teardown has not run yet
        finally:
            rules = tally.read(self.plan.facts)
            self._label(session.config, tally.by_test(rules))
            if not self.plan.worker:
                watch_items.run_all(session, rules, self.plan)
                watch_facts.show(session.config, self.plan.run, rules)

    def _label(self, config: pytest.Config, rules: Mapping[str, Sequence[str]]) -> None:
        """Label the tests in whose time a rule broke in Allure; their verdicts stay."""
        folder = getattr(config.option, "allure_report_dir", None)
        labels = {self._results[t]: [(watch_items.MODULE, r) for r in rules[t]] for t in rules if t in self._results}
        if folder:
            allure_files.add_labels(Path(folder), labels)


def watch_of(config: pytest.Config) -> Watch:
    """The watch of this run."""
    plugin = config.pluginmanager.get_plugin(WATCH)
    assert isinstance(plugin, Watch)
    return plugin
