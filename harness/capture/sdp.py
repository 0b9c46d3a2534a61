"""Session descriptions as offered and answered: origin, media, codecs, direction (RFC 8866, RFC 3264)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.errors import Expectation, ProductFailure

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

# Payload types that need no rtpmap (RFC 3551 §6).
STATIC_TYPES = {0: ("PCMU", 8000), 2: ("G726-32", 8000), 3: ("GSM", 8000), 4: ("G723", 8000), 8: ("PCMA", 8000),
           9: ("G722", 8000), 13: ("CN", 8000), 15: ("G728", 8000), 18: ("G729", 8000)}  # fmt: skip


@dataclass(frozen=True)
class Codec:
    """One line of an offer: payload type, encoding name as written, clock rate in Hz, fmtp text."""

    payload: int
    name: str
    rate: int
    fmtp: str = ""

    def __str__(self) -> str:
        return f"{self.name}/{self.rate}" if self.rate else self.name


@dataclass(frozen=True)
class Media:
    """One m= block with what the session level gives it."""

    kind: str
    port: int
    proto: str
    payloads: tuple[int, ...]
    codecs: tuple[Codec, ...]
    direction: str
    address: str
    ptime: int | None
    attributes: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Encoding names in the order of preference, upper case, without telephone-event and comfort noise."""
        return [c.name.upper() for c in self.codecs if c.name.lower() not in ("telephone-event", "cn")]

    @property
    def telephone_event(self) -> int | None:
        """The payload type of RFC 4733 events, if agreed."""
        return next((c.payload for c in self.codecs if c.name.lower() == "telephone-event"), None)

    def codec(self, name: str) -> Codec | None:
        """The entry of one encoding name, whatever its case."""
        return next((c for c in self.codecs if c.name.lower() == name.lower()), None)

    @property
    def rtcp_port(self) -> int:
        """Where RTCP goes: a=rtcp, or the port above (RFC 3605)."""
        for attribute in self.attributes:
            match = re.match(r"rtcp:(\d+)", attribute)
            if match:
                return int(match.group(1))
        return self.port + 1


@dataclass(frozen=True)
class Sdp:
    """A session description; `dissected_media` are tshark's own m= texts, so that a quarrel of readers shows."""

    session_id: str = ""
    origin_version: int = -1
    origin_user: str = ""
    origin_address: str = ""
    address: str = ""
    media: tuple[Media, ...] = ()
    attributes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)

    @property
    def audio(self) -> Media:
        """The first audio block; a ProductFailure when nothing audible is described."""
        for media in self.media:
            if media.kind == "audio":
                return media
        kinds = ", ".join(media.kind for media in self.media) or "no media at all"
        raise ProductFailure(Expectation("the session description has audio", "a block m=audio", kinds))


def parse(text: str) -> Sdp:
    """Read a session description; lines that make no sense are passed over, as a phone would."""
    session: list[tuple[str, str]] = []
    blocks: list[list[tuple[str, str]]] = []
    for line in text.splitlines():
        kind, equals, value = line.partition("=")
        if not equals or len(kind) != 1:
            continue
        if kind == "m":
            blocks.append([])
        (blocks[-1] if blocks else session).append((kind, value.strip()))
    origin = (_first(session, "o").split() + [""] * 6)[:6]
    address = _connection(session)
    attributes = tuple(value for kind, value in session if kind == "a")
    return Sdp(
        session_id=origin[1],
        origin_version=int(origin[2]) if origin[2].isdigit() else -1,
        origin_user=origin[0],
        origin_address=origin[5],
        address=address,
        media=tuple(_media(block, address, attributes) for block in blocks),
        attributes=attributes,
        text=text,
    )


def _media(block: list[tuple[str, str]], session_address: str, session_attributes: tuple[str, ...]) -> Media:
    words = block[0][1].split()
    attributes = tuple(value for kind, value in block if kind == "a")
    payloads = tuple(int(word) for word in words[3:] if word.isdigit())
    port = words[1].partition("/")[0] if len(words) > 1 else ""
    return Media(
        kind=words[0] if words else "",
        port=int(port) if port.isdigit() else 0,
        proto=words[2] if len(words) > 2 else "",
        payloads=payloads,
        codecs=tuple(_codec(payload, attributes) for payload in payloads),
        direction=_direction(attributes) or _direction(session_attributes) or "sendrecv",
        address=_connection(block) or session_address,
        ptime=_number(attributes, "ptime"),
        attributes=attributes,
    )


def _codec(payload: int, attributes: tuple[str, ...]) -> Codec:
    name, rate = STATIC_TYPES.get(payload, ("", 0))
    fmtp = ""
    for attribute in attributes:
        match = re.match(rf"rtpmap:{payload}\s+([^/\s]+)/(\d+)", attribute)
        if match:
            name, rate = match.group(1), int(match.group(2))
        match = re.match(rf"fmtp:{payload}\s+(.*)", attribute)
        if match:
            fmtp = match.group(1)
    return Codec(payload, name, rate, fmtp)


def _direction(attributes: tuple[str, ...]) -> str:
    return next((a for a in attributes if a in DIRECTIONS), "")


def _number(attributes: tuple[str, ...], name: str) -> int | None:
    for attribute in attributes:
        match = re.match(rf"{name}:\s*(\d+)", attribute)
        if match:
            return int(match.group(1))
    return None


def _first(lines: list[tuple[str, str]], kind: str) -> str:
    return next((value for there, value in lines if there == kind), "")


def _connection(lines: list[tuple[str, str]]) -> str:
    words = _first(lines, "c").split()
    return words[2].partition("/")[0] if len(words) > 2 else ""
