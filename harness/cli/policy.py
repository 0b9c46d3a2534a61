"""Keeps services down while packages are installed, and no longer: policy-rc.d(8) with our name in it.

Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import NoReturn

from harness.cli.progress import StepFailed

POLICY = Path("/usr/sbin/policy-rc.d")
"""While it says 101 no package starts a service, now or ever; an administrator may have one too."""
OURS = re.compile(r"^# m9 installs packages: process (\d+ \d+)$", re.MULTILINE)
ENDS = (signal.SIGTERM, signal.SIGHUP)


@contextlib.contextmanager
def services_stay_down(sudo: list[str]) -> Iterator[None]:
    """While the context lasts, package scripts may start nothing; where there is a policy already, it stands.

    Whoever tells us to end meanwhile is heard afterwards: packages half installed are nobody's wish.
    """
    with _heard_afterwards():
        if POLICY.exists():
            yield
            return
        text = f"#!/bin/sh\n# m9 installs packages: process {_born(os.getpid())}\nexit 101\n"
        try:
            subprocess.run([*sudo, "tee", str(POLICY)], input=text, text=True, stdout=subprocess.DEVNULL, check=False)
            subprocess.run([*sudo, "chmod", "755", str(POLICY)], check=False)
            yield
        finally:
            subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=False)


def left_over() -> bool:
    """Whether a set-up that was killed left its policy: it would keep this machine's services down for good."""
    try:
        found = OURS.search(POLICY.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False
    return found is not None and _born(int(found[1].split()[0])) != found[1]


def take_back() -> None:
    """Remove what a killed set-up left; an administrator's own policy stays, and one of a set-up at work."""
    if not left_over():
        return
    sudo = [] if os.geteuid() == 0 or shutil.which("sudo") is None else ["sudo"]
    subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=False)
    if left_over():
        raise StepFailed("services", f"{POLICY} of a set-up that was killed is still there", f"as root: rm {POLICY}")


@contextlib.contextmanager
def ending_in_order() -> Iterator[None]:
    """While the context lasts, SIGTERM and a terminal that closes end us as Ctrl-C does."""

    def end(number: int, frame: FrameType | None) -> NoReturn:
        for one in ENDS:
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt

    with _handled_by(end, ENDS):
        yield


@contextlib.contextmanager
def _heard_afterwards() -> Iterator[None]:
    """While the context lasts nothing ends us; what tried to does at its end."""
    came: list[int] = []
    try:
        with _handled_by(lambda number, frame: came.append(number), (signal.SIGINT, *ENDS)):
            yield
    finally:
        if came:
            raise KeyboardInterrupt


@contextlib.contextmanager
def _handled_by(
    handler: Callable[[int, FrameType | None], object], numbers: tuple[signal.Signals, ...]
) -> Iterator[None]:
    """While the context lasts these signals have this handler; one that is ignored (nohup) stays so."""
    previous = {one: signal.getsignal(one) for one in numbers if signal.getsignal(one) is not signal.SIG_IGN}
    for number in previous:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)


def _born(pid: int) -> str:
    """A process by its number and when it began (proc(5), stat): the number alone is given again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return f"{pid} 0"
    return f"{pid} {fields[19]}"
