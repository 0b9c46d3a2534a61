"""Evidence of a call that is played back on a loopback interface; run by test_recorder inside a private segment."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest
from allure_commons.model2 import TestResult as AllureResult
from allure_commons.reporter import AllureReporter

from harness.bench import stored_call
from harness.capture import trace
from harness.capture.live import Capture
from harness.core import steps
from harness.core.errors import Expectation
from harness.core.redaction import redaction
from harness.evidence import timeline
from harness.evidence.attach import Attachment
from harness.evidence.recorder import Recorder
from harness.evidence.run_folder import RunFolder
from harness.evidence.timeline import Entry

TEST = "suites/calls/test_hold.py::test_hold[asterisk-HLD-1]"
NAMES = {"198.18.9.50": "base", "198.18.9.11": "PBX", "198.18.9.20": "peer"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="module")
def recorder(folder: Path) -> Iterator[Recorder]:
    run = RunFolder(folder)
    redaction.register("qx3k1d")
    with Capture("lo", run.capture) as wire:
        found = Recorder(run)
        found.add_source(base_log)
        with found.subscribed(), found.watching(wire, NAMES):
            yield found


def base_log(start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
    return [Attachment.text("base log", "SIP: registered\n")], [Entry(start + 0.001, "base log", "registered")]


def play(seconds: float) -> None:
    """The frames of a call, all at once: they are not sent to anybody."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as raw:
        raw.bind(("lo", 0))
        who = stored_call.CallParties()
        for _, frame in sorted(stored_call.frames(seconds, who, stored_call.BEGINS), key=lambda pair: pair[0]):
            raw.send(frame)


def test_a_failing_test_leaves_everything(recorder: Recorder) -> None:
    wire = recorder.wire
    assert wire is not None
    reporter = AllureReporter()
    result = AllureResult(uuid="u", name="test", steps=[], attachments=[])
    reporter.schedule_test("u", result)
    recorder.begin(TEST)
    with steps.step("handset", "press HOLD"):
        play(1.0)
    answer = wire.sip.expect(status=200, cseq_method="INVITE")
    broken = Expectation("held party is offered sendonly", "sendonly", "sendrecv", "HLD-1", frames=(answer.frame,))
    listener = SimpleNamespace(allure_logger=reporter, _cache={TEST: "u"})
    test = recorder.finish("product failure", expectation=broken, allure_listener=listener)
    assert test is not None
    assert test.trouble == []
    files = {path.name: path for path in test.folder.iterdir()}
    assert {"ladder.svg", "ladder-as-text.txt", "sip-messages.txt", "rtp-streams.txt", "capture.pcapng",
            "timeline.txt", "base-log.txt"} <= set(files)  # fmt: skip
    assert len([name for name in files if name.endswith(".wav")]) == 2
    assert "HLD-1: expected sendonly" in files["ladder.svg"].read_text()
    assert "▶" in files["ladder-as-text.txt"].read_text()
    assert "PCMA" in files["rtp-streams.txt"].read_text()
    assert "digit 5" in files["rtp-streams.txt"].read_text()
    text = files["timeline.txt"].read_text()
    assert text.index("press HOLD") < text.index("INVITE") < text.index("BYE")
    assert "registered" in text
    for path in files.values():
        assert b"qx3k1d" not in path.read_bytes(), path.name
    stored = trace.read(files["capture.pcapng"])
    assert [m.status or m.method for m in stored.sip] == ["INVITE", 100, 180, 200, "ACK", "BYE", 200]
    names = {attachment.name for attachment in result.attachments}
    assert {"ladder", "capture", "timeline", "rtp streams"} <= names
    assert any(step.name == "handset: press HOLD" for step in result.steps)


def test_the_runs_timeline_has_every_test(recorder: Recorder) -> None:
    recorder.begin("suites/web/test_pages.py::test_login")
    steps.publish("web", "login")
    recorder.finish("passed")
    lines = timeline.read(recorder.run.timeline)
    assert {line["test"] for line in lines} >= {"suites/web/test_pages.py::test_login"}
    assert [line["text"] for line in lines if line["source"] == "verdict"][-1].startswith("passed")


def test_the_timeline_has_what_happened_before_the_test_is_over(recorder: Recorder) -> None:
    recorder.begin("suites/calls/test_x.py::test_under_way")
    steps.publish("handset", "rings")
    play(0.1)
    recorder.wire and recorder.wire.fence()
    lines = [line for line in timeline.read(recorder.run.timeline) if "under_way" in line["test"]]
    assert [line["source"] for line in lines[:2]] == ["test", "handset"]
    assert any(line["source"] == "wire/sip" and "BYE" in line["text"] for line in lines)
    assert all(one["at"] <= other["at"] for one, other in pairwise(lines))
    recorder.finish("passed")


def test_a_line_that_was_cut_off_costs_itself_only(folder: Path) -> None:
    file = timeline.TimelineFile(folder / "torn.jsonl")
    file.write([Entry(2.0, "web", "second")], "t")
    file.write([Entry(1.0, "web", "first")], "t")
    file.close()
    with file.path.open("ab") as torn:
        torn.write(b'{"at": 3.0, "sour')
    assert [line["text"] for line in timeline.read(file.path)] == ["first", "second"]


def test_trouble_with_evidence_is_noted_and_fails_nobody(recorder: Recorder) -> None:
    def broken(start: float, end: float) -> tuple[list[Attachment], list[Entry]]:
        raise OSError("the base did not answer")

    recorder.add_source(broken)
    recorder.begin("suites/x.py::test_y")
    test = recorder.finish("passed")
    assert test is not None
    assert test.trouble == ["broken: OSError: the base did not answer"]
    assert (test.folder / "evidence-is-incomplete.txt").exists()


def test_a_dead_capture_costs_evidence_and_no_verdict(recorder: Recorder, folder: Path) -> None:
    import os

    capture = Capture("lo", folder / "other")
    with capture as wire:
        one = Recorder(RunFolder(folder / "dead"))
        with one.watching(wire, NAMES):
            one.begin("suites/x.py::test_dead")
            os.kill(capture.pids["tcpdump"], 9)
            test = one.finish("rig fault")
    assert test is not None
    assert any("rig fault: capture" in line for line in test.trouble)
