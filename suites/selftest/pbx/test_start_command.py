"""A PBX of the lab that a command of the rig file starts: ready by its line, ended with all its children."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.pbx.start_command import StartCommand

SERVER = "sleep 1000 & echo $! > child; echo listens on {address}; wait"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "of its own"


@pytest.fixture
def server(folder: Path) -> Iterator[StartCommand]:
    words = ["sh", "-c", f'cd "$1"; {SERVER}', "server", "{run}"]
    command = StartCommand(words, folder, address="192.0.2.11", ready=r"^listens on 192\.0\.2\.11$", limit=20)
    with command:
        yield command


def test_it_is_ready_at_its_line_and_runs_on(server: StartCommand, folder: Path) -> None:
    assert server.log.read_text() == "listens on 192.0.2.11\n"
    assert (folder / "child").exists()
    server.check()


def test_its_children_end_with_it(server: StartCommand, folder: Path) -> None:
    child = int((folder / "child").read_text())
    server.stop()
    wait_until(lambda: not _runs(child), what="the child has ended", within=10)
    server.stop()
    with pytest.raises(RigFault, match="ended"):
        server.check()


def test_a_second_start_waits_for_its_own_line(server: StartCommand, folder: Path) -> None:
    server.stop()
    (folder / "child").unlink()
    server.start()
    assert (folder / "child").exists()
    assert server.log.read_text().count("listens") == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sh", "-c", "echo no licence; exit 3"], "its start command ended with 3: no licence"),
        (["sh", "-c", "exec sleep 1000"], "printed no line like 'listens' in 0.5 s: it printed nothing"),
        (["no-such-pbx"], "no-such-pbx: no such command"),
    ],
)
def test_what_does_not_get_ready_is_a_rig_fault_that_says_why(words: list[str], said: str, folder: Path) -> None:
    command = StartCommand(words, folder, address="192.0.2.11", ready="listens", limit=0.5)
    with pytest.raises(RigFault) as fault:
        command.start()
    assert said in fault.value.text
    assert fault.value.remedy


def _runs(pid: int) -> bool:
    """Whether a process lives; one that has ended and was not yet waited for does not."""
    try:
        os.kill(pid, 0)
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
