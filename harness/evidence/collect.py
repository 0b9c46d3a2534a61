"""Collects all evidence of one test, piece by piece; it only reads and never writes."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.capture import ladder, ladder_svg, scrub
from harness.capture.messages import SipMessage, clock_text
from harness.capture.wire import ACTORS, Wire
from harness.core import clock, steps
from harness.core.errors import Expectation, M9Error
from harness.evidence import media, timeline
from harness.evidence.attach import Attachment
from harness.evidence.phases import Moments
from harness.evidence.timeline import Entry

# Errors that may occur while evidence is collected; they are noted and do not change the test's verdict.
_TROUBLE = (M9Error, clock.WaitExpired, OSError, ValueError, LookupError, TypeError, AttributeError, AssertionError)

# A source returns attachments and timeline lines for a span of time: the base's log, requests to its pages.
Source = Callable[[float, float], tuple[list[Attachment], list[Entry]]]


@dataclass
class Gathered:
    """The evidence of a test, the most important first; a piece that failed is named in `trouble`."""

    attachments: list[Attachment] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def noting(self, what: str) -> Iterator[None]:
        """Continue without this piece if it fails."""
        try:
            yield
        except _TROUBLE as error:
            self.trouble.append(f"{what}: {type(error).__name__}: {error}")


@dataclass(frozen=True)
class Story:
    """A test's own data: its name, its moments, its steps, and the rule that it found broken."""

    test_id: str
    moments: Moments
    steps: Sequence[steps.Step]
    broken: Expectation | None = None

    @property
    def marked(self) -> frozenset[int]:
        """The frames that broke the rule."""
        return frozenset(self.broken.frames) if self.broken else frozenset()


def gather(story: Story, wire: Wire | None, names: Mapping[str, str], sources: Sequence[Source]) -> Gathered:
    """All pieces of a test until now."""
    began, now = story.moments.began, clock.now()
    found = Gathered() if wire is None else of_the_wire(story, wire, names, now)
    for source in sources:
        with found.noting(getattr(source, "__name__", "source")):
            attached, lines = source(began, now)
            found.attachments += attached
            found.entries += lines
    with found.noting("files of steps"):
        found.attachments += _of_steps(story)
    with found.noting("timeline"):
        packets = wire.events(since=began, until=now) if wire is not None else []
        text = timeline.text(timeline.merged(story.steps, packets, found.entries))
        found.attachments.append(Attachment.text("timeline", text))
    return found


def of_the_wire(story: Story, wire: Wire, names: Mapping[str, str], end: float) -> Gathered:
    """The packets from the story's beginning until now: ladder, messages, media and capture file."""
    found = Gathered()
    with found.noting("the wire"):
        wire.fence()
    with found.noting("ladder and media"):
        found.attachments += _signalling(story, wire, names, end)
    with found.noting("capture slice"):
        found.attachments.append(_slice(story, wire, end))
    return found


def _signalling(story: Story, wire: Wire, names: Mapping[str, str], end: float) -> Iterator[Attachment]:
    start = story.moments.story_begins
    messages = wire.messages(since=start, until=end)
    streams = wire.rtp(since=start, until=end) if wire.has_media(start, end) else []
    if not messages and not streams:
        return
    acts = [step for step in story.steps if step.part in ACTORS | {"dongle"} and step.at >= start]
    notes = [ladder.Note(step.at, step.text, step.part) for step in acts if "exchange" not in step.data]
    drawn = ladder_svg.svg(
        messages,
        story.marked,
        names=names,
        notes=notes,
        streams=streams,
        title=story.test_id.rpartition("::")[2],
        callout=_callout(story.broken),
    )
    yield Attachment.text("ladder", drawn, "image/svg+xml")
    text = ladder.text(messages, story.marked, names=names, notes=notes, streams=streams)
    yield Attachment.text("ladder as text", text)
    yield Attachment.text("sip messages", _full(messages))
    if streams:
        yield Attachment.text("rtp streams", media.stream_table(streams, names))
        yield from media.recordings(streams, names)


def _slice(story: Story, wire: Wire, end: float) -> Attachment:
    data, before = wire.packets_between(story.moments.began, end)
    words = f"{story.broken.rule} {story.broken.claim}".strip() if story.broken else ""
    comments = {frame - before: words for frame in story.marked if frame > before}
    body = scrub.scrubbed(data, comments=comments, title=story.test_id)
    return Attachment("capture", body, "application/vnd.tcpdump.pcap")


def _of_steps(story: Story) -> Iterator[Attachment]:
    """The data of steps: measured sound, requests at the services, the serial line, displays and screenshots."""
    texts = {
        "heard": [step for step in story.steps if "heard" in step.data],
        "requests at our services": [step for step in story.steps if "fetch" in step.data],
        "dongle transcript": [step for step in story.steps if step.part == "serial"],
    }
    for name, told in texts.items():
        if told:
            yield Attachment.text(name, "".join(f"{clock_text(step.at)}  {step.text}\n" for step in told))
    logged = [str(line) for step in story.steps for line in step.data.get("log", ()) if step.part == "base log"]
    if logged:
        yield Attachment.text("base log as the test read it", "\n".join(dict.fromkeys(logged)) + "\n")
    shown = [step for step in story.steps if "picture" in step.data and step.at <= story.moments.acts_end]
    for name, picture in {step.text.partition(" shows ")[0]: step.data["picture"] for step in shown}.items():
        yield Attachment.text(f"display of {name}", picture, "image/svg+xml")
    for step in story.steps:
        path = Path(str(step.data.get("screenshot") or step.data.get("file", "")))
        if path.suffix == ".png" and path.is_file():
            yield Attachment(path.stem, path.read_bytes(), "image/png")


def _callout(broken: Expectation | None) -> str:
    if broken is None:
        return ""
    source = f"  ({broken.source})" if broken.source else ""
    rule = f"{broken.rule}: " if broken.rule else ""
    return f"{rule}expected {broken.expected}{source}\nseen {broken.seen}"


def _full(messages: list[SipMessage]) -> str:
    """Every message in full, in the form that users of Wireshark know."""
    parts = []
    for message in messages:
        lines = [message.first_line, *(f"{name}: {value}" for name, value in message.headers)]
        body = message.body.decode("utf-8", "replace").replace("\r\n", "\n")
        parts.append(f"=== {message}\n" + "\n".join(lines) + f"\n\n{body}")
    return "\n".join(parts)
