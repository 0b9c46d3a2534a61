"""The report as one page that stands alone: no script, nothing from outside, light and dark, printable."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from harness.capture import ladder_svg
from harness.capture.messages import clock_text, endpoint
from harness.core import files, templates
from harness.core.errors import UsageError
from harness.trace_report import text_tables, timeline, wording
from harness.trace_report.streams import by_call

if TYPE_CHECKING:
    from harness.trace_report.ladders import Ladders
    from harness.trace_report.model import Report

_FOLDER = Path(__file__).parent / "templates"
MOST_LADDERS = 200
"""So many calls are drawn, those that broke a rule first: a page of thousands would not open."""


def write(path: Path, report: Report, ladders: Ladders) -> None:
    """Write the page; raises UsageError where it cannot be written."""
    try:
        files.write(path, html(report, ladders), errors="backslashreplace")
    except OSError as error:
        raise UsageError(f"--html {path}: {error.strerror}") from error


def html(report: Report, ladders: Ladders) -> str:
    """The page. All that came from the wire is escaped by the template engine; drawings escape their own texts."""
    from markupsafe import Markup

    environment = templates.environment(_FOLDER)
    environment.filters.update(
        clock=clock_text, seconds=wording.seconds, endpoint=endpoint, registration=text_tables.registration_words
    )
    text: str = environment.get_template("trace.html.j2").render(
        report=report,
        name=PurePath(report.trace.file).name,
        span=wording.span(report.trace.begins, report.trace.ends),
        style=Markup((_FOLDER / "trace.css").read_text(encoding="utf-8") + ladder_svg.STYLE),
        timeline=Markup(timeline.svg(report)),
        ladders={number: Markup(drawn) for number, drawn in _ladders(report, ladders).items()},
        streams_of=by_call(report.streams),
        rules={rule.id: rule for rule in report.rules},
        faults_of=_faults_of(report),
        tiles=[
            (report.trace.frames, "packet"),
            (report.trace.sip_messages, "SIP message"),
            (len(report.calls), "call"),
            (len(report.streams), "RTP stream"),
            (len(report.registrations), "registration"),
        ],
        key=timeline.KEY,
        most_ladders=MOST_LADDERS,
    )
    return text


def _ladders(report: Report, ladders: Ladders) -> Mapping[int, str]:
    """The drawings by the number of the call; 0 is what broke a rule outside of any call."""
    wanted = sorted(report.calls, key=lambda call: (not call.faults, call.number))[:MOST_LADDERS]
    found = {call.number: ladders.svg(call.number) for call in wanted}
    outside = [fault.frame for rule in report.broken for fault in rule.faults[:3] if not fault.call and fault.frame]
    drawn = ladders.beside(outside[:20]) if outside else ""
    return {**found, 0: drawn} if drawn else found


def _faults_of(report: Report) -> Mapping[int, Sequence[object]]:
    found: dict[int, list[object]] = {}
    for rule in report.broken:
        for fault in rule.faults:
            found.setdefault(fault.call, []).append(fault)
    return found
