"""How child processes end: with this process in any case, and with their own children.

The prefixes for a command are setpriv(1): the kernel ends the command when the thread that started it ends. setpriv
must come after a program that changes the user.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess

#: Ends with SIGTERM, so that the command can release its resources.
DYING_WITH_US = ("setpriv", "--pdeathsig", "TERM")

#: For a foreign command that may ignore SIGTERM.
KILLED_WITH_US = ("setpriv", "--pdeathsig", "KILL")


def is_stopped(pid: int) -> bool:
    """Whether a process exists and was stopped by a signal."""
    import psutil

    try:
        return psutil.Process(pid).status() in (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP)
    except psutil.Error:
        return False


def end_group(process: subprocess.Popen[bytes], within: float) -> None:
    """End a process by SIGTERM, then its whole group by SIGKILL: children may outlive it and hold its port."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(within)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
