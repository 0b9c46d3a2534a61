"""The SIP ladder: messages with sender, receiver and time, as rows for text and SVG."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from harness.capture.messages import Packet, SipMessage, clock_text
from harness.capture.rtp import RtpStream

_COLUMN = 40
_GUTTER = 14


@dataclass(frozen=True)
class Note:
    """An event beside the packets: a pressed key, a display, power."""

    at: float
    text: str
    part: str = ""


@dataclass(frozen=True)
class Row:
    """One line of a ladder; `left` and `right` are columns, equal for a note."""

    at: float
    label: str
    detail: str = ""
    left: int = 0
    right: int = 0
    frame: int = 0
    kind: str = "request"
    marked: bool = False
    resend: bool = False


@dataclass(frozen=True)
class Ladder:
    """Columns (address and name) and rows in the order of time."""

    columns: tuple[tuple[str, str], ...]
    rows: tuple[Row, ...]
    begins: float


def build(
    messages: Iterable[Packet],
    *,
    marked: Collection[int] = (),
    names: Mapping[str, str] | None = None,
    notes: Iterable[Note] = (),
    streams: Iterable[RtpStream] = (),
) -> Ladder:
    """A ladder of these messages; `marked` are frame numbers, `names` say who an address is, the base comes first."""
    known = dict(names or {})
    ordered = sorted(messages, key=lambda m: (m.at, m.frame))
    heard = [s for s in streams if s.packets]
    addresses = list(dict.fromkeys(end for m in ordered for end in (m.src, m.dst)))
    addresses += [end for s in heard for end in (s.src, s.dst) if end not in addresses]
    addresses = list(dict.fromkeys(sorted(addresses, key=lambda a: known.get(a) != "base")))
    place = {address: index for index, address in enumerate(addresses)}
    rows = [_message_row(m, place, m.frame in marked and m.frame != 0) for m in ordered]
    rows += [Row(n.at, n.text, n.part, kind="note") for n in notes]
    rows += [_stream_row(s, place) for s in heard]
    rows.sort(key=lambda row: row.at)
    begins = rows[0].at if rows else 0.0
    return Ladder(tuple((a, known.get(a, "")) for a in addresses), tuple(rows), begins)


def text(
    messages: Iterable[Packet],
    marked: Collection[int] = (),
    *,
    names: Mapping[str, str] | None = None,
    notes: Iterable[Note] = (),
    streams: Iterable[RtpStream] = (),
) -> str:
    """The ladder in characters; a marked message has ▶ in the margin."""
    return written(build(messages, marked=marked, names=names, notes=notes, streams=streams))


def written(ladder: Ladder) -> str:
    """A ladder that is built, in characters."""
    lines = list(_head(ladder))
    lines += [_line(number, row, ladder) for number, row in enumerate(ladder.rows, 1)]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _message_row(message: Packet, place: Mapping[str, int], marked: bool) -> Row:
    label, detail, kind = message.summary, "", "other"
    resend = False
    if isinstance(message, SipMessage):
        resend = message.resend
        if message.is_request:
            label, detail, kind = message.method, _target(message), "request"
        else:
            label = f"{message.status} {message.reason}"
            detail, kind = message.cseq.method, f"{message.status // 100}xx"
        if message.sdp_or_none and message.sdp_or_none.media:
            media = message.sdp_or_none.media[0]
            described = f"{media.direction} {'/'.join(media.names[:3]) or media.kind}"
            # First what a reader looks for: there may be no room for all.
            detail = f"{described}  {detail}" if message.is_request else f"{detail}  {described}"
    return Row(
        message.at, label, detail.strip(), place[message.src], place[message.dst], message.frame, kind, marked, resend
    )


def _target(message: SipMessage) -> str:
    """The Request-URI without what no reader looks for."""
    uri = message.request_uri.partition(";")[0]
    extra = " Expires 0" if message.method == "REGISTER" and message.expires == 0 else ""
    signed = " (signed)" if message.has("authorization") or message.has("proxy-authorization") else ""
    return uri + extra + signed


def _stream_row(stream: RtpStream, place: Mapping[str, int]) -> Row:
    names = {kind: codec.name for kind, codec in stream.codecs.items() if codec.name}
    types = "/".join(dict.fromkeys(names.get(kind) or f"type {kind}" for kind in stream.payload_types))
    packets = f"{stream.packets} packet{'s' * (stream.packets != 1)}"
    detail = f"{types}, {packets} in {stream.duration:.1f} s, {stream.lost} lost"
    return Row(stream.first_at, "RTP", detail, place[stream.src], place[stream.dst], stream.first_frame, "rtp")


def _head(ladder: Ladder) -> Iterable[str]:
    yield " " * _GUTTER + "".join(f"{name or '?':^{_COLUMN}}" for _, name in ladder.columns)
    yield " " * _GUTTER + "".join(f"{address:^{_COLUMN}}" for address, _ in ladder.columns)


def _line(number: int, row: Row, ladder: Ladder) -> str:
    margin = f"{'▶' if row.marked else ' '}{number:>3} {row.at - ladder.begins:8.3f} "
    if row.kind == "note":
        return f"{margin}  · {row.detail + ': ' if row.detail else ''}{row.label}"
    canvas = [" "] * (_COLUMN * len(ladder.columns))
    for column in range(len(ladder.columns)):
        canvas[_centre(column)] = "│"
    start, end = sorted((_centre(row.left), _centre(row.right)))
    if start == end:
        end = min(len(canvas) - 1, start + _COLUMN // 2)
    stroke = "═" if row.kind == "rtp" else "─"
    canvas[start + 1 : end] = stroke * (end - start - 1)
    words = f" {row.label} {row.detail} ".replace("  ", " ")
    room = end - start - 5
    words = words if len(words) <= room else words[: room - 1] + "…"
    begin = start + 1 + (end - start - 1 - len(words)) // 2
    canvas[begin : begin + len(words)] = words
    canvas[end - 1 if row.right >= row.left else start + 1] = "▶" if row.right >= row.left else "◀"
    tail = f"  packet {row.frame}" + (" again" if row.resend else "")
    return margin + "".join(canvas) + tail


def _centre(column: int) -> int:
    return column * _COLUMN + _COLUMN // 2


def when(at: float) -> str:
    """Time of day, as the drawing's head shows it."""
    return clock_text(at)
