"""The few kernel calls the standard library lacks: namespaces and the parent-death signal (Linux)."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import signal
import socket
import struct

CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
PR_SET_NAME = 15

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def new_network_namespace() -> int:
    """Makes a network namespace without a name and returns its file descriptor; the caller stays where it was.

    It lives as long as the descriptor or a process in it, so that a kill -9 leaves nothing.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(CLONE_NEWNET), "unshare")
        made = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
        enter_network_namespace(home)
    finally:
        os.close(home)
    return made


def enter_network_namespace(descriptor: int) -> None:
    """Moves this thread into the network namespace behind the descriptor."""
    _check(_libc.setns(descriptor, CLONE_NEWNET), "setns")


def die_with_parent(parent: int) -> None:
    """Asks the kernel to kill this process when its parent ends; ends at once if `parent` is gone already."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0), "prctl")
    if os.getppid() != parent:
        os._exit(1)


def name_process(name: str) -> None:
    """What `ps` shows in its comm column, at most fifteen characters."""
    _libc.prctl(PR_SET_NAME, name.encode()[:15], 0, 0, 0)


SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17


def whole_checksums(interface: str) -> None:
    """Has the kernel fill in checksums before packets leave: a veth else carries them unfinished, and captures show it.

    A driver that cannot is left as it is.
    """
    value = ctypes.create_string_buffer(struct.pack("=II", ETHTOOL_STXCSUM, 0), 8)
    request = struct.pack("@16sP16x", interface.encode(), ctypes.addressof(value))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line, contextlib.suppress(OSError):
        fcntl.ioctl(line, SIOCETHTOOL, request)
