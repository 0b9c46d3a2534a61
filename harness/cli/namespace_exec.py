"""Runs a command on the network of a running stand-in, as the guest with host number 30."""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
from pathlib import Path
from typing import Any

from harness.core.child_process import KILLED_WITH_US
from harness.core.errors import RigFault, UsageError

PEERCRED = struct.Struct("3i")
ANSWER_WITHIN = 10.0


def run_as_guest(control: Path, words: list[str]) -> int:
    """Run a command in the guest's network; returns its exit code, 127 when there is no such command."""
    pid = guest_process(control)
    if shutil.which(words[0]) is None:
        raise UsageError(f"{words[0]}: no such command")
    user = [] if os.geteuid() == 0 else ["--user", "--preserve-credentials"]
    enter = ["nsenter", "--target", str(pid), *user, "--net", "--"]
    return subprocess.run([*enter, *KILLED_WITH_US, *words]).returncode


def guest_process(control: Path) -> int:
    """A process of the guest's network, by its number out here.

    The stand-in reports the number that the process has inside the segment.
    """
    answer, supervisor = _ask(control, {"do": "guest"})
    inside = int(answer["pid"])
    namespace = os.readlink(f"/proc/{supervisor}/ns/pid")
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _number_inside(entry) == inside and _namespace(entry) == namespace:
            return int(entry.name)
    raise RigFault("stand-in", f"its guest process {inside} is gone", remedy="end `m9 standin up` and start it again")


def alive(control: Path) -> bool:
    """Whether a stand-in answers at this control socket."""
    try:
        _ask(control, {"do": "status"})
    except (OSError, RigFault):
        return False
    return True


def _ask(control: Path, request: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """The answer, and the answering process's number as seen from here."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
        line.settimeout(ANSWER_WITHIN)
        line.connect(str(control))
        pid, _, _ = PEERCRED.unpack(line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, PEERCRED.size))
        line.sendall(json.dumps(request).encode() + b"\n")
        with line.makefile("rb") as answers:
            answer = json.loads(answers.readline() or b"{}")
    if not answer.get("ok"):
        text = str(answer.get("error", "no answer"))
        raise RigFault("stand-in", text, remedy="end `m9 standin up` and start it again")
    return dict(answer), int(pid)


def _number_inside(process: Path) -> int:
    try:
        text = (process / "status").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return -1
    for line in text.splitlines():
        if line.startswith("NSpid:"):
            return int(line.split()[-1])
    return -1


def _namespace(process: Path) -> str:
    try:
        return os.readlink(process / "ns" / "pid")
    except OSError:
        return ""
