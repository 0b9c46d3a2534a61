"""Whatever a browser was started by, it ends with the harness: the guard alone, and chromium behind it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.base import browser_guard
from harness.core.clock import wait_until

GUARD = str(Path(browser_guard.__file__))
FAMILY = """
import os, subprocess, sys
sleep = [sys.executable, "-c", "import time; time.sleep(600)", sys.argv[1]]
subprocess.Popen(["setsid", "--fork", *sleep])
subprocess.Popen(sleep)
open(sys.argv[1], "w").close()
sys.exit(int(sys.argv[3])) if sys.argv[2] == "ends" else os.execvp(sleep[0], sleep)
"""
HOLDER = """
import os, subprocess, sys, time
read, write = os.pipe()
guard = subprocess.Popen([sys.executable, "-S", "-E", sys.argv[1], str(read), *sys.argv[2:]], pass_fds=(read,))
os.close(read)
print(guard.pid, flush=True)
time.sleep(600)
"""
BROWSER = """
import sys, time
from pathlib import Path
from harness.base.chromium import Chromium
with Chromium(Path(sys.argv[1])) as browser:
    browser.go("data:text/html,<title>here</title>")
    print(browser._profile.path, flush=True)
    time.sleep(600)
"""


def processes(word: str) -> list[int]:
    """Who has this word on its command line."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if word.encode() in words:
                found.append(int(entry.name))
    return found


def gone(word: str) -> Callable[[], bool]:
    return lambda: not processes(word)


def test_orphans_and_sessions_of_their_own_end_with_the_holder_of_the_pipe(tmp_path: Path) -> None:
    there = tmp_path / "there"
    family = [sys.executable, "-c", FAMILY, str(there), "stays"]
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, GUARD, str(tmp_path / "none"), *family], stdout=subprocess.PIPE, text=True
    )
    try:
        wait_until(lambda: there.exists() and len(processes(str(there))) >= 4, what="the family", within=5)
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.communicate()
    wait_until(gone(str(there)), what="the family ends", within=5)


def test_the_command_s_own_end_is_handed_on_and_leaves_nothing(tmp_path: Path) -> None:
    there, profile = tmp_path / "there", tmp_path / "profile"
    profile.mkdir()
    read, write = os.pipe()
    try:
        family = [sys.executable, "-c", FAMILY, str(there), "ends", "7"]
        done = subprocess.run(
            [sys.executable, "-S", "-E", GUARD, str(read), str(profile), *family], pass_fds=(read,), check=False
        )
    finally:
        os.close(read)
        os.close(write)
    assert done.returncode == 7
    assert gone(str(there))()
    assert not profile.exists()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromedriver") is None, reason="chromium-driver is not installed")
def test_a_killed_harness_leaves_no_browser(tmp_path: Path) -> None:
    program = [sys.executable, "-c", BROWSER, str(tmp_path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        profile = harness.stdout.readline().strip()
        before = processes(profile)
        os.kill(harness.pid, signal.SIGKILL)
    assert before
    wait_until(gone(profile), what="chromium ends", within=10)
    wait_until(lambda: not Path(profile).exists(), what="its profile goes", within=10)
