"""Session descriptions (RFC 8866) as text, and offers and answers over them (RFC 3264)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from rigs.standin.media import srtp
from rigs.standin.media.description import TELEPHONE_EVENT, CodecSpec, Direction, MediaDescription
from rigs.standin.media.srtp import Crypto
from rigs.standin.sip.ports import is_address
from rigs.standin.sip.values import number

CONTENT_TYPE = "application/sdp"
DIRECTIONS: tuple[Direction, ...] = ("sendrecv", "sendonly", "recvonly", "inactive")
STATIC = {
    0: ("PCMU", 8000), 3: ("GSM", 8000), 4: ("G723", 8000), 5: ("DVI4", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000),
    13: ("CN", 8000), 15: ("G728", 8000), 18: ("G729", 8000),
}  # fmt: skip
"""Static payload types of RFC 3551 that need no rtpmap."""
EVENTS = "0-16"
PLAIN, SECURE = ("RTP/AVP", "RTP/AVPF"), ("RTP/SAVP", "RTP/SAVPF")


class SdpError(ValueError):
    """A description that cannot be understood, or that has no audio line we could take."""


@dataclass(frozen=True)
class Line:
    """One m= section: kind, port, profile, formats as text, own c= address, attributes in order."""

    kind: str
    port: int
    profile: str
    formats: tuple[str, ...]
    address: str = ""
    attributes: tuple[str, ...] = ()

    @property
    def refused(self) -> Line:
        """The same line as an answer refuses it: port 0, same formats."""
        return replace(self, port=0, address="", attributes=())


@dataclass(frozen=True)
class Description:
    """A whole session description."""

    user: str = "-"
    session_id: str = "0"
    version: int = 0
    address: str = ""
    name: str = "-"
    attributes: tuple[str, ...] = ()
    lines: tuple[Line, ...] = field(default_factory=tuple)

    @property
    def audio(self) -> Line | None:
        """The first audio line that can be taken without keys: plain RTP, port not 0."""
        return next((line for line in self.lines if _takeable(line, PLAIN)), None)

    @property
    def encrypted_audio(self) -> Line | None:
        """The first audio line that asks for encryption, and has a key that can be used."""
        return next((line for line in self.lines if _takeable(line, SECURE) and _cryptos(line)), None)


def _takeable(line: Line, profiles: tuple[str, ...]) -> bool:
    return line.kind == "audio" and line.port != 0 and line.profile.upper() in profiles


def parse(body: bytes) -> Description:
    """Reads a description, tolerant of order and unknown lines. Raises SdpError."""
    text = body.decode("utf-8", errors="replace")
    head: dict[str, str] = {}
    attributes: list[str] = []
    lines: list[Line] = []
    for raw in text.splitlines():
        kind, equals, value = raw.strip().partition("=")
        if not raw.strip():
            continue
        if not equals or len(kind) != 1:
            raise SdpError(f"no SDP line: {raw[:40]!r}")
        if kind == "m":
            lines.append(_media_line(value))
        elif kind == "c" and lines:
            lines[-1] = replace(lines[-1], address=_connection(value))
        elif kind == "a" and lines:
            lines[-1] = replace(lines[-1], attributes=(*lines[-1].attributes, value))
        elif kind == "a":
            attributes.append(value)
        elif not lines:
            head.setdefault(kind, value)
    if head.get("v", "").strip() != "0" or "o" not in head:
        raise SdpError("no v=0 or no o= line")
    origin = head["o"].split()
    if len(origin) < 6 or not re.fullmatch(r"\d{1,20}", origin[2]):
        raise SdpError(f"o= line {head['o'][:40]!r} is not six words with a number for the version")
    address = _connection(head["c"]) if "c" in head else ""
    return Description(
        origin[0], origin[1], int(origin[2]), address, head.get("s", "-"), tuple(attributes), tuple(lines)
    )


def _media_line(value: str) -> Line:
    words = value.split()
    port = words[1].split("/")[0] if len(words) >= 4 else ""
    found = number(port, most=65536, otherwise=-1)
    if not 0 <= found <= 65535:
        raise SdpError(f"m= line {value[:40]!r} is not kind, port, profile, formats")
    return Line(words[0].lower(), found, words[2], tuple(words[3:]))


def _connection(value: str) -> str:
    words = value.split()
    if len(words) != 3 or words[0].upper() != "IN":
        raise SdpError(f"c= line {value[:40]!r} is not IN, kind, address")
    address = words[2].split("/")[0].partition("%")[0]
    if not is_address(address):  # a name would be looked up with each packet, and all the base would wait
        raise SdpError(f"c= line {value[:40]!r}: names are not looked up")
    return address


def write(description: Description) -> bytes:
    """The description as sent; the session's c= serves every line."""
    kind = "IP6" if ":" in description.address else "IP4"
    where = f"IN {kind} {description.address}"
    rows = [
        "v=0",
        f"o={description.user} {description.session_id} {description.version} {where}",
        f"s={description.name}",
        f"c={where}",
        "t=0 0",
        *(f"a={attribute}" for attribute in description.attributes),
    ]
    for line in description.lines:
        rows.append(f"m={line.kind} {line.port} {line.profile} {' '.join(line.formats)}")
        rows += [f"a={attribute}" for attribute in line.attributes]
    return ("\r\n".join(rows) + "\r\n").encode("utf-8")


def line_of(media: MediaDescription) -> Line:
    """An audio line from what the media says of itself."""
    numbers = [str(codec.payload) for codec in media.codecs]
    attributes = [f"rtpmap:{codec.payload} {codec.name}/{codec.rate}" for codec in media.codecs]
    attributes += [f"fmtp:{codec.payload} {codec.fmtp}" for codec in media.codecs if codec.fmtp]
    if media.telephone_event is not None:
        numbers.append(str(media.telephone_event))
        attributes += [
            f"rtpmap:{media.telephone_event} {TELEPHONE_EVENT}/8000",
            f"fmtp:{media.telephone_event} {EVENTS}",
        ]
    if media.ptime is not None:
        attributes.append(f"ptime:{media.ptime}")
    attributes += [f"crypto:{line}" for line in media.crypto]
    attributes.append(media.direction)
    return Line("audio", media.port, media.profile, tuple(numbers), "", tuple(attributes))


def media_of(description: Description, line: Line) -> MediaDescription:
    """What an audio line says, with what it inherits from the session. Raises SdpError without an address."""
    address = line.address or description.address
    if not address:
        raise SdpError("no c= line for the audio line")
    maps, formats = _attributes(line, "rtpmap"), _attributes(line, "fmtp")
    codecs: list[CodecSpec] = []
    event: int | None = None
    for text in line.formats:
        codec = _codec(text, maps.get(text), formats.get(text, ""))
        if codec is None:
            continue
        if codec.name.lower() == TELEPHONE_EVENT:
            event = codec.payload if event is None and codec.rate == 8000 else event
        else:
            codecs.append(codec)
    return MediaDescription(
        address, line.port, tuple(codecs), _direction(description, line), _ptime(description, line), event,
        line.profile, _cryptos(line),
    )  # fmt: skip


def _cryptos(line: Line) -> tuple[Crypto, ...]:
    """The keys that can be used, in order."""
    values = [value for name, _, value in (one.partition(":") for one in line.attributes) if name.strip() == "crypto"]
    return tuple(crypto for value in values if (crypto := srtp.parse(value)) is not None)


def _attributes(line: Line, name: str) -> dict[str, str]:
    """`rtpmap:8 PCMA/8000` and their like by number."""
    found: dict[str, str] = {}
    for attribute in line.attributes:
        key, _, value = attribute.partition(":")
        if key.strip().lower() == name:
            number, _, rest = value.strip().partition(" ")
            found.setdefault(number, rest.strip())
    return found


def _codec(text: str, mapped: str | None, fmtp: str) -> CodecSpec | None:
    payload = number(text, most=128, otherwise=128)
    if payload > 127:
        return None
    if mapped is None:
        known = STATIC.get(payload)
        return CodecSpec(payload, known[0], known[1], fmtp) if known else None
    name, _, rest = mapped.partition("/")
    return CodecSpec(payload, name.strip(), number(rest.split("/")[0], most=10**6, otherwise=8000), fmtp)


def _direction(description: Description, line: Line) -> Direction:
    for attribute in (*line.attributes, *description.attributes):
        for direction in DIRECTIONS:
            if attribute.strip().lower() == direction:
                return direction
    return "sendrecv"


def _ptime(description: Description, line: Line) -> int | None:
    for attribute in (*line.attributes, *description.attributes):
        name, _, value = attribute.partition(":")
        if name.strip().lower() == "ptime" and (found := number(value, most=9999, otherwise=-1)) >= 0:
            return found
    return None


def on_hold(media: MediaDescription) -> bool:
    """Whether the side that says this holds the other: it does not want to hear, in the new form or the old."""
    return media.direction in ("sendonly", "inactive") or media.address in ("0.0.0.0", "::")


def effective_direction(media: MediaDescription) -> Direction:
    """The direction with the old form of hold, a zero address, read as what it means (RFC 3264 section 8.4)."""
    if media.address in ("0.0.0.0", "::"):
        return "sendonly" if media.direction in ("sendrecv", "sendonly") else "inactive"
    return media.direction


def answer_lines(offer: Description, taken: Line, own: MediaDescription) -> tuple[Line, ...]:
    """The m= lines of an answer: as many, in the same order, all but the taken one refused."""
    mine = replace(line_of(own), profile=taken.profile)
    return tuple(mine if line is taken else line.refused for line in offer.lines)
