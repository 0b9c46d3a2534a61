"""The report of a judged trace as plain values; the JSON of `m9 judge --json` is these classes, field by field."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.capture.messages import clock_text

SCHEMA = 1
"""Grows when a field changes its meaning or goes; a new field alone leaves it."""

GOOD, BROKEN, WARNING, NOTHING = "good", "broken", "warning", "nothing judged"


@dataclass(frozen=True)
class TraceFacts:
    """The file: its span, what is in it, and which part of it was judged."""

    file: str
    begins: float
    ends: float
    frames: int
    sip_messages: int
    rtp_packets: int
    run: str = ""
    """What an m9 run kept beside the trace, in words; empty for a foreign trace."""
    window: tuple[float, float] | None = None
    """Epoch seconds between which findings count; None for the whole file."""

    @property
    def part(self) -> tuple[float, float]:
        """The part of the file that was judged."""
        since, until = self.window or (self.begins, self.ends)
        return max(since, self.begins), min(until, self.ends)

    @property
    def part_words(self) -> str:
        """Which part counts, in a sentence; empty for the whole file."""
        since, until = self.part
        if self.window is None:
            return ""
        if since > self.ends:
            return f"Nothing counts: the trace ends at {clock_text(self.ends)}, before {clock_text(since)}."
        if until < self.begins:
            return f"Nothing counts: the trace begins at {clock_text(self.begins)}, after {clock_text(until)}."
        return f"Only what was found from {clock_text(since)} to {clock_text(until)} counts."


@dataclass(frozen=True)
class Party:
    """One address that speaks SIP; `role` is base, phone or server, as far as its messages tell."""

    address: str
    role: str
    sent: int
    received: int
    registers: int
    software: str = ""
    sent_by: tuple[str, ...] = ()
    """Hosts that its own Via names, where they are not its address: the other side of a NAT."""


@dataclass(frozen=True)
class Fault:
    """One occasion at which a rule was broken."""

    rule: str
    claim: str
    level: str
    call: int
    at: float
    frame: int
    frames: tuple[int, ...]
    expected: str
    seen: str
    occasions: tuple[str, ...]
    source: str
    test: str = ""
    """The test of a run in whose time it fell."""


@dataclass(frozen=True)
class Unsaid:
    """Why a rule could not be judged, and how often; the first occasion."""

    why: str
    count: int
    call: int
    at: float
    frame: int


@dataclass(frozen=True)
class RuleLine:
    """What is said of one rule of the profile. `broken` counts all; `faults` lists the first of them."""

    id: str
    claim: str
    level: str
    source: str
    means: str
    look: str
    result: str
    held: int
    broken: int
    unsaid: int
    told_as: str = ""
    """The platform's rule that tells the same faults, where all of this general one's broke that one too."""
    provoked: int = 0
    """How often a test of a run made the base break it on purpose."""
    faults: tuple[Fault, ...] = ()
    reasons: tuple[Unsaid, ...] = ()

    @property
    def by_claim(self) -> dict[str, list[Fault]]:
        """The faults by what they broke, in the order of time: one row may have several claims."""
        found: dict[str, list[Fault]] = {}
        for fault in self.faults:
            found.setdefault(fault.claim, []).append(fault)
        return found

    @property
    def warns_only(self) -> bool:
        """Whether a break of it is a warning: the rule was inferred, no source shows it."""
        return self.level == "inferred"


@dataclass(frozen=True)
class StreamLine:
    """One RTP stream; `way` is `sent` by the base or `heard` by it, `described` what its sender told of directions."""

    call: int
    way: str
    src: str
    sport: int
    dst: str
    dport: int
    ssrc: str
    codec: str
    described: str
    protection: str
    """none, srtp, or unknown where no description of it is in sight."""
    first_at: float
    first_frame: int
    duration: float
    packets: int
    lost: int
    loss: float
    jitter_ms: float
    max_gap_ms: float
    gap_at: float
    ptime_ms: float
    mos: float | None
    """None where the codec is not known or the stream is no audio."""
    digits: str


@dataclass(frozen=True)
class CallLine:
    """One call of the base: who, when, how it ended, how long, with which codec; how many rules it broke."""

    number: int
    call_id: str
    own_tag: str
    began: float
    lasted: float
    way: str
    caller: str
    callee: str
    ended: str
    outcome: str
    """answered, refused, cancelled, unanswered, or cut where the trace begins or ends inside."""
    talk: float | None
    codec: str
    messages: int
    first_frame: int
    faults: tuple[str, ...] = ()
    """The ids of the rules that it broke, each once."""
    held: int = 0
    unsaid: int = 0


@dataclass(frozen=True)
class Granted:
    """One registration that was granted: the time asked for and granted, and how long after the one before."""

    at: float
    frame: int
    asked: int | None
    granted: int | None
    after: float | None


@dataclass(frozen=True)
class Refused:
    """A REGISTER that was refused (a challenge is no refusal), or not answered (`status` 0)."""

    at: float
    frame: int
    status: int
    reason: str


@dataclass(frozen=True)
class RegistrationLine:
    """All registrations of one address of record."""

    record: str
    server: str
    requests: int
    challenges: int
    granted: tuple[Granted, ...]
    refused: tuple[Refused, ...]
    signed_off: int
    lapsed: float = 0.0
    """Seconds between the end of what was granted and the next registration: the base could not be called."""


@dataclass(frozen=True)
class Remark:
    """Something that no rule of the base judges and that a person wants to know: it may be the far end's or the line's.

    `where` lists calls (number, 0 outside of calls), packets and a few words each.
    """

    kind: str
    title: str
    means: str
    look: str
    where: tuple[Where, ...]
    source: str = ""


@dataclass(frozen=True)
class Where:
    """A place in the trace."""

    call: int
    at: float
    frame: int
    words: str


@dataclass(frozen=True)
class Report:
    """All of it."""

    trace: TraceFacts
    base: tuple[str, ...]
    profile: str
    title: str
    note: str
    verdict: str
    exit_code: int
    summary: str
    unseen: tuple[str, ...]
    parties: tuple[Party, ...]
    calls: tuple[CallLine, ...]
    rules: tuple[RuleLine, ...]
    streams: tuple[StreamLine, ...]
    registrations: tuple[RegistrationLine, ...]
    remarks: tuple[Remark, ...]
    schema: int = field(default=SCHEMA)

    @property
    def broken(self) -> tuple[RuleLine, ...]:
        """The rules that were broken, in the order of their rows: what makes others break comes first."""
        return tuple(rule for rule in self.rules if rule.broken and not rule.told_as)
