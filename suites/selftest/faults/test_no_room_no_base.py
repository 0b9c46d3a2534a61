"""A disk that is full, and a base that never boots: one clear rig fault, and the run comes to its end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import LIMIT, FaultyRun

pytestmark = pytest.mark.slow

FULL = """
FILL = Path(os.environ["FOLDER"]) / "run" / "fill"

def test_there_is_room(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_the_disk_fills_in_a_call(call):
    call.establish()
    with FILL.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(4096)):
                pass
        except OSError:
            pass
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")

def test_it_is_still_full(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_room_was_made(profile):
    FILL.unlink()

def test_there_is_room_again(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")
"""

DARK = """
def test_a_call(call):
    call.establish()

def test_another(call):
    call.establish()

def test_its_plug(power):
    assert power.state().enabled
"""

FULL_DISK = (Fault("the disk is full for two tests", "test_the_disk_fills_in_a_call"),)
NO_BASE = (Fault("the base never boots: both tests that need it", "test_a_call"),)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    run = FaultyRun(tmp_path_factory.mktemp("full"), FULL)
    kept = run.folder / "kept"
    script = (
        f'mkdir {run.run} && mount -t tmpfs -o size=12m tmpfs {run.run} && "$@"; code=$?; '
        f"mkdir {kept} && cp -r {run.run}/*.json* {run.run}/capture {run.run}/tests {kept}; exit $code"
    )
    run.prefix = ["unshare", "--mount", "sh", "-c", script, "sh"]
    run.finish()
    run.run = kept
    note(run, FULL_DISK)
    return run


def test_a_full_disk_is_a_rig_fault_of_the_tests_it_meets(full: FaultyRun) -> None:
    assert full.verdicts.get("test_there_is_room") == "passed", full.output
    for name in ("test_the_disk_fills_in_a_call", "test_it_is_still_full"):
        assert full.verdicts.get(name) == "rig fault", full.output
        assert "  remedy  " in full.reason(name)
        assert "room in" in full.reason(name)
    assert full.reason("test_it_is_still_full").startswith("rig fault: disk: less than 1024 KiB are free in ")


def test_with_room_again_the_run_goes_on(full: FaultyRun) -> None:
    assert full.verdicts.get("test_there_is_room_again") == "passed", full.output
    assert full.result["exit_code"] == 11
    assert full.processes == []


def test_what_was_written_until_then_can_be_read(full: FaultyRun) -> None:
    from suites.selftest.capture.tsharks_streams import listed_streams

    assert listed_streams(full.run / "capture" / "capture.pcap")
    first = next(folder for folder in (full.run / "tests").iterdir() if "test_there_is_room" in folder.name)
    assert any(path.suffix == ".svg" for path in first.iterdir())


def test_a_base_that_never_boots_is_one_rig_fault_and_the_run_ends(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = FaultyRun(tmp_path_factory.mktemp("dark"), DARK)

    def another_base(rig: dict[str, Any]) -> None:
        rig["base"]["mac"] = "00:04:13:30:01:99"
        rig["timing"]["boot"] = 5.0
        rig["bringup"]["command"][4] = "rigs/standin.yaml"

    run.rig = run.derived_rig(another_base)
    began = time.monotonic()
    run.finish()
    assert time.monotonic() - began < LIMIT / 2
    note(run, NO_BASE)
    assert run.verdicts.get("test_a_call") == run.verdicts.get("test_another") == "rig fault", run.output
    assert run.reason("test_a_call") == run.reason("test_another")
    assert run.reason("test_a_call").startswith("rig fault: base: ")
    assert run.verdicts["test_its_plug"] == "passed"
    assert run.result["exit_code"] == 11
    assert run.processes == []
