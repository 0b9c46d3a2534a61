"""Reads a trace and judges it: from a file and what was asked for to the material of a report."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from harness.capture import trace
from harness.core.errors import UsageError
from harness.profiles import model as profiles
from harness.rules.addresses import plain
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence
from harness.rules.judge import judge
from harness.rules.passwords import Passwords
from harness.rules.rows import rows_of
from harness.trace_report import parties, stored_run
from harness.trace_report.build import Material
from harness.trace_report.passwords import passwords
from harness.trace_report.window import window

if TYPE_CHECKING:
    from harness.capture.messages import Packet
    from harness.capture.trace import Trace
    from harness.trace_report.stored_run import StoredRun

P = TypeVar("P", bound="Packet")
DEFAULT_PROFILE = "baseline"
"""The RFCs' requirements on a base at any server."""
LIST_ALL = "run it without --call to list all"


@dataclass(frozen=True)
class Question:
    """What is to be judged: the file, whose base, by which rules, and which part of it."""

    file: Path
    base: tuple[str, ...]
    profile: str = ""
    """Empty for that of the run which the capture is of, else the RFCs' rules."""
    begin: str = ""
    end: str = ""
    call: str = ""
    passwords: tuple[str, ...] = ()
    keylog: Path | None = None
    acts: Path | None = None
    """What a run kept of its acts; without it, what lies beside a capture of a run."""


def material(asked: Question) -> Material:
    """Everything that a report is made of; raises UsageError for what was asked wrongly."""
    require_profile(asked.profile)
    run = stored_run.of_capture(asked.file, asked.acts, asked.profile)
    session = run.session if run else None
    profile = profiles.load(asked.profile or (session.profile if session else DEFAULT_PROFILE))
    known = Passwords(*passwords(asked.passwords))
    found = _read(asked, profile.name, whole_http=run is not None)
    if run is not None and not run.is_of_the_time(found.sight):
        raise UsageError(
            f"{run.path}: its acts are of another time than {asked.file}", remedy="name those of its run: --acts FILE"
        )
    base = asked.base or (session.base if session else ())
    if found.frames:
        parties.require_base(asked.file, base, found.sip, found.streams, found.sight.encrypted)
    evidence = evidence_of(found, base, known, run)
    part = window(asked.begin, asked.end, evidence.sight.begins, evidence.sight.ends)
    since, until = part or (0.0, float("inf"))
    if run is not None:
        since = max(since, session.since if session else 0.0, evidence.sight.begins)
    number = chosen_call(asked.call, evidence.calls)
    provoked = run.provoked if run is not None else None
    judgements = judge(evidence, profile.name, since=since, until=until, provoked=provoked)
    return Material(str(asked.file), found.frames, evidence, profile, judgements, part, number, run)


def _read(asked: Question, profile: str, *, whole_http: bool) -> Trace:
    """The protocols that the rules of a profile read.

    Without acts HTTP is only what the base fetches: the pages that it serves are most of a night, and the rules that
    read them need acts. Which packets those are is not known where no base was named.
    """
    read = frozenset().union(*(row.reads for row in rows_of(profile).values())) & trace.EVERYTHING
    clients = [] if whole_http else [plain(address) for address in asked.base]
    if not whole_http and not clients:
        read -= {"http"}
    opening = asked.keylog or stored_run.key_of(asked.file)
    return trace.read(asked.file, keylog=opening, want=trace.USUAL | read, clients=clients)


def require_profile(name: str) -> None:
    """Raise UsageError for a profile that there is not; those that others inherit from judge at any server."""
    if name and name not in (*profiles.names(), *profiles.INHERITED):
        every = f"choose one of {', '.join(profiles.names())}; for any server {' and '.join(profiles.INHERITED)}"
        raise UsageError(f"--profile {name}: no such profile", remedy=every)


def evidence_of(found: Trace, base: Sequence[str], known: Passwords, run: StoredRun | None) -> Evidence:
    """The contents of a trace; of an m9 run, those of its profile's time, with the data kept beside it.

    Acts and displays after the end of the trace are left out.
    """
    sight = run.seen(found.sight) if run is not None else found.sight
    begins, ends = (sight.begins, sight.ends) if run is not None else (-math.inf, math.inf)

    def of_the_time(packets: Iterable[P]) -> list[P]:
        return [one for one in packets if begins <= one.at <= ends]

    told = run.told if run is not None else None
    return Evidence(
        base,
        sip=of_the_time(found.sip),
        streams=lambda: [one for one in found.streams if one.last_at >= begins and one.first_at <= ends],
        rtcp=of_the_time(found.rtcp),
        dns=of_the_time(found.dns),
        dhcp=of_the_time(found.dhcp),
        http=of_the_time(found.http),
        icmp=of_the_time(found.icmp),
        ldap=of_the_time(found.ldap),
        acts=[act for act in told.acts if act.at <= ends] if told else None,
        shown=[one for one in told.shown if one.at <= ends] if told else None,
        idle=[state for state in told.idle if begins <= state.at <= ends] if told else (),
        sight=sight,
        passwords=known,
    )


def chosen_call(words: str, calls: Sequence[CallEvidence]) -> int:
    """The number of the call that `--call` names by number or by a part of its Call-ID; 0 when none is named."""
    if not words:
        return 0
    if words.isascii() and words.isdigit():
        if 1 <= int(words) <= len(calls):
            return int(words)
        text = f"--call {words}: the trace has {len(calls)} call{'s' * (len(calls) != 1)} of the base"
        raise UsageError(text, remedy=LIST_ALL)
    found = [number for number, call in enumerate(calls, 1) if words in call.call_id]
    if len(found) == 1:
        return found[0]
    remedy = f"name one by its number: {', '.join(map(str, found[:10]))}" if found else LIST_ALL
    raise UsageError(f"--call {words}: {len(found)} calls have it in their Call-ID", remedy=remedy)
