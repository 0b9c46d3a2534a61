"""Two stand-ins side by side: one folder of evidence, whatever ends the run or one of its workers."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.core import clock
from harness.evidence import stored_acts, timeline
from harness.evidence.run_folder import RunFolder
from harness.signoff import results, sheet
from suites.selftest.capture.tsharks_streams import listed_streams
from suites.selftest.faults.fault_table import LOST, Fault, Row, keep
from suites.selftest.faults.faulty_run import FaultyRun
from suites.selftest.faults.test_ends import control_c, ended_at, killed, locked, surroundings, terminated

pytestmark = pytest.mark.slow

OPTIONS = ("-n", "2", "--dist", "load", "--maxschedchunk", "1")
# Each worker is given two tests to begin with.
CODE = """
def talks(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")

def waits(call, base):
    base.change("tones", "3")
    call.establish()
    Path(os.environ["FOLDER"], f"now-{os.environ['PYTEST_XDIST_WORKER']}").touch()
    call.state.wire.sip.expect(method="OPTIONS", call_id="never", timeout=200)

def test_talks(call):
    talks(call)

def test_waits(call, base):
    waits(call, base)

def test_talks_too(call):
    talks(call)

def test_waits_too(call, base):
    waits(call, base)
"""
GOES_ON = """
def test_is_killed(call):
    call.establish()
    Path(os.environ["FOLDER"], f"now-{os.getpid()}").touch()
    call.state.wire.sip.expect(method="OPTIONS", call_id="never", timeout=200)

def test_after_it(call):
    call.establish()

def test_beside_it(call):
    call.establish()

def test_later(call):
    call.establish()
"""

DIES = Fault("a worker of pytest-xdist dies (kill -9), and with it its rig", "test_is_killed", verdict="harness fault")
SICK = Fault("one of two rigs does not come up (it is started twice)", "")


@pytest.fixture
def side_by_side(tmp_path: Path) -> Iterator[Callable[[str], FaultyRun]]:
    """A run on two rigs; whatever ends it, nothing of it is left."""
    before, runs = surroundings(), []

    def started(code: str) -> FaultyRun:
        runs.append(FaultyRun(tmp_path, code, options=OPTIONS))
        return runs[-1]

    yield started
    (run,) = runs
    clock.wait_until(lambda: not run.processes, what="all its processes are gone", within=20)
    clock.wait_until(lambda: not locked(run), what="its locks are free", within=10)
    assert surroundings() == before


def files(run: FaultyRun) -> list[RunFolder]:
    """The run's folder as each worker wrote into it."""
    return [RunFolder(run.run, worker) for worker in ("gw0", "gw1")]


def readable(run: FaultyRun) -> None:
    """Each rig's capture holds the call that had ended, the timeline all, and the sheet says whose run it was."""
    told = timeline.read(run.run / "timeline.jsonl")
    for one in files(run):
        copy = run.folder / "readable.pcap"
        copy.write_bytes(one.capture_file.read_bytes())
        assert len(listed_streams(copy)) >= 2
        acts = stored_acts.read(one.acts).acts
        assert acts
        lines = [line for line in told if line["worker"] == one.worker]
        assert {"base", "handset", "serial", "wire/sip", "web request"} <= {line["source"] for line in lines}
    assert sorted(test["worker"] for test in run.result["tests"]) == ["gw0", "gw1"]
    assert results.load(run.run).cut_off
    sheet.write([run.run], run.folder)
    assert "cut off" in (run.folder / "signoff.html").read_text()


def both_wait(run: FaultyRun) -> Callable[[], bool]:
    """Whether both tests that are to be cut off are under way."""
    return lambda: len(list(run.folder.glob("now-*"))) == 2


@pytest.mark.parametrize("end", [control_c, terminated])
def test_a_run_that_is_told_to_end_puts_both_bases_back(side_by_side: Any, end: Any) -> None:
    from harness.base import journal

    run = side_by_side(CODE)
    ended_at(run, both_wait(run), "both second tests are under way", end)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, run.output
    assert run.result["interrupted"] is True
    assert run.verdicts == {"test_talks": "passed", "test_talks_too": "passed"}
    assert [journal.read(one.parts / "lease" / journal.FILE_NAME) for one in files(run)] == [[], []]
    assert {*run.result["workers"]} == {"gw0", "gw1"}
    assert all("sha256" in own["capture"] for own in run.result["workers"].values())
    readable(run)


def test_after_kill_nine_both_rigs_evidence_can_be_read(side_by_side: Any) -> None:
    run = side_by_side(CODE)
    ended_at(run, both_wait(run), "both second tests are under way", killed)
    assert run.returncode == -signal.SIGKILL
    assert run.result["cut_off"] is True
    assert run.verdicts == {"test_talks": "passed", "test_talks_too": "passed"}
    readable(run)


def test_a_worker_that_is_killed_costs_one_test_and_its_rig_goes_with_it(side_by_side: Any) -> None:
    run = side_by_side(GOES_ON)
    process = run.start()
    pids: list[int] = []

    def under_way() -> bool:
        pids[:] = [int(path.name.partition("-")[2]) for path in run.folder.glob("now-*")]
        return bool(pids) or process.poll() is not None

    clock.wait_until(under_way, what="the test is under way", within=200)
    assert pids, run.ended(process).output
    os.kill(outer_pid(run, pids[0]), signal.SIGKILL)
    died = clock.now()
    run.ended(process)
    assert run.returncode == pytest.ExitCode.TESTS_FAILED, run.output
    keep("worker", [row_of_the_death(run, died)])
    verdicts = run.verdicts
    assert verdicts.pop("test_is_killed") == "harness fault"
    assert verdicts == dict.fromkeys(("test_after_it", "test_beside_it", "test_later"), "passed"), run.output
    assert "ended while it ran this test" in run.reason("test_is_killed")
    for one in files(run):
        assert stored_acts.read(one.acts).acts


def row_of_the_death(run: FaultyRun, died: float) -> Row:
    """What the death of a worker cost: its test until then, and the time until its replacement began another."""
    told = [line for line in timeline.read(run.run / "timeline.jsonl") if line["source"] == "test"]
    begun = next(line["at"] for line in told if "test_is_killed" in line["text"])
    again = min(line["at"] for line in told if line["at"] > died and line["worker"] not in ("gw0", "gw1"))
    lost = [test for test in run.result["tests"] if test["verdict"] in LOST]
    return Row(DIES.happens, lost[0]["verdict"], died - begun, again - begun, len(lost))


def test_a_sick_rig_gives_its_tests_to_the_healthy_one(side_by_side: Any) -> None:
    run = side_by_side("".join(f"def test_{one}(call):\n    call.establish()\n\n" for one in "abcdefgh"))

    def another_base(rig: dict[str, Any]) -> None:
        rig["base"]["mac"] = "00:04:13:30:01:99"
        rig["timing"]["boot"] = 5.0
        rig["bringup"]["command"][4] = "rigs/standin.yaml"

    run.options = (*OPTIONS, "--rig", str(run.derived_rig(another_base)))
    run.finish()
    lost = [test for test in run.result["tests"] if test["verdict"] == "rig fault"]
    assert 1 <= len(lost) <= 2, run.output
    assert [*run.verdicts.values()].count("passed") == 8 - len(lost), run.output
    assert run.result["exit_code"] == 11
    assert all(test["reason"].startswith("rig fault: base: ") for test in lost)
    seconds = sum(float(test["duration"]) for test in lost)
    keep("sick", [Row(SICK.happens, "rig fault", float(lost[0]["duration"]), seconds, len(lost))])


def outer_pid(run: FaultyRun, inner: int) -> int:
    """The number that a process of the segment has outside of it."""
    for command in run.processes:
        pid = command.partition(" ")[0]
        numbers = [line.split()[1:] for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "NSpid" in line]
        if numbers and numbers[0][-1] == str(inner) and len(numbers[0]) > 1:
            return int(pid)
    raise AssertionError(f"no process of the run has the number {inner}")
