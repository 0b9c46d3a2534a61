"""Draws the ladder as SVG: self-contained, legible in a report and in print, the message that broke the rule marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from html import escape

from harness.capture.ladder import Ladder, Note, Row, build, when
from harness.capture.messages import Packet
from harness.capture.rtp import RtpStream

_LEFT = 104
_COLUMN = 300
_RIGHT = 92
_ROW = 34
_NOTE_ROW = 24
_HEAD = 98
_LETTER = 6.6
_BOLD_LETTER = 8.2

STYLE = """
.ladder{font:12.5px/1.3 "Inter","Segoe UI","DejaVu Sans",system-ui,sans-serif}
.ladder .paper{fill:var(--paper,#fff)}
.ladder .title{font-size:14px;font-weight:600;fill:var(--ink,#101828)}
.ladder .begin{fill:var(--faint,#667085);font-size:11.5px}
.ladder .party rect{fill:var(--panel,#f2f4f7);stroke:var(--edge,#d0d5dd)}
.ladder .party .name{font-weight:600;fill:var(--ink,#101828)}
.ladder .party .address,.ladder .time,.ladder .frame{font:11px "DejaVu Sans Mono",ui-monospace,monospace}
.ladder .party .address,.ladder .time{fill:var(--faint,#667085)}
.ladder .base rect{fill:var(--strong,#1d2939);stroke:var(--strong,#1d2939)}
.ladder .base .name{fill:#fff}.ladder .base .address{fill:#cfd5df}
.ladder .life{stroke:var(--edge,#d0d5dd);stroke-dasharray:3 4}
.ladder .frame{fill:var(--fainter,#98a2b3)}.ladder .number{fill:var(--fainter,#98a2b3);font-size:10px}
.ladder .label{font-weight:600}.ladder .detail{fill:var(--soft,#475467);font-weight:400}
.ladder .request{--c:var(--blue,#175cd3)}.ladder .c1xx{--c:var(--faint,#667085)}.ladder .c2xx{--c:var(--green,#067647)}
.ladder .c3xx{--c:var(--violet,#6941c6)}
.ladder .c4xx,.ladder .c5xx,.ladder .c6xx{--c:var(--amber,#b54708)}
.ladder .other{--c:var(--soft,#475467)}.ladder .rtp{--c:var(--teal,#0e7090)}
.ladder .row line{stroke:var(--c);stroke-width:1.6}.ladder .row path,.ladder .row .label{fill:var(--c)}
.ladder .rtp line{stroke-width:6;stroke-opacity:.22}.ladder .again line{stroke-dasharray:5 3}
.ladder .note text{fill:var(--note,#7a5b00);font-size:11.5px}
.ladder .note rect{fill:var(--note-paper,#fff9e6);stroke:var(--note-edge,#f5e3a8)}
.ladder .note .time{fill:var(--faint,#667085)}
.ladder .marked{--c:var(--red,#b42318)}
.ladder .marked .band{fill:var(--red-paper,#fef3f2);stroke:var(--red-edge,#f04438);stroke-width:1.2}
.ladder .marked .time,.ladder .marked .frame,.ladder .marked .number{fill:var(--red,#b42318)}
.ladder .marked line{stroke-width:2.6}.ladder .callout{fill:var(--red,#b42318);font-size:11.5px;font-weight:500}
"""


def svg(
    messages: Iterable[Packet],
    marked: Collection[int] = (),
    *,
    names: Mapping[str, str] | None = None,
    notes: Iterable[Note] = (),
    streams: Iterable[RtpStream] = (),
    title: str = "",
    callout: str = "",
) -> str:
    """The ladder as an SVG document; `callout` stands under the first marked row and says what was expected."""
    ladder = build(messages, marked=marked, names=names, notes=notes, streams=streams)
    return drawn(ladder, title=title, callout=callout)


def drawn(ladder: Ladder, *, title: str = "", callout: str = "", embedded: bool = False) -> str:
    """A ladder that is built, as SVG; an `embedded` one takes STYLE and its colours from the page around."""
    width = _LEFT + _COLUMN * max(1, len(ladder.columns)) + _RIGHT - (_COLUMN - 200)
    body: list[str] = []
    y = float(_HEAD + 12)
    called = not callout
    for number, row in enumerate(ladder.rows, 1):
        body.append(_note(row, y, ladder, width) if row.kind == "note" else _row(number, row, y, ladder, width))
        y += _NOTE_ROW if row.kind == "note" else _ROW
        if row.marked and not called:
            called = True
            lines = _wrapped(callout, int((width - _LEFT - 24) / _LETTER))
            body += [
                f'<text class="callout" x="{_LEFT}" y="{y + 10 + 15 * i:.0f}">{escape(line)}</text>'
                for i, line in enumerate(lines)
            ]
            y += 15 * len(lines) + 10
    height = y + 14
    return "\n".join(
        [
            f'<svg class="ladder" xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height:.0f}" '
            f'viewBox="0 0 {width} {height:.0f}" role="img">',
            "" if embedded else f"<style>{STYLE}</style>",
            f'<rect class="paper" width="{width}" height="{height:.0f}"/>',
            _head(ladder, title, height),
            *body,
            "</svg>",
        ]
    )


def _head(ladder: Ladder, title: str, height: float) -> str:
    parts = [f'<text class="title" x="16" y="22">{escape(title)}</text>'] if title else []
    if ladder.rows:
        parts.append(f'<text class="begin" x="16" y="40">from {when(ladder.begins)}</text>')
    for index, (address, name) in enumerate(ladder.columns):
        x = _x(index)
        kind = "party base" if name == "base" else "party"
        parts.append(f'<line class="life" x1="{x}" y1="{_HEAD}" x2="{x}" y2="{height - 10:.0f}"/>')
        parts.append(
            f'<g class="{kind}"><rect x="{x - 75}" y="{_HEAD - 40}" width="150" height="40" rx="6"/>'
            f'<text class="name" x="{x}" y="{_HEAD - 23}" text-anchor="middle">{escape(name or "unknown")}</text>'
            f'<text class="address" x="{x}" y="{_HEAD - 8}" text-anchor="middle">{escape(address)}</text></g>'
        )
    return "\n".join(parts)


def _row(number: int, row: Row, y: float, ladder: Ladder, width: int) -> str:
    start, end = _x(row.left), _x(row.right)
    if start == end:
        end = start + 120
    right = end > start
    tip = end - 1 if right else end + 1
    line = y + 22
    kind = f"c{row.kind}" if row.kind[0].isdigit() else row.kind
    classes = " ".join(["row", kind, *(["marked"] if row.marked else []), *(["again"] if row.resend else [])])
    back = 9 if right else -9
    middle = (start + end) / 2
    room: float = abs(end - start) - 2 * abs(back)
    label = _cut(row.label, int(room / _BOLD_LETTER))
    room -= _BOLD_LETTER * (len(label) + 1)
    detail = _cut(row.detail, int(room / _LETTER)) if room > 3 * _LETTER else ""
    parts = [f'<g class="{classes}">']
    if row.marked:
        parts.append(f'<rect class="band" x="6" y="{y + 1:.0f}" width="{width - 12}" height="{_ROW - 2}" rx="5"/>')
    parts += [
        f"<title>row {number}, {when(row.at)}, packet {row.frame}: {escape(row.label)} {escape(row.detail)}</title>",
        f'<text class="number" x="12" y="{line + 1:.0f}">{number}</text>',
        f'<text class="time" x="{_LEFT - 14}" y="{line + 1:.0f}" text-anchor="end">{_moment(row, ladder)}</text>',
        f'<line x1="{start}" y1="{line:.0f}" x2="{tip - back / 2:.0f}" y2="{line:.0f}"/>',
        f'<path d="M{tip},{line:.0f} l{-back},-5 v10 z"/>',
        f'<text class="label" x="{middle:.0f}" y="{line - 6:.0f}" text-anchor="middle">{escape(label)}'
        f'<tspan class="detail" dx="6">{escape(detail)}</tspan></text>',
        f'<text class="frame" x="{width - 14}" y="{line + 1:.0f}" text-anchor="end">#{row.frame}</text>',
        "</g>",
    ]
    return "".join(parts)


def _note(row: Row, y: float, ladder: Ladder, width: int) -> str:
    words = _cut(f"{row.detail + ' · ' if row.detail else ''}{row.label}", int((width - _LEFT - _RIGHT) / _LETTER))
    length = len(words) * _LETTER + 16
    return (
        f'<g class="note"><text class="time" x="{_LEFT - 14}" y="{y + 15:.0f}" text-anchor="end">'
        f"{_moment(row, ladder)}</text>"
        f'<rect x="{_LEFT}" y="{y + 3:.0f}" width="{length:.0f}" height="18" rx="4"/>'
        f'<text x="{_LEFT + 8}" y="{y + 16:.0f}">{escape(words)}</text></g>'
    )


def _moment(row: Row, ladder: Ladder) -> str:
    return f"{row.at - ladder.begins:.3f} s"


def _x(column: int) -> int:
    return _LEFT + 75 + column * _COLUMN


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(0, room - 1)] + "…"


def _wrapped(text: str, room: int) -> list[str]:
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split():
            if len(line) + len(word) + 1 > room:
                lines.append(line)
                line = "   "
            line = f"{line} {word}".strip() if line.strip() else f"{line}{word}"
        lines.append(line)
    return [line for line in lines if line.strip()]
