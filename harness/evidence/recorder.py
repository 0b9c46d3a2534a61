"""Collects the evidence of a test and writes it to the run's folder and to Allure when the test ends.

The run's timeline is written at once, so that a killed run keeps it up to that moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.capture.messages import Packet
from harness.capture.wire import Wire
from harness.core import clock, steps
from harness.core.errors import Expectation
from harness.core.steps import Step
from harness.core.verdict import Verdict
from harness.evidence import timeline
from harness.evidence.attach import AllureSink, Attachment, FolderSink, Sink
from harness.evidence.collect import Gathered, Source, Story, gather
from harness.evidence.phases import Moments, Phase
from harness.evidence.run_folder import RunFolder
from harness.evidence.timeline import Entry, TimelineFile

# Their lines are in the transcript and the timeline; as steps they would hide the acts.
NO_STEPS = ("serial", "base log", timeline.OF_THE_DONGLE)


@dataclass
class TestEvidence:
    """The evidence of one test so far."""

    __test__ = False  # the design's name, not pytest's

    test_id: str
    folder: Path
    moments: Moments = field(default_factory=Moments)
    steps: list[Step] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    gathered: Gathered | None = None

    @property
    def acts(self) -> list[Step]:
        """The steps shown to a reader."""
        return [step for step in self.steps if step.part not in NO_STEPS and "exchange" not in step.data]


class Recorder:
    """One for each session. `names` has the names of addresses ("base" is drawn first); addresses may be added later.

    Use `begin` before a test's set-up and `finish` after its teardown, while the Allure result is still open. Call
    `gather` between them if a part with evidence of the test is about to end.
    """

    def __init__(self, run: RunFolder) -> None:
        self.run = run
        self.wire: Wire | None = None
        self.names: Mapping[str, str] = {}
        self.current: TestEvidence | None = None
        self._timeline = TimelineFile(run.timeline, run.worker)
        self._sources: list[Source] = []

    def add_source(self, source: Source) -> None:
        """Use this source too when a test ends."""
        self._sources.append(source)

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[Recorder]:
        """Receive the drivers' steps while the context lasts."""
        with steps.subscribed(self._on_step), contextlib.closing(self._timeline):
            yield self

    @contextlib.contextmanager
    def watching(self, wire: Wire, names: Mapping[str, str]) -> Iterator[None]:
        """Follow this wire while the context lasts."""
        self.wire, self.names = wire, names
        wire.followers.append(self._on_packet)
        try:
            yield
        finally:
            wire.followers.remove(self._on_packet)
            self.wire = None

    def begin(self, test_id: str) -> TestEvidence:
        """A test begins."""
        self.current = TestEvidence(test_id, self.run.test(test_id))
        self._tell(Entry(self.current.moments.began, "test", f"begins: {test_id}"))
        if self.wire is not None:
            self.wire.mark()
        return self.current

    def enter(self, phase: Phase) -> None:
        """The running test's acts begin, or its teardown."""
        if self.current is not None:
            self.current.moments.enter(phase)

    def worked_with(self, part: str) -> bool:
        """Whether the running test has used this part of the rig, in its set-up or later."""
        test = self.current
        return test is not None and any(step.part == part and step.ended is not None for step in test.steps)

    def gather(self, broken: Expectation | None = None) -> None:
        """Collect all evidence of the running test now; a later call does nothing."""
        test = self.current
        if test is None or test.gathered is not None:
            return
        story = Story(test.test_id, test.moments, test.steps, broken)
        test.gathered = gather(story, self.wire, self.names, self._sources)
        test.trouble += test.gathered.trouble
        self._tell(*test.gathered.entries)

    def finish(
        self, verdict: str, *, expectation: Expectation | None = None, allure_listener: Any = None
    ) -> TestEvidence | None:
        """The test is over: write and attach everything. Returns its evidence, or None if no test was running."""
        test = self.current
        if test is None:
            return None
        if verdict == Verdict.NOT_APPLICABLE.value and not test.steps:
            self.current = None
            with contextlib.suppress(OSError):
                test.folder.rmdir()
            return test
        self.gather(expectation)
        self._tell(Entry(clock.now(), "verdict", f"{verdict}: {test.test_id}"))
        self.current = None
        sinks: list[Sink] = [FolderSink(test.folder)]
        if allure_listener is not None:
            sink = AllureSink(allure_listener, test.test_id)
            sinks += [sink] if sink.open else []
        for attachment in test.gathered.attachments if test.gathered else ():
            _deliver(attachment, sinks, test)
        for step in test.acts:
            for taker in sinks:
                taker.step(step)
        if test.trouble:
            note = Attachment.text("evidence is incomplete", "\n".join(test.trouble) + "\n")
            _deliver(note, sinks, test)
        return test

    def _on_step(self, step: Step) -> None:
        if self.current is not None:
            self.current.steps.append(step)
        if step.part not in (timeline.OF_THE_WIRE, timeline.OF_THE_DONGLE):
            self._tell(timeline.of_step(step))

    def _on_packet(self, packet: Packet) -> None:
        self._tell(timeline.of_packet(packet))

    def _tell(self, *entries: Entry) -> None:
        self._timeline.write(entries, self.current.test_id if self.current else "")


def _deliver(attachment: Attachment, sinks: list[Sink], test: TestEvidence) -> None:
    for sink in sinks:
        try:
            sink.attach(attachment)
        except OSError as error:
            test.trouble.append(f"{attachment.name}: {error}")
