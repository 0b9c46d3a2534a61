"""Findings beside broken rules: refusals, silence, loss, repetitions, addresses behind a NAT."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from harness.trace_report import calls as call_lines
from harness.trace_report.media_remarks import media_places
from harness.trace_report.model import Remark, Where
from harness.trace_report.wording import count, sentence

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence
    from harness.trace_report.model import RegistrationLine, StreamLine

WORDS = Path(__file__).parent / "remarks.yaml"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MANY_REPEATS = 3
LARGE_OCTETS = 1300
"""RFC 3261 section 18.1.1: 200 octets below the MTU; what is longer goes over TCP."""
Place = tuple[str, Where]
"""A kind of `remarks.yaml` (or `status:486:base`) and where it was seen."""


def remarks(
    evidence: Evidence,
    calls: Sequence[CallEvidence],
    streams: Mapping[int, Sequence[StreamLine]],
    registrations: Sequence[RegistrationLine],
) -> list[Remark]:
    """One of each kind with all its places, in the order of the first."""
    found: dict[str, list[Where]] = {}
    for kind, where in _places(evidence, calls, streams, registrations):
        found.setdefault(kind, []).append(where)
    made = [_remark(kind, places) for kind, places in found.items()]
    return sorted(made, key=lambda remark: remark.where[0].at)


def _places(
    evidence: Evidence,
    calls: Sequence[CallEvidence],
    streams: Mapping[int, Sequence[StreamLine]],
    registrations: Sequence[RegistrationLine],
) -> Iterator[Place]:
    for number, call in enumerate(calls, 1):
        yield from _ended(number, call)
        yield from _repeated(number, call)
        yield from _addresses(number, call)
        if evidence.streams:
            yield from media_places(number, call, streams.get(number, ()))
    for registration in registrations:
        for refused in registration.refused:
            kind = f"status:{refused.status}:far:{refused.reason}" if refused.status else "register_unanswered"
            yield kind, Where(0, refused.at, refused.frame, f"registration of {registration.record}")


def _ended(number: int, call: CallEvidence) -> Iterator[Place]:
    end = call_lines.ending(call)
    first = call.messages[0]
    if end.by is not None and end.by.status >= 300:
        side = "base" if call.evidence.is_base(end.by.src) else "far"
        kind = f"status:{end.by.status}:{side}:{end.by.reason}"
        yield kind, Where(number, end.by.at, end.by.frame, _who(call))
    elif end.outcome == call_lines.UNANSWERED:
        yield "unanswered_base" if call.incoming else "unanswered", Where(number, first.at, first.frame, _who(call))


def _repeated(number: int, call: CallEvidence) -> Iterator[Place]:
    again = [m for m in call.messages if m.resend]
    if len(again) >= MANY_REPEATS:
        base = sum(call.evidence.is_base(m.src) for m in again)
        words = f"{count(len(again), 'repetition')}, {base} by the base, the first of {_kind(again[0])}"
        yield "repeated", Where(number, again[0].at, again[0].frame, words)


def _kind(message: SipMessage) -> str:
    return message.method or f"{message.status} ({message.cseq.method})"


def _addresses(number: int, call: CallEvidence) -> Iterator[Place]:
    """The first message of each side that tells a private address from a public one, and the first that is long."""
    sides: set[bool] = set()
    large = False
    for m in call.messages:
        side = call.evidence.is_base(m.src)
        if side not in sides and (told := _private_told(m)):
            sides.add(side)
            yield "private", Where(number, m.at, m.frame, f"{told}, told by {m.src}")
        if not large and m.transport == "udp" and (octets := _length(m)) > LARGE_OCTETS:
            large = True
            yield "large", Where(number, m.at, m.frame, f"{_kind(m)} of {m.src} with {octets:,} octets")


def _private_told(message: SipMessage) -> str:
    if not _public(message.src):
        return ""
    if message.sdp_or_none is not None:
        for media in message.sdp_or_none.media:
            if media.port and _private(media.address):
                return f"{media.address} in the session description"
    host = message.contact.host if message.method == "INVITE" or message.status == 200 else ""
    return f"{host} in the Contact" if _private(host) else ""


def _length(message: SipMessage) -> int:
    heads = sum(len(name) + len(value) + 4 for name, value in message.headers)
    return len(message.first_line) + 4 + heads + len(message.body)


@cache
def _public(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_global
    except ValueError:
        return False


@cache
def _private(address: str) -> bool:
    try:
        there = ipaddress.ip_address(address)
    except ValueError:
        return False
    return there.is_private and not there.is_unspecified and not there.is_loopback


def _who(call: CallEvidence) -> str:
    caller, callee = call_lines.parties_of(call)
    return f"{call_lines.who(caller)} → {call_lines.who(callee)}"


def _remark(kind: str, places: Sequence[Where]) -> Remark:
    where = tuple(sorted(places, key=lambda place: place.at))
    if not kind.startswith("status:"):
        words = _words()["kinds"][kind]
        return Remark(kind, words["title"], sentence(words["means"]), sentence(words["look"]), where)
    _, status, side, reason = kind.split(":", 3)
    known = _words()["statuses"].get(int(status)) or _words()["other_status"]
    by = "the base" if side == "base" else "the far end"
    calls = any(place.call for place in where)
    what = (
        "calls and registrations" if calls and not all(p.call for p in where) else "calls" if calls else "registrations"
    )
    title = f"{what if len(where) > 1 else what.removesuffix('s')} refused by {by}: {status} {reason}"
    look = known[side] or known["far"]
    return Remark(
        f"status {status} by {side}", title, sentence(known["means"]), sentence(look), where, "RFC 3261 section 21"
    )


@cache
def _words() -> dict[str, Any]:
    content: dict[str, Any] = yaml.load(WORDS.read_text(encoding="utf-8"), _LOADER)
    return content
