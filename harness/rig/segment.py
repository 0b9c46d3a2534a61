"""The private network segment of a run: made once by re-execution and checked before any packet is sent."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

from harness.core.errors import HarnessFault, UsageError
from harness.rig import segment_init

CLONE_NEWNET = 0x40000000
RESERVED = "198.18.9."


def namespace() -> str:
    """The name of this thread's network namespace, e.g. `net:[4026531840]`."""
    return os.readlink("/proc/thread-self/ns/net")


def inside() -> bool:
    """Whether this process is in a private segment; the marker alone is not sufficient.

    Process 1 must be the harness's, and the network must differ from the original one, which the marker names.
    """
    outside = os.environ.get(segment_init.MARKER, "")
    if not outside or outside == namespace():
        return False
    try:
        first = Path("/proc/1/cmdline").read_bytes().split(b"\0")
    except OSError:
        return False
    return any(part.endswith(b"segment_init.py") for part in first) and b"inner" in first


def command(argv: list[str]) -> list[str]:
    """The command that runs `argv` in a new private segment and returns its exit code."""
    script = str(Path(segment_init.__file__).resolve())
    return [sys.executable, "-S", "-E", script, "outer", *argv]


def enter(argv: list[str]) -> None:
    """Replace this process by `argv` running in a new private segment; never returns."""
    sys.stdout.flush()
    sys.stderr.flush()
    words = command(argv)
    os.execv(words[0], words)


def enter_as_started() -> None:
    """Run this very command line again in a private segment; does nothing when already in one."""
    if not inside():
        enter([sys.executable, *sys.orig_argv[1:]])


def separate() -> None:
    """Give this thread, and all that it starts from now on, its own network within the segment.

    For workers of pytest-xdist: all have the same addresses, and their networks are separate.
    """
    if not inside():
        raise HarnessFault("a worker outside a private segment asked for a network of its own")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise HarnessFault(f"this worker cannot have its own network: {os.strerror(ctypes.get_errno())}")
    segment_init.loopback_up()


def refuse_outside(address: str) -> None:
    """Raise UsageError if an address of the private segment would be used outside one."""
    if address.startswith(RESERVED) and not inside():
        raise UsageError(
            f"{address} belongs to a private segment, and this process is not in one",
            remedy="set bringup: {segment: private} in the rig file, or give the rig addresses of its own",
        )
