"""Keeps services from starting while packages are installed, by a policy-rc.d(8) that names m9.

Standard library only, since it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness.cli.progress import StepFailed
from harness.core import signals

POLICY = Path("/usr/sbin/policy-rc.d")
"""While this script exits with 101, no package starts a service; an administrator may have such a file too."""
OURS = re.compile(r"^# m9 installs packages: process (\d+ \d+)$", re.MULTILINE)


@contextlib.contextmanager
def services_stay_down(sudo: list[str]) -> Iterator[None]:
    """While the context lasts, package scripts may not start services; a policy that already exists is kept.

    A signal to end is handled after the installation, so that no package stays half installed.
    """
    with signals.heard_afterwards():
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
    """Whether a killed set-up left its policy file: with it, packages could never start a service on this machine."""
    try:
        found = OURS.search(POLICY.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return False
    return found is not None and _born(int(found[1].split()[0])) != found[1]


def take_back() -> None:
    """Remove the policy of a killed set-up; the policies of an administrator and of a running set-up stay."""
    if not left_over():
        return
    sudo = [] if os.geteuid() == 0 or shutil.which("sudo") is None else ["sudo"]
    subprocess.run([*sudo, "rm", "-f", str(POLICY)], check=False)
    if left_over():
        raise StepFailed("services", f"a set-up that was killed left {POLICY}", f"as root: rm {POLICY}")


def _born(pid: int) -> str:
    """A process by its number and its start time (proc(5), stat): the kernel gives numbers again."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return f"{pid} 0"
    return f"{pid} {fields[19]}"
