"""Reads a trace and judges it: from a file and what was asked for to the material of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.capture import trace
from harness.errors import UsageError
from harness.profiles import model as profiles
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from harness.rules.passwords import Passwords
from harness.rules.rows import rows_of
from harness.trace_report import parties
from harness.trace_report.build import Material
from harness.trace_report.passwords import passwords
from harness.trace_report.window import window

OF_SETTINGS = frozenset({"http"})
"""Read only by rules of what was set at the base, which no trace tells: most of a night's packets are web pages."""


@dataclass(frozen=True)
class Question:
    """What is to be judged: the file, whose base, by which rules, and which part of it."""

    file: Path
    base: tuple[str, ...]
    profile: str = "baseline"
    begin: str = ""
    end: str = ""
    call: str = ""
    passwords: tuple[str, ...] = ()
    keylog: Path | None = None


def material(asked: Question) -> Material:
    """Everything that a report is made of; raises UsageError for what was asked wrongly."""
    profile = profiles.load(asked.profile)
    known = Passwords(*passwords(asked.passwords))
    read = frozenset().union(*(row.reads for row in rows_of(asked.profile).values())) - OF_SETTINGS
    found = trace.read(asked.file, keylog=asked.keylog, want=trace.USUAL | (read & trace.EVERYTHING))
    parties.require_base(asked.file, asked.base, found.sip, found.streams, found.sight.encrypted)
    evidence = Evidence(
        asked.base,
        sip=found.sip,
        streams=lambda: found.streams,
        rtcp=found.rtcp,
        dns=found.dns,
        dhcp=found.dhcp,
        http=found.http,
        icmp=found.icmp,
        sight=found.sight,
        passwords=known,
    )
    part = window(asked.begin, asked.end, evidence.sight.begins, evidence.sight.ends)
    since, until = part or (0.0, float("inf"))
    number = chosen_call(asked.call, evidence.calls)
    judgements = judge(evidence, asked.profile, since=since, until=until)
    return Material(str(asked.file), found.frames, evidence, profile, judgements, part, number)


def chosen_call(words: str, calls: Sequence[CallEvidence]) -> int:
    """The number of the call that `--call` names by number or by a part of its Call-ID; 0 when none is named."""
    if not words:
        return 0
    if words.isascii() and words.isdigit():
        if 1 <= int(words) <= len(calls):
            return int(words)
        text = f"--call {words}: the trace has {len(calls)} call{'s' * (len(calls) != 1)} of the base"
        raise UsageError(text, remedy="without --call all are listed")
    found = [number for number, call in enumerate(calls, 1) if words in call.call_id]
    if len(found) == 1:
        return found[0]
    remedy = f"name one by its number: {', '.join(map(str, found[:10]))}" if found else "without --call all are listed"
    raise UsageError(f"--call {words}: {len(found)} calls have it in their Call-ID", remedy=remedy)
