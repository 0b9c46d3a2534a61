"""Collects what happened during a test and hands it to the run's folder and to Allure when the test ends."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import clock, steps
from harness.capture import ladder, ladder_svg, scrub
from harness.capture.messages import SipMessage, clock_text
from harness.capture.wire import ACTORS, Wire
from harness.errors import Expectation, M9Error
from harness.evidence import media, timeline
from harness.evidence.attach import AllureSink, Attachment, FolderSink, Sink
from harness.evidence.run import RunFolder
from harness.evidence.timeline import Entry
from harness.verdict import Verdict

# What may go wrong while evidence is gathered; it is noted and never becomes the test's verdict.
_TROUBLE = (M9Error, clock.WaitExpired, OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError)

# Lines of these stand in the transcript and the timeline; as steps they would bury the acts.
NO_STEPS = ("serial", "base log")

# A source gives, for a span of time, attachments and lines of the timeline: the base's log, the dongle's transcript.
Source = Callable[[float, float], tuple[list[Attachment], list[Entry]]]


@dataclass
class TestEvidence:
    """What one test left so far."""

    __test__ = False  # its name is the design's word, not pytest's

    test_id: str
    started: float
    folder: Path
    steps: list[steps.Step] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    acted: float | None = None
    rested: float | None = None

    @property
    def story_begins(self) -> float:
        """Where the ladder begins: with the test's first act, or with its set-up when it never got so far."""
        return self.started if self.acted is None else self.acted


class Recorder:
    """One for a session. `names` says who an address is ("base" is drawn first); it may be filled as addresses come.

    Use `begin` before a test's set-up and `finish` after its teardown, while the Allure result is still open.
    """

    def __init__(self, run: RunFolder, *, wire: Wire | None = None, names: Mapping[str, str] | None = None) -> None:
        self.run = run
        self.wire = wire
        self.names: Mapping[str, str] = names if names is not None else {}
        self.current: TestEvidence | None = None
        self._sources: list[Source] = []
        self._gathering: _Gathering | None = None

    def add_source(self, source: Source) -> None:
        """Ask this too when a test ends."""
        self._sources.append(source)

    @contextlib.contextmanager
    def subscribed(self) -> Iterator[Recorder]:
        """Hear the drivers' steps while the context lasts."""
        with steps.subscribed(self._on_step):
            yield self

    def begin(self, test_id: str) -> TestEvidence:
        """A test begins."""
        self.current = TestEvidence(test_id, clock.now(), self.run.test(test_id))
        if self.wire is not None:
            self.wire.mark()
        return self.current

    def acts(self) -> None:
        """The set-up is over, the test's own acts begin."""
        if self.current is not None:
            self.current.acted = clock.now()

    def rests(self) -> None:
        """The test's own acts are over, the teardown begins."""
        if self.current is not None:
            self.current.rested = clock.now()

    def gather(self, expectation: Expectation | None = None) -> None:
        """Take what the wire and the base have to tell now: with the last test of a run both are about to end."""
        if self.current is not None:
            self._gathered(self.current, expectation)

    def _gathered(self, test: TestEvidence, expectation: Expectation | None) -> _Gathering:
        """The evidence of a test, gathered once."""
        if self._gathering is None or self._gathering.test is not test:
            self._gathering = _Gathering(self, test, clock.now(), expectation)
            self._gathering.found = list(self._gathering.attachments(self._sources))
        return self._gathering

    def finish(
        self, verdict: str, *, expectation: Expectation | None = None, allure_listener: Any = None
    ) -> TestEvidence | None:
        """The test is over: write and attach everything. Returns what it left, or None when no test was running."""
        test, self.current = self.current, None
        if test is None:
            return None
        if verdict == Verdict.NOT_APPLICABLE.value and not test.steps:
            with contextlib.suppress(OSError):
                test.folder.rmdir()
            return test
        sinks: list[Sink] = [FolderSink(test.folder)]
        if allure_listener is not None:
            sink = AllureSink(allure_listener, test.test_id)
            sinks += [sink] if sink.open else []
        gathering = self._gathered(test, expectation)
        for attachment in gathering.found:
            self._deliver(attachment, sinks, test)
        for step in (step for step in test.steps if step.part not in NO_STEPS):
            for taker in sinks:
                taker.step(step)
        with contextlib.suppress(OSError):
            timeline.append(self.run.timeline, gathering.timeline, test.test_id)
            said = Entry(clock.now(), "verdict", f"{verdict}: {test.test_id}")
            timeline.append(self.run.timeline, [said], test.test_id)
        if test.trouble:
            note = Attachment.text("evidence is incomplete", "\n".join(test.trouble) + "\n")
            self._deliver(note, sinks, test)
        return test

    def _deliver(self, attachment: Attachment, sinks: list[Sink], test: TestEvidence) -> None:
        for sink in sinks:
            try:
                sink.attach(attachment)
            except OSError as error:
                test.trouble.append(f"{attachment.name}: {error}")

    def _on_step(self, step: steps.Step) -> None:
        if self.current is not None:
            self.current.steps.append(step)


class _Gathering:
    """Everything of one test, piece by piece; a piece that fails is noted and the next one tried."""

    def __init__(self, recorder: Recorder, test: TestEvidence, ended: float, broken: Expectation | None) -> None:
        self._recorder, self._test, self._ended, self._broken = recorder, test, ended, broken
        self.test = test
        self.found: list[Attachment] = []
        self._marked = frozenset(broken.frames) if broken else frozenset()
        self.timeline: list[Entry] = []

    def attachments(self, sources: list[Source]) -> Iterator[Attachment]:
        """All pieces, what a reader wants first at the front."""
        found: list[Attachment] = []
        entries: list[Entry] = []
        wire = self._recorder.wire
        if wire is not None:
            with self._noting("the wire"):
                wire.fence()
            with self._noting("ladder and media"):
                found += self._signalling(wire)
            with self._noting("capture slice"):
                found.append(self._slice(wire))
        for source in sources:
            with self._noting(getattr(source, "__name__", "source")):
                attached, lines = source(self._test.started, self._ended)
                found += attached
                entries += lines
        with self._noting("files of steps"):
            found += self._files()
        with self._noting("timeline"):
            packets = wire.events(since=self._test.started, until=self._ended) if wire is not None else []
            self.timeline = timeline.merged(self._test.steps, packets, entries)
            found.append(Attachment.text("timeline", timeline.text(self.timeline)))
        yield from found

    def _signalling(self, wire: Wire) -> Iterator[Attachment]:
        start, end, names = self._test.story_begins, self._ended, self._recorder.names
        messages = wire.messages(since=start, until=end)
        streams = wire.rtp(since=start, until=end, audio=True) if wire.has_media(start, end) else []
        if not messages and not streams:
            return
        acts = [step for step in self._test.steps if step.part in ACTORS | {"dongle"} and step.at >= start]
        notes = [_note(step) for step in acts]
        yield Attachment.text(
            "ladder",
            ladder_svg.svg(
                messages,
                self._marked,
                names=names,
                notes=notes,
                streams=streams,
                title=self._test.test_id.rpartition("::")[2],
                callout=_callout(self._broken),
            ),
            "image/svg+xml",
        )
        text = ladder.text(messages, self._marked, names=names, notes=notes, streams=streams)
        yield Attachment.text("ladder as text", text)
        yield Attachment.text("sip messages", _full(messages))
        if streams:
            yield Attachment.text("rtp streams", media.stream_table(streams, messages, names))
            yield from media.recordings(streams, messages, names)

    def _slice(self, wire: Wire) -> Attachment:
        data, before = wire.packets_between(self._test.started, self._ended)
        words = f"{self._broken.rule} {self._broken.claim}".strip() if self._broken else ""
        comments = {frame - before: words for frame in self._marked if frame > before}
        body = scrub.scrubbed(data, comments=comments, title=self._test.test_id)
        return Attachment("capture", body, "application/vnd.tcpdump.pcap")

    def _files(self) -> Iterator[Attachment]:
        """What steps carry: screenshots, the base's log, HTTP requests; and the transcript of the serial line."""
        logged = [
            str(line) for step in self._test.steps for line in step.data.get("log", ()) if step.part == "base log"
        ]
        fetched = [
            f"{clock_text(s.at)}  {s.text}" for s in self._test.steps if "fetch" in s.data or "exchange" in s.data
        ]
        serial = [f"{clock_text(s.at)}  {s.text}" for s in self._test.steps if s.part == "serial"]
        for name, lines in (("base log", logged), ("http requests", fetched), ("dongle transcript", serial)):
            if lines:
                yield Attachment.text(name, "\n".join(dict.fromkeys(lines)) + "\n")
        rested = self._ended if self._test.rested is None else self._test.rested
        shown = [step for step in self._test.steps if "picture" in step.data and step.at <= rested]
        for name, picture in {step.text.partition(" shows ")[0]: step.data["picture"] for step in shown}.items():
            yield Attachment.text(f"display of {name}", picture, "image/svg+xml")
        for step in self._test.steps:
            path = Path(str(step.data.get("screenshot") or step.data.get("file", "")))
            if path.suffix == ".png" and path.is_file():
                yield Attachment(path.stem, path.read_bytes(), "image/png")

    @contextlib.contextmanager
    def _noting(self, what: str) -> Iterator[None]:
        try:
            yield
        except _TROUBLE as error:
            self._test.trouble.append(f"{what}: {type(error).__name__}: {error}")


def _note(step: steps.Step) -> ladder.Note:
    return ladder.Note(step.at, step.text, step.part)


def _callout(broken: Expectation | None) -> str:
    if broken is None:
        return ""
    source = f"  ({broken.source})" if broken.source else ""
    rule = f"{broken.rule}: " if broken.rule else ""
    return f"{rule}expected {broken.expected}{source}\nseen {broken.seen}"


def _full(messages: list[SipMessage]) -> str:
    """Every message in full, as Wireshark users expect to read it."""
    parts = []
    for message in messages:
        lines = [message.first_line, *(f"{name}: {value}" for name, value in message.headers)]
        body = message.body.decode("utf-8", "replace").replace("\r\n", "\n")
        parts.append(f"=== {message}\n" + "\n".join(lines) + f"\n\n{body}")
    return "\n".join(parts)
