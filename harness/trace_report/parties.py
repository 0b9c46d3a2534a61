"""Who speaks SIP in a trace, and which of the addresses is the base's."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.core.errors import UsageError
from harness.rules.addresses import is_literal, plain
from harness.trace_report.model import Party

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream

BASE, PHONE, SERVER = "base", "phone", "server"
_LISTED = 6


def parties(messages: Sequence[SipMessage], base: Collection[str] = ()) -> list[Party]:
    """Every address that speaks SIP, those of the base first, then who sent most."""
    sent, received = Counter[str](), Counter[str]()
    registers, answers = Counter[str](), Counter[str]()
    software: dict[str, str] = {}
    hosts: dict[str, set[str]] = defaultdict(set)
    for m in messages:
        sent[m.src] += 1
        received[m.dst] += 1
        if m.cseq.method == "REGISTER":
            (registers if m.is_request else answers)[m.src] += 1
        if m.src not in software and (agent := m.user_agent):
            software[m.src] = agent
        if m.is_request and len(m.via) == 1 and (host := headers.via_host(m.via[0])) and plain(host) != plain(m.src):
            hosts[m.src].add(host)

    def party(address: str) -> Party:
        role = BASE if plain(address) in base else PHONE if registers[address] else SERVER if answers[address] else ""
        there = tuple(sorted(hosts[address]))
        known = software.get(address, "")
        return Party(address, role, sent[address], received[address], registers[address], known, there)

    found = [party(address) for address in sent.keys() | received.keys()]
    return sorted(found, key=lambda p: (p.role != BASE, -p.sent, p.address))


def require_base(
    path: Path,
    base: Sequence[str],
    messages: Sequence[SipMessage],
    streams: Sequence[RtpStream],
    encrypted: Sequence[str] = (),
) -> None:
    """Raise UsageError where no address was named, or one that no packet of the file has."""
    for address in base:
        if not is_literal(address):
            raise UsageError(f"--base {address}: no IP address", remedy="as in --base 192.0.2.50,2001:db8::50")
    there = {plain(end) for m in messages for end in (m.src, m.dst)}
    there |= {plain(end) for s in streams for end in (s.src, s.dst)}
    missing = [address for address in base if plain(address) not in there]
    if base and len(missing) < len(base):
        return
    known = parties(messages)
    heard = Counter(end for s in streams for end in (s.src, s.dst))
    what = f"{path}: no packet of {', '.join(missing)}" if base else f"{path}: --base is missing"
    raise UsageError(f"{what}; {_who_speaks(known, heard, encrypted)}", remedy=_suggestion(known, base))


def likeliest(known: Sequence[Party]) -> Party | None:
    """The address that looks most like the base: a phone of its maker, then one that registers."""
    phones = [p for p in known if p.role in (PHONE, BASE)]
    return max(phones, key=lambda p: ("m9" in p.software.lower(), p.registers, p.sent), default=None)


def _who_speaks(known: Sequence[Party], heard: Counter[str], encrypted: Sequence[str]) -> str:
    if not known:
        media = ", ".join(address for address, _ in heard.most_common(_LISTED))
        secret = f"; {', '.join(encrypted[:_LISTED])} is encrypted" if encrypted else ""
        return "it has no SIP that can be read" + secret + (f"; RTP runs between {media}" if media else "")
    listed = ", ".join(_spoken(p) for p in known[:_LISTED])
    more = f" and {len(known) - _LISTED} more" if len(known) > _LISTED else ""
    return f"SIP is spoken by {listed}{more}"


def _spoken(party: Party) -> str:
    marks = [f"{party.sent} message{'s' * (party.sent != 1)}"]
    if party.role == PHONE:
        marks.append("looks like a phone: it registers")
    elif party.role:
        marks.append("registrar")
    if party.software:
        marks.append(party.software)
    return f"{party.address} ({', '.join(marks)})"


def _suggestion(known: Sequence[Party], base: Sequence[str]) -> str:
    behind = [p for p in known if set(p.sent_by) & set(base)]
    if behind:
        outside = behind[0]
        inner = next(iter(set(outside.sent_by) & set(base)))
        return f"{outside.address} calls itself {inner} in its Via, from behind a NAT: --base {outside.address}"
    one = likeliest(known)
    if one is not None:
        return f"--base {one.address}"
    return "--base ADDRESS of the phone system's base" if known else "is SIP encrypted (--keylog FILE), or elsewhere?"
