"""Session descriptions as offered and answered: origin, media, codecs, direction (RFC 8866, RFC 3264)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from harness.capture.headers import number
from harness.core.errors import Expectation, ProductFailure

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")

# Payload types that need no rtpmap (RFC 3551 §6).
STATIC_TYPES = {
    0: ("PCMU", 8000), 2: ("G726-32", 8000), 3: ("GSM", 8000), 4: ("G723", 8000), 5: ("DVI4", 8000),
    6: ("DVI4", 16000), 7: ("LPC", 8000), 8: ("PCMA", 8000), 9: ("G722", 8000), 10: ("L16", 44100), 11: ("L16", 44100),
    12: ("QCELP", 8000), 13: ("CN", 8000), 14: ("MPA", 90000), 15: ("G728", 8000), 16: ("DVI4", 11025),
    17: ("DVI4", 22050), 18: ("G729", 8000), 25: ("CelB", 90000), 26: ("JPEG", 90000), 28: ("nv", 90000),
    31: ("H261", 90000), 32: ("MPV", 90000), 33: ("MP2T", 90000), 34: ("H263", 90000),
}  # fmt: skip


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
    """One m= block with the values of the session level."""

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

    @property
    def offers_keys(self) -> bool:
        """Whether it has keys for SRTP, or a fingerprint for them (RFC 4568, RFC 5763)."""
        return any(attribute.startswith(("crypto:", "fingerprint:")) for attribute in self.attributes)

    def codec(self, name: str) -> Codec | None:
        """The entry of one encoding name, without regard to case."""
        return next((c for c in self.codecs if c.name.lower() == name.lower()), None)

    @property
    def rtcp_port(self) -> int:
        """Where RTCP goes: a=rtcp, or the port above (RFC 3605)."""
        for attribute in self.attributes:
            match = re.match(r"rtcp:([0-9]{1,5})(?![0-9])", attribute)
            if match:
                return int(match.group(1))
        return self.port + 1


@dataclass(frozen=True)
class Sdp:
    """A session description; `problems` names the lines that are not written as RFC 8866 wants them."""

    session_id: str = ""
    origin_version: int = -1
    origin_user: str = ""
    origin_address: str = ""
    address: str = ""
    media: tuple[Media, ...] = ()
    attributes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    problems: tuple[str, ...] = ()

    @property
    def audio(self) -> Media:
        """The first audio block; ProductFailure without any."""
        for media in self.media:
            if media.kind == "audio":
                return media
        kinds = ", ".join(media.kind for media in self.media) or "no media at all"
        raise ProductFailure(Expectation("the session description has audio", "a block m=audio", kinds))


def parse(text: str) -> Sdp:
    """Read a session description; invalid lines are ignored, as a phone would do, and named in `problems`."""
    session: list[tuple[str, str]] = []
    blocks: list[list[tuple[str, str]]] = []
    problems: list[str] = []
    for line in re.split(r"\r?\n", text):
        kind, equals, value = line.partition("=")
        if not equals or len(kind) != 1:
            problems += [f"a line of the description without a type: {line[:60]!r}"] if line.strip() else []
            continue
        if kind == "m":
            blocks.append([])
        (blocks[-1] if blocks else session).append((kind, value.strip(" \t")))
    origin = (_words(_first(session, "o")) + [""] * 6)[:6]
    version = number(origin[2], _ANY_LENGTH)
    address = _connection(session)
    attributes = tuple(value for kind, value in session if kind == "a")
    media = tuple(_media(block, address, attributes) for block in blocks)
    problems += _origin_problems(session)
    problems += [problem for block in blocks for problem in _media_problems(block)]
    return Sdp(
        session_id=origin[1],
        origin_version=-1 if version is None else version,
        origin_user=origin[0],
        origin_address=origin[5],
        address=address,
        media=media,
        attributes=attributes,
        text=text,
        problems=tuple(problems),
    )


_ANY_LENGTH = 10**40
_LARGEST_PORT, _LARGEST_TYPE = 65535, 127


def _media(block: list[tuple[str, str]], session_address: str, session_attributes: tuple[str, ...]) -> Media:
    words = _words(block[0][1])
    attributes = tuple(value for kind, value in block if kind == "a")
    numbers = (number(word, _LARGEST_TYPE) for word in words[3:])
    payloads = tuple(payload for payload in numbers if payload is not None)
    port = words[1].partition("/")[0] if len(words) > 1 else ""
    return Media(
        kind=words[0] if words else "",
        port=number(port, _LARGEST_PORT) or 0,
        proto=words[2] if len(words) > 2 else "",
        payloads=payloads,
        codecs=tuple(_codec(payload, attributes) for payload in payloads),
        direction=_direction(attributes) or _direction(session_attributes) or "sendrecv",
        address=_connection(block) or session_address,
        ptime=_number(attributes, "ptime"),
        attributes=attributes,
    )


def _origin_problems(session: list[tuple[str, str]]) -> list[str]:
    found = []
    for kind, value in session:
        words = _words(value)
        if kind == "o" and (len(words) != 6 or any(number(word, _ANY_LENGTH) is None for word in words[1:3])):
            found.append(f"o={value}")
        if kind == "c" and len(words) != 3:
            found.append(f"c={value}")
    return found


def _media_problems(block: list[tuple[str, str]]) -> list[str]:
    """The words of a media block that should be numbers and are not; the formats of `udptl` and the like are names."""
    line = block[0][1]
    words = _words(line)
    if len(words) < 4 or number(words[1].partition("/")[0], _LARGEST_PORT) is None:
        return [f"m={line}"]
    found = []
    if "RTP/" in words[2]:
        found += [f"m={line}: format {word!r}" for word in words[3:] if number(word, _LARGEST_TYPE) is None]
    for kind, value in block:
        if kind == "a" and value.startswith("rtpmap:") and not _RTPMAP.fullmatch(value):
            found.append(f"a={value}")
        if kind == "a" and value.startswith("ptime:") and _number((value,), "ptime") is None:
            found.append(f"a={value}")
        if kind == "c" and len(_words(value)) != 3:
            found.append(f"c={value}")
    return found


_RTPMAP = re.compile(r"rtpmap:([0-9]{1,3})[ \t]+([^/ \t]+)/([0-9]{1,9})(/[^ \t]+)?[ \t]*")


def _codec(payload: int, attributes: tuple[str, ...]) -> Codec:
    name, rate = STATIC_TYPES.get(payload, ("", 0))
    fmtp = ""
    for attribute in attributes:
        match = _RTPMAP.match(attribute)
        if match and int(match.group(1)) == payload:
            name, rate = match.group(2), int(match.group(3))
        match = re.match(rf"fmtp:{payload}[ \t]+(.*)", attribute)
        if match:
            fmtp = match.group(1)
    return Codec(payload, name, rate, fmtp)


def _direction(attributes: tuple[str, ...]) -> str:
    return next((a for a in attributes if a in DIRECTIONS), "")


def _number(attributes: tuple[str, ...], name: str) -> int | None:
    for attribute in attributes:
        match = re.match(rf"{name}:[ \t]*([0-9]{{1,9}})(\.[0-9]+)?[ \t]*$", attribute)
        if match:
            return int(match.group(1))
    return None


def _first(lines: list[tuple[str, str]], kind: str) -> str:
    return next((value for there, value in lines if there == kind), "")


def _words(value: str) -> list[str]:
    """The words of a line, divided by blanks only."""
    return [word for word in re.split("[ \t]+", value) if word]


def _connection(lines: list[tuple[str, str]]) -> str:
    words = _words(_first(lines, "c"))
    return words[2].partition("/")[0] if len(words) > 2 else ""
