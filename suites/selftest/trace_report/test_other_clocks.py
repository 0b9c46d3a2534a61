"""Calls of other makers: codecs whose clock is not 8000 Hz break no rule, and their digits are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.trace_report import build, reading
from harness.trace_report.model import Report
from suites.selftest.trace_report import media_traces
from suites.selftest.trace_report.media_traces import Clock
from suites.selftest.trace_report.traces import BASE

CLOCKS = [
    Clock("PCMA", 8000, 160, kind=8),
    Clock("G722", 8000, 160, kind=9),
    Clock("L16", 16000, 640),
    Clock("speex", 16000, 70),
    Clock("AMR-WB", 16000, 61),
    Clock("opus", 48000, 80),
]


def report(path: Path, clock: Clock) -> Report:
    return build.report(reading.material(reading.Question(media_traces.write(path, clock), (BASE,))))


@pytest.mark.parametrize("clock", CLOCKS, ids=lambda clock: clock.name)
def test_a_call_on_any_clock_breaks_no_rule(clock: Clock, tmp_path: Path) -> None:
    found = report(tmp_path / "call.pcap", clock)
    told = [
        f"{fault.rule}: {fault.claim}, {fault.expected}, {fault.seen}" for one in found.broken for fault in one.faults
    ]
    assert told == []
    assert [(stream.way, stream.codec, stream.ptime_ms) for stream in found.streams] == [
        ("sent", clock.name, 20),
        ("heard", clock.name, 20),
    ]
    held = {rule.id for rule in found.rules if rule.held}
    assert {"DTMF-DURATION", "DTMF-NUMBER", "RTCP-TIME", "RTCP-COUNT", "SDP-FORMATS"} <= held
    assert found.streams[0].jitter_ms < 1


@pytest.mark.parametrize("rate", [8000, 16000])
def test_events_on_another_clock_than_the_speech_are_named(rate: int, tmp_path: Path) -> None:
    clock = Clock("opus", 48000, 80)
    path = media_traces.write(tmp_path / "call.pcap", clock)
    # The rate is as long as before, so that lengths stay right.
    wrong = f"telephone-event/{rate}".ljust(21, " ").encode()
    path.write_bytes(path.read_bytes().replace(b"telephone-event/48000", wrong))
    found = build.report(reading.material(reading.Question(path, (BASE,))))
    assert "clock rate of TELEPHONE-EVENT" in {fault.claim for one in found.broken for fault in one.faults}
