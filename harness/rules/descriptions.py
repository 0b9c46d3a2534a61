"""Session descriptions of the base: grammar, formats, where media are received, origin (RFC 8866, RFC 3264)."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from itertools import pairwise

from harness.capture.messages import SipMessage
from harness.capture.sdp import STATIC_TYPES, Media
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held_unless, judged
from harness.rules.nat import beyond_nat, media_lead_here
from harness.rules.registry import rule

CLOCK_RATES = {"PCMU": 8000, "PCMA": 8000, "G722": 8000, "G726-32": 8000, "AAL2-G726-32": 8000, "GSM": 8000,
               "G729": 8000, "ILBC": 8000}  # fmt: skip
"""RFC 3551 §4.5 and §6 (8000 for G.722 too, §4.5.2)."""
CLOCK_OF_THE_AUDIO = ("TELEPHONE-EVENT", "CN")
"""Types with the clock of a codec of their line (RFC 4733 §2.1, RFC 3389 §4)."""
SESSION_ORDER = "vosiuepcbtrzka"
FIRST_DYNAMIC, LAST_DYNAMIC = 96, 127
KEYS = set(range(12))
"""The events of a phone's keys: 0 to 9, * and #."""
G726_32 = 2
"""It has the number of G.721, which some name instead."""
TRANSPORTS = ("RTP/AVP", "RTP/SAVP", "RTP/AVPF", "RTP/SAVPF", "UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF")
_LINE = re.compile(r"[a-z]=\S")
_NUMBERED = re.compile(r"(?:rtpmap|fmtp):([0-9]{1,3})")
_RANGE = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3}))?")


def described(call: CallEvidence) -> list[SipMessage]:
    """The base's messages with a description, each once."""
    return [m for m in call.sent if m.sdp_or_none is not None and not m.resend]


@rule("SDP-GRAMMAR", of_one_packet=True)
def grammar(call: CallEvidence) -> Iterator[Finding]:
    """A description can be read: its lines, their order, numbers where they belong."""
    for message in described(call):
        yield from held_unless(_grammar(message), message)


def _grammar(message: SipMessage) -> Iterator[Finding]:
    for problem in message.sdp.problems:
        claim = f"malformed line of the description: {problem[:2]}"
        yield broken(message, expected="the form of RFC 8866", seen=problem, claim=claim)
    lines = [line for line in re.split(r"\r?\n", message.sdp.text) if line.strip()]
    bad = next((line for line in lines if not _LINE.match(line) and line != "s= "), None)
    if bad is not None and not message.sdp.problems:
        claim = "a description is made of lines like a=b"
        yield broken(message, expected="letter, =, text", seen=bad, claim=claim)
    kinds = [line[0] for line in lines]
    session = kinds[: kinds.index("m")] if "m" in kinds else kinds
    missing = [f"{kind}=" for kind in "vost" if kind not in session]
    if missing:
        claim = "a description has v=, o=, s= and t="
        yield broken(message, expected="all four", seen=f"no {', '.join(missing)}", claim=claim)
    places = [SESSION_ORDER.find(kind) for kind in session if kind not in "trz"]
    if places != sorted(places) or session[:1] != ["v"]:
        claim = "the lines of a session come in their order"
        yield broken(message, expected=SESSION_ORDER, seen="".join(session), claim=claim)


@rule("SDP-FORMATS", of_one_packet=True)
def formats(call: CallEvidence) -> Iterator[Finding]:
    """Each audio line maps its payload types to codecs."""
    for message in described(call):
        for media in (m for m in message.sdp.media if m.kind == "audio" and m.port):
            yield from held_unless(_formats(message, media), message)


def _formats(message: SipMessage, media: Media) -> Iterator[Finding]:
    if not media.payloads or len(set(media.payloads)) != len(media.payloads):
        claim, source = "each format is listed once", "RFC 8866 §5.14"
        seen = " ".join(map(str, media.payloads)) or "none"
        yield broken(message, expected="numbers of their own", seen=seen, claim=claim, source=source)
    speech = {codec.rate for codec in media.codecs if codec.name.upper() not in CLOCK_OF_THE_AUDIO}
    for codec in media.codecs:
        yield from _format(message, codec.payload, codec.name.upper(), codec.rate)
        if codec.name.upper() in CLOCK_OF_THE_AUDIO and speech and codec.rate not in speech:
            claim, source = f"clock rate of {codec.name.upper()}", "RFC 4733 §2.1"
            expected = " or ".join(map(str, sorted(speech)))
            yield broken(message, expected=expected, seen=codec.rate, claim=claim, source=source)
    for attribute in media.attributes:
        numbered = _NUMBERED.match(attribute)
        if numbered and int(numbered.group(1)) not in media.payloads:
            claim = "an attribute speaks of a format that is listed"
            wanted = "one of " + " ".join(map(str, media.payloads))
            yield broken(message, expected=wanted, seen=f"a={attribute}", claim=claim, source="RFC 8866 §6.6")
    if media.ptime is not None and not 5 <= media.ptime <= 120:
        claim, source = "ptime is a packet length", "RFC 8866 §6.4"
        yield broken(message, expected="5 to 120 ms", seen=media.ptime, claim=claim, source=source)
    yield from _events(message, media)


def _format(message: SipMessage, payload: int, name: str, rate: int) -> Iterator[Finding]:
    if not name:
        claim, source = "a dynamic payload type has its rtpmap", "RFC 3264 §5.1, RFC 3551 §6"
        yield broken(message, expected=f"a=rtpmap:{payload}", seen="none", claim=claim, source=source)
        return
    fixed = STATIC_TYPES.get(payload)
    if fixed is not None and payload != G726_32 and fixed[0].upper() != name:
        claim = f"payload type {payload} is what RFC 3551 says"
        yield broken(message, expected=fixed[0], seen=name, claim=claim, source="RFC 3551 §6")
    if fixed is None and not (FIRST_DYNAMIC <= payload <= LAST_DYNAMIC or 35 <= payload <= 63):
        claim = "a codec without a number of its own has a dynamic one"
        yield broken(message, expected="96 to 127", seen=payload, claim=claim, source="RFC 3551 §3")
    if CLOCK_RATES.get(name, rate) != rate:
        claim = f"clock rate of {name}"
        yield broken(message, expected=CLOCK_RATES[name], seen=rate, claim=claim, source="RFC 3551 §4.5")


def _events(message: SipMessage, media: Media) -> Iterator[Finding]:
    """Events: the keys at least where an fmtp names any (without it 0 to 15 are meant, RFC 4733 §2.4.1)."""
    event = media.codec("telephone-event")
    if event is None or not event.fmtp:
        return
    known: set[int] = set()
    for low, high in _RANGE.findall(event.fmtp):
        known |= set(range(int(low), int(high or low) + 1))
    if not known >= KEYS:
        claim = "telephone-event lists the keys"
        yield broken(message, expected="0-11 at least", seen=event.fmtp, claim=claim, source="RFC 4733 §2.4.1")


@rule("SDP-ADDRESS", of_one_packet=True)
def addresses(call: CallEvidence) -> Iterator[Finding]:
    """Media are received at the base, by RTP."""
    for message in described(call):
        for media in (m for m in message.sdp.media if m.port):
            yield from held_unless(_address(call, message, media), message)


def _address(call: CallEvidence, message: SipMessage, media: Media) -> Iterator[Finding]:
    if media.address and not _is_address(media.address):
        yield cannot_be_said(message, why=f"c= names the host {media.address}, whose address the trace does not tell")
    elif call.evidence.is_base(media.address) or media_lead_here(call):
        pass
    elif why := beyond_nat(call.evidence, message, media.address):
        yield cannot_be_said(message, why=f"c= {why}")
    else:
        wanted, seen = " or ".join(sorted(call.evidence.base)), media.address or "no c="
        claim = "media are received at the base"
        yield broken(message, expected=wanted, seen=seen, claim=claim)
    if media.kind in ("audio", "video") and media.proto.upper() not in TRANSPORTS:
        yield broken(message, expected="RTP/AVP", seen=media.proto, claim="media go by RTP", source="RFC 8866 §5.14")


@rule("SDP-FAMILY", of_one_packet=True)
def addresses_are_named_by_their_family(call: CallEvidence) -> Iterator[Finding]:
    """Each o= and c= line names the family of its address: IP4 or IP6."""
    for message in described(call):
        yield from held_unless(_families(message), message)


def _families(message: SipMessage) -> Iterator[Finding]:
    addresses = [message.sdp.origin_address, *(media.address for media in message.sdp.media)]
    if "IP6" not in message.sdp.text and not any(":" in one for one in addresses):
        return  # nothing but IPv4, as nearly always
    for line, told, address in _addresses(message):
        if _is_address(address) and told != _family(address):
            claim = f"{line[:2]} names the family of its address"
            yield broken(message, expected=f"IN {_family(address)} {address}", seen=line, claim=claim)


@rule("SDP-FAMILY")
def an_offer_over_ipv6_names_ipv6_addresses(call: CallEvidence) -> Iterator[Finding]:
    """Origin and connection of the offer that opens a call over IPv6: the callee need not have an IPv4 address."""
    invite = call.opening
    if invite is None or call.incoming or invite.sdp_or_none is None or _family(invite.src) != "IP6":
        return
    for kind in ("o=", "c="):
        lines = [line for line, told, _ in _addresses(invite) if line.startswith(kind) and told != "IP6"]
        claim = f"{kind} of an offer over IPv6 names an IPv6 address"
        yield judged(not lines, invite, expected="IN IP6", seen=", ".join(lines), claim=claim)


def _addresses(message: SipMessage) -> Iterator[tuple[str, str, str]]:
    """The lines with an address: family and address of each."""
    for line in message.sdp.text.splitlines():
        words = line.split()
        if line.startswith(("o=", "c=")) and len(words) >= 3 and words[-3].rpartition("=")[2] == "IN":
            yield line, words[-2], words[-1].partition("/")[0]


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


@rule("SDP-ORIGIN")
def origin(call: CallEvidence) -> Iterator[Finding]:
    """The o= line is constant except for its version, which rises by one with each change (RFC 3264 §8).

    The descriptions that this end of the base sent are compared in their order, offers and answers alike.
    """
    for before, after in pairwise(described(call)):
        yield from held_unless(_origin(call, before, after), before, after)


def _origin(call: CallEvidence, before: SipMessage, after: SipMessage) -> Iterator[Finding]:
    one, other = before.sdp, after.sdp
    fixed = (one.origin_user, one.session_id, one.origin_address)
    now = (other.origin_user, other.session_id, other.origin_address)
    if fixed != now:
        claim = "the o= line of a call stays but for its version"
        yield broken(before, after, expected=" ".join(fixed), seen=" ".join(now), claim=claim)
    changed = content(before) != content(after)
    step = other.origin_version - one.origin_version
    if step in ((1,) if changed else (0, 1)):
        return
    claim = f"the version of o= {'counts a change' if changed else 'stays without a change'}"
    if step > 1 and not call.evidence.saw_all(before.at, after.at):
        yield cannot_be_said(before, after, why="the capture lost packets between the two", claim=claim)
        return
    wanted = f"{one.origin_version + 1}" if changed else f"{one.origin_version} or {one.origin_version + 1}"
    yield broken(before, after, expected=wanted, seen=other.origin_version, claim=claim)


def content(message: SipMessage) -> list[str]:
    """The lines of a description without its origin."""
    return [line for line in re.split(r"\r?\n", message.sdp.text) if line and not line.startswith("o=")]
