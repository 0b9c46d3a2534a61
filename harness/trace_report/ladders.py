"""The ladders of a report: each call's messages and streams, those that broke a rule marked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.capture import ladder, ladder_svg
from harness.capture.ladder import Ladder
from harness.rules.spans import SETTLED_S
from harness.trace_report import parties
from harness.trace_report.masking import masked, visible

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.session import Session
    from harness.trace_report.model import Report

_PRODUCT_LETTERS = 22
_FAR = "far end"


class Ladders:
    """Draws the calls of a report; texts of the wire are masked before they are drawn."""

    def __init__(self, report: Report, calls: Sequence[CallEvidence], every: Sequence[SipMessage]) -> None:
        self._calls, self._every = calls, every
        self._names = {party.address: _name(party.role, party.software) for party in report.parties}
        self._faults = [fault for rule in report.broken for fault in rule.faults]

    def text(self, number: int) -> str:
        """The ladder of a call in characters."""
        return ladder.written(self._of_call(number))

    def svg(self, number: int) -> str:
        """The ladder of a call, drawn in the style of the page around it."""
        first = next((fault for fault in self._faults if fault.call == number), None)
        callout = f"{first.rule}: expected {first.expected}, seen {first.seen}" if first else ""
        return ladder_svg.drawn(self._of_call(number), callout=callout, embedded=True)

    def beside(self, frames: Sequence[int]) -> str:
        """The ladder of what broke a rule outside of any call: the transactions around these packets."""
        near = {m.call_id for m in self._every if m.frame in frames}
        messages = [m for m in self._every if m.call_id in near]
        cut = _around(messages, frames)
        return ladder_svg.drawn(self._built(cut, (), frames), embedded=True) if cut else ""

    def _of_call(self, number: int) -> Ladder:
        call = self._calls[number - 1]
        marked = [frame for fault in self._faults if fault.call == number for frame in (fault.frame,)]
        return self._built(call.messages, list(in_parts(call)), marked)

    def _built(self, messages: Sequence[SipMessage], streams: Sequence[RtpStream], marked: Sequence[int]) -> Ladder:
        names = {**{end: _FAR for s in streams for end in (s.src, s.dst)}, **self._names}
        return visible(masked(ladder.build(messages, marked=marked, names=names, streams=streams)))


def in_parts(call: CallEvidence) -> Iterator[RtpStream]:
    """The streams of a call, each cut where an answer changed directions, addresses or ports: a bar is under one."""
    changes = [after.at for before, after in pairwise(call.sessions) if _ends(before) != _ends(after)]
    for stream in call.streams or ():
        # What was on its way at that moment belongs to what was before.
        yield from stream.cut_at([at + SETTLED_S * bool(stream.between(at - SETTLED_S, at)) for at in changes])


def _ends(session: Session) -> list[tuple[object, ...]]:
    described = (session.own_audio, session.far_audio)
    return [(media.direction, media.address, media.port) if media else () for media in described]


def _around(
    messages: Sequence[SipMessage], frames: Sequence[int], *, before: int = 4, after: int = 2
) -> list[SipMessage]:
    """Some messages before the first of these packets and after the last."""
    places = [index for index, m in enumerate(messages) if m.frame in frames]
    if not places:
        return []
    begin, end = max(places[0] - before, places[-1] - 4 * before, 0), places[-1] + after + 1
    return list(messages[begin:end])


def _name(role: str, software: str) -> str:
    if role == parties.BASE:
        return "base"
    product = software.split(" ")[0].partition("/")[0] if software else ""
    return product[:_PRODUCT_LETTERS] or role or _FAR
