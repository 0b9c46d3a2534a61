"""Evidence of a call that is played back on a loopback interface; run by test_recorder inside a private segment."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from allure_commons.model2 import TestResult as AllureResult
from allure_commons.reporter import AllureReporter

from harness import steps
from harness.bench import stored_call
from harness.capture import offline
from harness.capture.live import Capture
from harness.errors import Expectation
from harness.evidence.attach import Attachment
from harness.evidence.recorder import Recorder
from harness.evidence.run import RunFolder
from harness.evidence.timeline import Entry
from harness.redaction import redaction

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
        found = Recorder(run, wire=wire, names=NAMES)
        found.add_source(base_log)
        with found.subscribed():
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
    stored = offline.load(files["capture.pcapng"])
    assert [m.status or m.method for m in stored.sip] == ["INVITE", 100, 180, 200, "ACK", "BYE", 200]
    names = {attachment.name for attachment in result.attachments}
    assert {"ladder", "capture", "timeline", "rtp streams"} <= names
    assert any(step.name == "handset: press HOLD" for step in result.steps)


def test_the_runs_timeline_has_every_test(recorder: Recorder) -> None:
    recorder.begin("suites/web/test_pages.py::test_login")
    steps.publish("web", "login")
    recorder.finish("passed")
    lines = [json.loads(line) for line in recorder.run.timeline.read_text().splitlines()]
    assert {line["test"] for line in lines} >= {"suites/web/test_pages.py::test_login"}
    assert [line["text"] for line in lines if line["source"] == "verdict"][-1].startswith("passed")


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
        one = Recorder(RunFolder(folder / "dead"), wire=wire)
        one.begin("suites/x.py::test_dead")
        os.kill(capture.pids["tcpdump"], 9)
        test = one.finish("rig fault")
    assert test is not None
    assert any("rig fault: capture" in line for line in test.trouble)
