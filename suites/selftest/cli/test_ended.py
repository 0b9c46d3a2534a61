"""A command that is told to end: by whatever means, in order, and with all that runs below it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.console import ChildProcesses
from harness.core.clock import wait_until

ROOT = Path(__file__).parents[3]
COMMAND = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from harness.cli import console, suites

def one(number):
    import subprocess
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(100)"])
    with suites.forward_signals(process):
        Path(sys.argv[1], f"started{number}").touch()
        process.wait()

def command():
    try:
        if sys.argv[2] == "alone":
            one(1)
            return 0
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(one, (1, 2)))
        return 0
    finally:
        Path(sys.argv[1], "given-back").touch()

console.run(command)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize(("how", "runs"), [("alone", 1), ("side by side", 2)])
def test_a_command_ends_with_what_runs_below_it(tmp_path: Path, number: signal.Signals, how: str, runs: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(tmp_path), how],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    try:
        wait_until(lambda: len(list(tmp_path.glob("started*"))) == runs, what="all runs have begun", within=30)
        process.send_signal(number)
        process.wait(20)
    finally:
        process.kill()
    assert (tmp_path / "given-back").exists()


def test_nothing_more_is_started_once_a_command_was_told_to_end() -> None:
    below = ChildProcesses()
    below.start_no_more()
    below.end()
    with pytest.raises(KeyboardInterrupt):
        below.start_no_more()


FINALIZER = """
import sys, time
from pathlib import Path
from harness.core import signals

class Slow:
    def __del__(self):
        Path(sys.argv[1], "in-finalizer").touch()
        while not Path(sys.argv[1], "go-on").exists():
            pass

with signals.in_order(), signals.never_swallowed():
    try:
        slow = Slow()
        del slow
        time.sleep(100)
    except KeyboardInterrupt:
        Path(sys.argv[1], "given-back").touch()
"""


def test_an_interrupt_that_a_finalizer_swallows_ends_the_command_all_the_same(tmp_path: Path) -> None:
    words = [sys.executable, "-c", FINALIZER, str(tmp_path)]
    process = subprocess.Popen(words, env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "in-finalizer").exists, what="the finalizer runs", within=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
    assert (tmp_path / "given-back").exists()
