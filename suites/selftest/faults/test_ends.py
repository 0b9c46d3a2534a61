"""Runs that are ended from outside in the middle of a call: nothing of them stays but what they had found out."""

from __future__ import annotations

import fcntl
import os
import pty
import signal
import subprocess
import termios
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from harness.core import clock
from harness.evidence import timeline
from harness.rig import segment
from harness.signoff import results, sheet
from suites.selftest.faults.faulty_run import ROOT, FaultyRun, pids

pytestmark = pytest.mark.slow

CODE = """
def test_finished(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_cut_off(base, call):
    base.change("tones", "3")
    call.establish()
    (Path(os.environ["FOLDER"]) / "now").touch()
    call.state.wire.sip.expect(method="OPTIONS", call_id="never", timeout=200)

def test_never_reached(call):
    call.establish()
"""
AGAIN = """
def test_is_as_it_was(base):
    (shown,) = base.read_back([("tones", 0)]).values()
    assert shown != "3"
"""
BY_PAGE = """
def test_finished(base):
    (shown,) = base.read_back([("user_realname", 6)]).values()
    (Path(os.environ["FOLDER"]) / "was").write_text(shown)

def test_cut_off(pages, boot):
    pages.tabs.save(identity=6, tab="Account", fields={"Display Name": "Paint shop"})
    pages.network.post_only({"asset_id": "partial"})
    pages.log.set_levels(general=0)
    boot.documents.serve([("ring_duration", "7")])
    boot.power_cycle()
    boot.expect.ready()
    (Path(os.environ["FOLDER"]) / "now").touch()
    boot.context.wire.sip.expect(method="OPTIONS", call_id="never", timeout=200)
"""
AS_BEFORE = """
def test_is_as_it_was(base):
    shown = base.read_back([("user_realname", 6), "asset_id", ("log", 1)])
    was = (Path(os.environ["FOLDER"]) / "was").read_text()
    assert [*shown.values()] == [was, "", "5"]
"""
HOLDS = """
from harness.core.clock import wait_until

def test_holds(rig_session):
    folder = Path(os.environ["FOLDER"])
    (folder / "now").touch()
    wait_until((folder / "go").exists, what="we may go on", within=100)
"""
IN_TURN = """
cd "$FOLDER"; root=$1; shift
(cd "$root" && exec "$@" --run-dir "$FOLDER/first") &
while [ ! -e now ]; do kill -0 $! || exit 1; sleep 0.2; done
(cd "$root" && "$@" --run-dir "$FOLDER/second")
(cd "$root" && exec "$@" --run-dir "$FOLDER/third" --wait 100) &
touch go
wait
"""


def in_a_terminal() -> tuple[int, dict[str, Any]]:
    """A terminal's master end, and how to start a process whose terminal it is."""
    master, slave = pty.openpty()

    def of_its_own() -> None:
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs us in the background ignores these
        signal.signal(signal.SIGHUP, signal.SIG_DFL)

    return master, {"stdin": slave, "start_new_session": True, "preexec_fn": of_its_own}


WITHOUT_DHCP = """
def test_cut_off(boot):
    boot.fix_address()
    boot.power_off()
    boot.power_on()
    boot.expect.ready_without_dhcp()
    Path(os.environ["FOLDER"], "now").touch()
    signal.pause()
"""
WITH_DHCP = """
def test_is_as_it_was(boot, stored):
    stored.expect_shown(dhcp="true")
    boot.power_cycle()
    boot.expect.ready()
"""


def control_c(process: subprocess.Popen[bytes], master: int) -> None:
    """What a person does at the terminal."""
    os.write(master, b"\x03")


def control_c_twice(process: subprocess.Popen[bytes], master: int) -> None:
    """What an impatient person does: again, while the first is being obeyed."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    assert children.read_text()
    before = len(pids())
    os.write(master, b"\x03")
    clock.wait_until(lambda: len(pids()) < before or process.poll() is not None, what="it begins to end", within=30)
    os.write(master, b"\x03")


def hung_up(process: subprocess.Popen[bytes], master: int) -> None:
    """The terminal closes."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, master)
    os.close(nowhere)


def terminated(process: subprocess.Popen[bytes], master: int) -> None:
    """What a service manager does."""
    process.terminate()


def killed(process: subprocess.Popen[bytes], master: int) -> None:
    """What an operator does who has lost patience."""
    process.kill()


def surroundings() -> dict[str, list[str]]:
    """What a run could leave outside of its segment."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return {"interfaces": sorted(os.listdir("/sys/class/net")), "mounts": sorted(mounts)}


def locked(run: FaultyRun) -> list[str]:
    """The run's locks that somebody holds."""
    held = []
    for path in (run.folder / "runtime").rglob("*.lock"):
        with path.open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                held.append(path.name)
    return held


def cut_off(folder: Path, end: Callable[[subprocess.Popen[bytes], int], None], code: str = CODE) -> FaultyRun:
    """A run that is ended in the middle of its second test."""
    return ended_at(FaultyRun(folder, code), (folder / "now").exists, "the second test is under way", end)


def ended_at(
    run: FaultyRun, moment: Callable[[], bool], what: str, end: Callable[[subprocess.Popen[bytes], int], None]
) -> FaultyRun:
    """A run in a terminal of its own that is ended at a moment."""
    master, how = in_a_terminal()
    process = run.start(**how)
    os.close(how["stdin"])
    try:
        clock.wait_until(lambda: moment() or process.poll() is not None, what=what, within=200)
        assert process.poll() is None, run.ended(process).output
        assert len(run.processes) > 4, "what is to be gone afterwards can be seen"
        assert locked(run)
        end(process, master)
        return run.ended(process)
    finally:
        os.close(master)


@pytest.mark.parametrize("end", [control_c, control_c_twice, terminated, hung_up])
def test_a_run_that_is_told_to_end_hands_everything_back(tmp_path: Path, end: Any) -> None:
    before = surroundings()
    run = cut_off(tmp_path, end)
    assert run.returncode == pytest.ExitCode.INTERRUPTED, run.output
    assert run.result["interrupted"] is True
    assert run.verdicts == {"test_finished": "passed"}
    assert run.processes == []
    assert surroundings() == before
    assert list((tmp_path / "tmp").iterdir()) == []
    assert locked(run) == []
    assert not pending(run), "the setting was put back on the way out"
    readable(run)


@pytest.mark.parametrize("end", [control_c, terminated, hung_up, killed])
def test_a_run_that_is_ended_while_its_rig_comes_up_leaves_nothing(tmp_path: Path, end: Any) -> None:
    before = surroundings()
    run = FaultyRun(tmp_path, CODE)

    def comes_up() -> bool:
        return any("-m rigs.standin" in command for command in run.processes)

    ended_at(run, comes_up, "the rig comes up", end)
    clock.wait_until(lambda: not run.processes, what="all its processes are gone", within=20)
    clock.wait_until(lambda: not locked(run), what="its locks are free", within=10)
    assert run.returncode in (pytest.ExitCode.INTERRUPTED, -signal.SIGKILL), run.output
    assert surroundings() == before
    assert run.verdicts == {}
    assert end is killed or list((tmp_path / "tmp").iterdir()) == []
    assert "Traceback" not in run.output


def test_after_kill_nine_nothing_is_left_and_the_next_run_puts_the_base_back(tmp_path: Path) -> None:
    before = surroundings()
    run = cut_off(tmp_path, killed)
    clock.wait_until(lambda: not run.processes, what="all its processes are gone", within=10)
    clock.wait_until(lambda: not locked(run), what="its locks are free", within=10, last_seen=lambda: str(locked(run)))
    assert run.returncode == -signal.SIGKILL
    assert surroundings() == before
    assert run.verdicts == {"test_finished": "passed"}
    assert run.result["cut_off"] is True
    readable(run)
    assert pending(run)
    (tmp_path / "test_faults.py").write_text(AGAIN)
    run.finish()
    assert run.verdicts.get("test_is_as_it_was") == "passed", run.output
    assert not pending(run)
    assert run.processes == []


def test_what_was_changed_by_page_or_document_is_put_back_after_kill_nine_too(tmp_path: Path) -> None:
    run = cut_off(tmp_path, killed, BY_PAGE)
    clock.wait_until(lambda: not run.processes, what="all its processes are gone", within=10)
    assert {"user_realname", "asset_id", "log", "ring_duration"} <= {change.name for change in pending(run)}
    (tmp_path / "test_faults.py").write_text("import os\nfrom pathlib import Path\n" + AS_BEFORE)
    run.finish()
    assert run.verdicts.get("test_is_as_it_was") == "passed", run.output
    assert not pending(run)


def test_a_base_that_a_kill_left_with_a_fixed_address_is_met_there_and_put_back(tmp_path: Path) -> None:
    run = cut_off(tmp_path, killed, WITHOUT_DHCP)
    clock.wait_until(lambda: not run.processes, what="all its processes are gone", within=10)
    assert "dhcp" in {change.name for change in pending(run)}
    (tmp_path / "test_faults.py").write_text(WITH_DHCP)
    run.finish()
    assert run.verdicts.get("test_is_as_it_was") == "passed", run.output
    assert not pending(run)


def readable(run: FaultyRun) -> None:
    """The capture until then holds the media of the call that had ended, the timeline all that the test under way did
    up to its end, and the sign-off sheet says whose run it was."""
    from suites.selftest.capture.tsharks_streams import listed_streams

    capture = run.folder / "readable.pcap"
    capture.write_bytes((run.run / "capture" / "capture.pcap").read_bytes())
    assert len(listed_streams(capture)) >= 2
    told = timeline.read(run.run / "timeline.jsonl")
    assert any("test_finished" in line["test"] for line in told)
    last = {line["source"]: line["text"] for line in told if "test_cut_off" in line["test"]}
    assert {"base", "handset", "serial", "wire/sip", "web request"} <= set(last)
    assert "change tones" in " ".join(line["text"] for line in told if line["source"] == "base")
    assert all(one["at"] <= other["at"] for one, other in pairwise(told))
    read = results.load(run.run)
    assert (read.rig, read.simulated, read.profiles) == ("standin", True, ("asterisk",))
    assert read.cut_off
    assert [result.verdict.value for result in read.results] == ["passed"]
    sheet.write([run.run], run.folder)
    assert "cut off" in (run.folder / "signoff.html").read_text()


def pending(run: FaultyRun) -> list[Any]:
    """Settings that a run changed and did not put back."""
    from harness.base import journal

    return list(journal.read(run.run / "lease" / journal.FILE_NAME))


def test_a_second_run_on_a_rig_says_who_has_it_and_a_third_waits(tmp_path: Path) -> None:
    run = FaultyRun(tmp_path, HOLDS)

    def not_private(rig: dict[str, Any]) -> None:
        rig["bringup"]["segment"] = "host"

    run.rig = run.derived_rig(not_private)
    run.prefix = [*segment.command(["sh", "-c", IN_TURN, "sh"]), str(ROOT)]
    run.finish()
    ends = {name: results.read(tmp_path / name) for name in ("first", "second", "third")}
    assert {name: end.get("exit_code") for name, end in ends.items()} == {"first": 0, "second": 11, "third": 0}, (
        run.output
    )
    (refused,) = ends["second"]["tests"]
    assert "is held by" in refused["reason"]
    assert str(tmp_path / "first") in refused["reason"]
    assert "--wait SECONDS" in refused["reason"]
    assert run.processes == []
