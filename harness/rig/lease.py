"""Lets one run at a time use a rig: file locks that end with their holder, and a note with the holder's name."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from harness.core import clock, steps
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import RigFault
from harness.core.runtime_dirs import runtime_directory
from harness.rig import segment
from harness.rig.model import PduPower, PoePower, Rig


@dataclass(frozen=True)
class Lease:
    """A held rig: its locked keys and a folder that remains after a crash, for the settings journal."""

    keys: tuple[str, ...]
    directory: Path


def state_directory(rig: Rig) -> Path:
    """The folder for a physical rig's journal and leases, which remains after a run: one for each base."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "m9" / rig.base.mac_digits


def keys(rig: Rig) -> list[str]:
    """The parts that only one run may hold: the base, the dongle's line, the switch port, the interface.

    Each is one of this host and network namespace: another may have an interface of the same name.
    """
    names = [f"base {rig.base.mac}", f"interface {rig.network.interface}"]
    if rig.dongle.port:
        names.append(f"dongle {os.path.realpath(rig.dongle.port) if '://' not in rig.dongle.port else rig.dongle.port}")
    if isinstance(rig.power, PoePower):
        names.append(f"switch {rig.power.host} {rig.power.group}.{rig.power.port}")
    if isinstance(rig.power, PduPower):
        names.append(f"power bar {rig.power.host} {rig.power.outlet}")
    where = f" on {socket.gethostname()} in {segment.namespace()}"
    return sorted(name + where for name in names)


@contextmanager
def held(rig: Rig, run: Path, *, wait: float = 0.0) -> Iterator[Lease]:
    """Hold a rig while the context lasts; waits up to `wait` seconds for another run to end.

    Raises RigFault with the holder and the time since when it holds the rig.
    """
    names = keys(rig)
    with ExitStack() as stack:
        for name in names:
            _lock(stack, rig, name, run, wait)
        directory = run / "lease" if rig.private else _own_state(stack, rig)
        directory.mkdir(parents=True, exist_ok=True)
        steps.publish("rig", f"leased {rig.name}", keys=names)
        yield Lease(tuple(names), directory)


def _own_state(stack: ExitStack, rig: Rig) -> Path:
    """The base's folder; one of its own for a base in another namespace that has the MAC of one in use."""
    directory = state_directory(rig)
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    stack.callback(os.close, descriptor)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return directory.with_name(f"{directory.name}-{segment.namespace().strip('net:[]')}")
    return directory


def holder(name: str) -> dict[str, Any]:
    """The note that the last holder of a key left: pid, user, host, since, rig, run."""
    try:
        note = json.loads(_path(name).read_text(encoding="utf-8") or "{}")
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}


def _lock(stack: ExitStack, rig: Rig, name: str, run: Path, wait: float) -> None:
    handle = stack.enter_context(_path(name).open("a+", encoding="utf-8"))

    def taken() -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    try:
        wait_until(taken, what=f"{name} is free", within=wait, poll=0.2)
    except WaitExpired:
        note = holder(name)
        raise RigFault(
            "lease",
            f"{rig.name} is taken: {name.rsplit(' on ', 1)[0]} is held by {_described(note)}",
            remedy="wait for that run to end (--wait SECONDS), or end it",
        ) from None
    _write_note(handle, rig, run)
    stack.callback(_clear_note, handle)


def _write_note(handle: IO[str], rig: Rig, run: Path) -> None:
    note = {
        "pid": os.getpid(),
        "user": getpass.getuser(),
        "host": socket.gethostname(),
        "since": clock.now(),
        "rig": rig.name,
        "run": str(run),
    }
    _clear_note(handle)
    handle.write(json.dumps(note))
    handle.flush()


def _clear_note(handle: IO[str]) -> None:
    handle.seek(0)
    handle.truncate()


def _described(note: dict[str, Any]) -> str:
    if not note:
        return "another run"
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(float(note.get("since", 0))))
    return f"{note.get('user')} on {note.get('host')} (pid {note.get('pid')}, run {note.get('run')}) since {since}"


def _path(name: str) -> Path:
    return runtime_directory() / (re.sub(r"[^A-Za-z0-9.]+", "-", name).strip("-") + ".lock")
