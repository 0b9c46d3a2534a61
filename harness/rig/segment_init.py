"""The first two processes of a private network segment; standard library only, run as a script.

`segment_init.py outer STATUS -- COMMAND…` stays outside: it starts unshare(1), passes signals on and returns the exit
code. `segment_init.py inner …` is process 1 inside: it brings loopback up, starts the command, passes signals on and
reaps. unshare(1) itself blocks SIGTERM while it waits (util-linux sys-utils/unshare.c), hence the outer half; a
kill -9 of any of them ends all the rest by parent-death signals.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys

SIOCSIFFLAGS = 0x8914
IFF_UP_RUNNING = 0x41
PR_SET_PDEATHSIG = 1
SI_KERNEL = 0x80
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
MARKER = "M9_SEGMENT"


def unshare_command(inner: list[str]) -> list[str]:
    """unshare(1) for a segment: of this user's own when not root."""
    user = [] if os.geteuid() == 0 else ["--user", "--map-current-user", "--keep-caps"]
    return ["unshare", *user, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", *inner]


def outer(command: list[str]) -> int:
    """Run a command in a new segment and return its exit code."""
    down_read, down_write = os.pipe()
    up_read, up_write = os.pipe()
    signal.pthread_sigmask(signal.SIG_BLOCK, {*FORWARDED, signal.SIGCHLD})
    os.environ[MARKER] = os.readlink("/proc/self/ns/net")
    inner = [sys.executable, "-S", "-E", os.path.abspath(__file__), "inner", str(down_read), str(up_write), *command]
    child = os.fork()
    if child == 0:
        _die_with_parent()
        # A closed terminal would end unshare(1) before the command has restored the rig.
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {*FORWARDED, signal.SIGCHLD})
        os.set_inheritable(down_read, True)
        os.set_inheritable(up_write, True)
        _execute(unshare_command(inner))
    os.close(down_read)
    os.close(up_write)
    code = _wait_and_forward(child, down_write)
    if os.read(up_read, 1) != b"R":
        sys.stderr.write(
            "m9: this system does not permit a private network segment (unshare failed, see above)\n"
            "  remedy    run as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1\n"
        )
        return 70
    return code


def _wait_and_forward(child: int, down_write: int) -> int:
    while True:
        info = signal.sigwaitinfo({*FORWARDED, signal.SIGCHLD})
        if info.si_signo == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:
                return _code(status)
        elif info.si_code != SI_KERNEL or info.si_signo == signal.SIGHUP:
            # The terminal sends Ctrl-C (SI_KERNEL) to the command too: it is in the same process group. A closed
            # terminal sends its signal to the session's leader only, which may be this process.
            try:
                os.write(down_write, bytes([info.si_signo]))
            except BrokenPipeError:
                continue


def inner(down_read: int, up_write: int, command: list[str]) -> int:
    """Process 1 of the segment: loopback, the command, signals and reaping."""
    _die_with_parent()
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    signal.set_wakeup_fd(wake_write)
    for number in (*FORWARDED, signal.SIGCHLD):
        signal.signal(number, _noted)
    loopback_up()
    os.write(up_write, b"R")
    os.close(up_write)
    os.set_inheritable(down_read, False)
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        for number in (*FORWARDED, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        _execute(command)
    return _serve(child, down_read, wake_read)


def _serve(child: int, down_read: int, wake_read: int) -> int:
    sources = [wake_read, down_read]
    while True:
        ready, _, _ = select.select(sources, [], [])
        if down_read in ready:
            data = os.read(down_read, 16)
            if not data:
                sources.remove(down_read)
            for number in data or bytes([signal.SIGTERM]):
                _send(child, number)
        if wake_read in ready:
            for number in os.read(wake_read, 64):
                if number == signal.SIGTERM:
                    _send(child, number)
        code = _reap(child)
        if code is not None:
            return code


def _reap(child: int) -> int | None:
    """Reap every process that ended; returns the child's exit code if it is one of them."""
    code = None
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if pid == 0:
            return code
        if pid == child:
            code = _code(status)


def loopback_up() -> None:
    """Bring the interface lo of this network namespace up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_RUNNING))


def _execute(command: list[str]) -> None:
    try:
        os.execvp(command[0], command)
    except OSError as error:
        sys.stderr.write(f"m9: {command[0]}: {error.strerror}" + "\n")
        os._exit(127)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _noted(number: int, frame: object) -> None:
    """A signal's arrival is read from the wake-up pipe."""


if __name__ == "__main__":
    if sys.argv[1] == "outer":
        sys.exit(outer(sys.argv[2:]))
    sys.exit(inner(int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:]))
