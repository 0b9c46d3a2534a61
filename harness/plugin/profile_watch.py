"""One profile under the standing watch: its wire, acts and displays are judged by every rule of the profile."""

from __future__ import annotations

import gc
import statistics
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import clock
from harness.core.errors import Expectation, M9Error
from harness.core.redaction import redaction
from harness.evidence import collect
from harness.evidence.attach import FolderSink
from harness.evidence.collect import Story
from harness.evidence.phases import Moments
from harness.evidence.session import Session
from harness.evidence.slices import Slices
from harness.plugin import profiles
from harness.rules.covering import covered
from harness.rules.findings import Finding, Result
from harness.rules.growing import GrowingEvidence
from harness.rules.passwords import NO_PASSWORDS, Passwords
from harness.rules.session_judge import SETTLED_S, SessionJudge
from harness.rules.tally import First, Tally

if TYPE_CHECKING:
    from harness.capture.messages import Packet
    from harness.capture.rtp import RtpStream
    from harness.capture.wire import Wire
    from harness.evidence.act_log import ActLog
    from harness.host.watch import HostWatch
    from harness.rules.rows import Row

BUDGET_MS = 50.0
"""The watch's budget of processor time for each test; an excess is noted in the record and printed at the end."""
BEFORE_S, AFTER_S, AROUND_S = 120.0, 30.0, 2.0
"""The packets shown: the conversation that broke the rule, up to this length, and a short time around it."""


class ProfileWatch:
    """Takes packets from its beginning on; judges from `open` on, after each test and for the last time in `close`."""

    def __init__(self, wire: Wire, host: HostWatch, log: ActLog, slices: Slices) -> None:
        self.wire = wire
        self.host = host
        self.log = log
        self.slices = slices
        self.trouble: list[str] = []
        self.unjudged = ""
        """The reason why no rule of the profile is judged."""
        self.costs: dict[str, float] = {}
        """Milliseconds by test."""
        self.last_cost = 0.0
        self.fault = ""
        """The error of the watch itself: after it nothing is judged, and a result reports it."""
        self._inbox: deque[Packet] = deque()
        self._judge: SessionJudge | None = None
        self._addresses: Callable[[], Collection[str]] = tuple
        self._began = clock.now()
        self.profile = ""
        """Under which the rules are judged; empty before `note`."""

    @property
    def rows(self) -> Mapping[str, Row]:
        """The rules that are judged; none before `open`."""
        return self._judge.rows if self._judge is not None else {}

    def listen(self) -> None:
        """Take every packet from now on: registrations and leases begin before the profile is ready."""
        self.wire.followers.append(self._inbox.append)

    def open(
        self,
        rows: Mapping[str, Row],
        addresses: Callable[[], Collection[str]],
        passwords: Passwords = NO_PASSWORDS,
    ) -> None:
        """The profile is ready: everything from now on is judged; digests are checked with the passwords."""
        self._addresses = addresses
        evidence = GrowingEvidence(addresses(), begins=self._began, streams=self._streams)
        evidence.passwords = passwords
        self._judge = SessionJudge(evidence, rows, since=clock.now(), worked=clock.worked)

    def note(self, profile: str, *, over: bool = False) -> None:
        """Write the judged time into the log of acts, so that `m9 judge` of the stored run judges the same."""
        self.profile = profile
        if self._judge is not None:
            evidence = self._judge.evidence
            ends = evidence.sight.ends if over else None
            base, sight = tuple(sorted(evidence.base)), evidence.sight
            session = Session(profile, self._began, self._judge.since, ends, base, tuple(sight.gaps), sight.stalls)
            self.log.note_session(session)

    def look(self, test: str) -> None:
        """Judge new packets after a test; if they cannot be read, this is noted and changes no verdict."""
        if self._judge is not None and not self.fault:
            before = self._judge.evidence.sight
            self.costs[test] = self._measured(self._judge)
            now = self._judge.evidence.sight
            if (before.gaps, before.stalls) != (now.gaps, now.stalls):
                self.note(self.profile)  # a run that is killed keeps them

    def close(self) -> None:
        """Judge the rest."""
        if self._judge is not None and not self.fault:
            self.last_cost = self._measured(self._judge, final=True)

    def stop(self) -> None:
        """Hear no more."""
        with suppress(ValueError):
            self.wire.followers.remove(self._inbox.append)

    @property
    def broken_rules(self) -> set[str]:
        """The rules broken until now that no test provoked."""
        found = self._judge.broken(clock.now() - SETTLED_S) if self._judge is not None else ()
        return {rule for rule, one in found if rule not in self.slices.at(one.at).provokes}

    def tallies(self, features: Mapping[str, Sequence[str]]) -> dict[str, Tally]:
        """The findings for each rule so far; `features` are those of the rules that tests judge."""
        judge = self._judge
        if judge is None:
            return {}
        found = {rule: self._tally(judge, row, features) for rule, row in judge.rows.items()}
        covers = {rule: row.rule.covers for rule, row in judge.rows.items()}
        for general, rule in covered(covers, lambda rule: [(f.call_id, f.at) for f in self._unprovoked(judge, rule)]):
            found[general].hand_over(rule, found[rule])
        return found

    def _unprovoked(self, judge: SessionJudge, rule: str) -> Iterator[Finding]:
        """The occasions that broke a rule, without those provoked by a test."""
        for one in judge.found(rule).findings:
            if one.result is Result.BROKEN and rule not in self.slices.at(one.at).provokes:
                yield one

    def excerpt(self, first: First, expectation: Expectation, folder: Path, names: Mapping[str, str]) -> None:
        """Write ladder, messages and packets around the first broken occasion into a folder."""
        start, end = self._span(first)
        story = Story(expectation.rule, Moments(start), (), expectation)
        found = collect.of_the_wire(story, self.wire, names, end)
        self.trouble += found.trouble
        sink = FolderSink(folder)
        with suppress(OSError):
            for attachment in found.attachments:
                sink.attach(attachment)

    def facts(self) -> dict[str, Any]:
        """The time of the watch, for the run's record."""
        costs = list(self.costs.values())
        return {
            "budget_ms": BUDGET_MS,
            "tests": len(costs),
            "median_ms": round(statistics.median(costs), 1) if costs else 0.0,
            "worst_ms": max(costs, default=0.0),
            "total_ms": round(sum(costs), 1),
            "last_ms": self.last_cost,
            "unjudged": [redaction.mask(self.unjudged)] if self.unjudged else [],
            "over_budget": {test: cost for test, cost in self.costs.items() if cost > BUDGET_MS},
            "trouble": list(dict.fromkeys(redaction.mask(text) for text in self.trouble)),
        }

    def _measured(self, judge: SessionJudge, *, final: bool = False) -> float:
        """Judge new packets; returns the milliseconds that it took."""
        began = clock.worked()
        try:
            with _collector_at_rest():
                self._look(judge, final=final)
        except Exception as error:  # noqa: BLE001 - a fault of the watch must not end the run
            self.fault = f"{type(error).__name__}: {error}"
        return round(1000 * (clock.worked() - began), 1)

    def _look(self, judge: SessionJudge, *, final: bool = False) -> None:
        fenced = self._fence()
        if not fenced and not final:
            return
        packets = [self._inbox.popleft() for _ in range(len(self._inbox))]
        evidence = judge.evidence
        seen_until = max([evidence.sight.ends, *(packet.at for packet in packets)])
        now = clock.now() if fenced else seen_until
        evidence.know_base([address for address in self._addresses() if address])
        evidence.know_gaps(self.wire.gaps)
        evidence.know_stalls(self.host.stalls)
        log = self.log
        touched = evidence.add(packets, acts=log.acts, shown=log.shown, idle=log.idle, until=now)
        judge.look(now, touched, final=final)

    def _fence(self) -> bool:
        """Whether all packets until now were received; the test reports a dead capture itself."""
        try:
            self.wire.fence()
        except M9Error as error:
            self.trouble.append(error.text)
            return False
        return True

    def _streams(self, start: float, end: float) -> Sequence[RtpStream] | None:
        """The media of a span of time, from the run's capture file."""
        if not self.wire.has_media(start, end):
            return []
        try:
            return self.wire.rtp(since=start, until=end)
        except M9Error as error:
            self.trouble.append(error.text)
            return None

    def _tally(self, judge: SessionJudge, row: Row, features: Mapping[str, Sequence[str]]) -> Tally:
        found = judge.found(row.id)
        about = (*(row.rule.features or features.get(row.id, ())), *profiles.own_feature(self.profile, row.id))
        tally = Tally(held=found.held, fault=judge.faults.get(row.id, ""), features=about)
        for one in found.findings:
            around = self.slices.at(one.at)
            tally.take(one, around.test, provoked=one.result is Result.BROKEN and row.id in around.provokes)
        return tally

    def _span(self, first: First) -> tuple[float, float]:
        at = first.finding.at
        talk = self._judge.evidence.with_call_id(first.finding.call_id) if self._judge else []
        moments = [moment for one in talk for moment in (one.began_at, one.last_at)]
        begins, ends = min([at, *moments]), max([at, *moments])
        return max(begins, at - BEFORE_S) - AROUND_S, min(ends, at + AFTER_S) + AROUND_S


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Delay garbage collection: during the judging it would walk all objects of the run."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
