"""A script between the harness and chromedriver: every browser that chromedriver starts ends with the harness.

`browser_guard.py FD FOLDER COMMAND…` runs a command and returns its exit code. FD is the reading end of a pipe whose
other end only the harness holds: it closes when the harness ends, also by kill -9. Then, on SIGTERM, and when the
command ends, all descendants of this process are killed; it is their subreaper, so it finds orphans too. FOLDER, the
browser's profile, is removed last. Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import select
import shutil
import signal
import sys
from pathlib import Path

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
WAKING = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(words: list[str]) -> int:
    """Run the command until it ends or the harness does."""
    harness, folder, command = int(words[0]), words[1], words[2:]
    os.set_inheritable(harness, False)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    woken, waking = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
    for number in WAKING:
        signal.signal(number, _awake)
    child = os.fork()
    if child == 0:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        for number in WAKING:
            signal.signal(number, signal.SIG_DFL)
        _execute(command)
    code = _wait(child, harness, woken)
    kill_descendants()
    shutil.rmtree(folder, ignore_errors=True)
    return code


def _wait(child: int, harness: int, woken: int) -> int:
    """The exit code of the command; 128 + SIGTERM if it has to be ended."""
    while True:
        ready, _, _ = select.select([harness, woken], [], [])
        if harness in ready:
            return 128 + signal.SIGTERM
        signals = os.read(woken, 512)
        if set(signals) & {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}:
            return 128 + signal.SIGTERM
        for pid, status in _reaped():
            if pid == child:
                return max(0, os.waitstatus_to_exitcode(status))


def _reaped() -> list[tuple[int, int]]:
    """Reap the children that have ended, orphans included."""
    ended: list[tuple[int, int]] = []
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended.append((pid, status))


def kill_descendants() -> None:
    """Kill until no child is left: the children of a killed process become children of this one."""
    while children := _children():
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        for _ in children:
            os.waitpid(-1, 0)


def _children() -> list[int]:
    """The children of this process, zombies included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                after_name = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue  # it has ended in the meantime
            if int(after_name[1]) == os.getpid():
                found.append(int(entry.name))
    return found


def _execute(command: list[str]) -> None:
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        os._exit(127)


def _awake(number: int, frame: object) -> None:
    """Does nothing: with a handler the signal is written to the wakeup pipe."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
