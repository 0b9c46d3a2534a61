"""`m9 judge FILE --base ADDRESS`: judges the base by a stored trace, rule by rule and call by call."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli.console import JsonOption, run, say, shown, writable, write_json

if TYPE_CHECKING:
    from harness.trace_report.reading import Question


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="a pcap or pcapng file, gzipped or not")],
    base: Annotated[
        str, typer.Option("--base", metavar="ADDRESS[,…]", help="the addresses of the base that is judged")
    ] = "",
    profile: Annotated[
        str,
        typer.Option("--profile", metavar="NAME", help="whose rules (default: the RFCs' at any server, or its run's)"),
    ] = "",
    begin: Annotated[
        str, typer.Option("--from", metavar="TIME", help="judge from here on: +SECONDS, 22:13:20, ISO 8601 or epoch")
    ] = "",
    end: Annotated[str, typer.Option("--to", metavar="TIME", help="and to here")] = "",
    call: Annotated[
        str, typer.Option("--call", metavar="NUMBER", help="one call in full: its number, or a part of its Call-ID")
    ] = "",
    every: Annotated[bool, typer.Option("--all", help="list the rules that had no occasion, too")] = False,
    password: Annotated[
        list[str] | None,
        typer.Option("--password", metavar="[USER=]env:NAME", help="checks digests with it; file:PATH too; repeatable"),
    ] = None,
    keylog: Annotated[
        Path | None, typer.Option("--keylog", metavar="FILE", help="opens TLS: an SSLKEYLOGFILE, or the server's key")
    ] = None,
    acts: Annotated[
        Path | None, typer.Option("--acts", metavar="FILE", help="what a run kept of its acts (default: of its folder)")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", callback=writable, help="write the report as one page")
    ] = None,
    json: JsonOption = None,
) -> None:
    """Judge a stored trace by the rules of a profile. Exit code 0 good, 10 broken, 12 nothing judged, 2 wrong use."""
    addresses = tuple(word.strip() for word in base.split(",") if word.strip())

    def asked() -> int:
        from harness.trace_report.reading import Question

        question = Question(file, addresses, profile, begin, end, call, tuple(password or ()), keylog, acts)
        with _without_collector():
            return judge(question, html, json, every=every)

    run(asked)


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Objects of a trace live to the end, and garbage collection over them would take a sixth of the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def judge(question: Question, html: Path | None = None, json: Path | None = None, *, every: bool = False) -> int:
    """Read, judge, show; returns the exit code."""
    from harness.trace_report import as_json, build, masking, reading, text
    from harness.trace_report.ladders import Ladders
    from harness.trace_report.terminal import Style

    material = reading.material(question)
    report = masking.masked(build.report(material))
    readable = masking.visible(report)
    ladders = Ladders(readable, material.calls, material.evidence.sip)
    ladder = ladders.text(material.call) if material.call else ""
    say(text.written(readable, Style.of_terminal(), ladder=ladder, every=every).rstrip())
    if json is not None:
        write_json(json, as_json.content(report))
    if html is not None:
        from harness.trace_report import page

        page.write(html, readable, ladders)
        say(f"\nm9: {shown(html)}")
    return report.exit_code
