"""`--jobs N`: the number of rigs side by side, its meaning and its default."""

from __future__ import annotations

import os
from typing import Annotated

import psutil
import typer

from harness.core.errors import UsageError
from harness.rig.model import Rig

JobsOption = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="so many rigs side by side (default: what is fastest on this machine)"),
]
RIG_BYTES = 700 * 2**20
"""The most memory that a stand-in with browser, capture, PBX and peers needs."""


def jobs_of(rig: Rig, wanted: int | None, *, beside: int = 1) -> int:
    """The number of rigs for a run of this rig file: `wanted`, else the fastest number; a physical rig is always one.

    `beside` is the number of rig files that run at the same time and share the machine.

    Raises UsageError if more are wanted than exist.
    """
    if rig.private:
        return wanted or max(1, default() // beside)
    if wanted is not None and wanted > 1:
        raise UsageError(
            f"--jobs {wanted}: {rig.name} is one rig, and each job needs one of its own",
            remedy="leave --jobs out; only a rig whose bring-up runs in a private segment can be multiplied",
        )
    return 1


def default() -> int:
    """The fastest number of rigs on this machine."""
    return fastest(len(os.sched_getaffinity(0)), free_memory())


def fastest(cores: int, free: int) -> int:
    """The fastest number of rigs side by side: two for each core, fewer if there is little memory.

    A rig mostly waits and keeps a third of a core busy. Measured for a night of 312 tests on two idle cores: four took
    245 s (3.7 times as fast as one), three 338 s (beside other work).
    """
    return max(1, min(2 * cores, free // RIG_BYTES))


def free_memory() -> int:
    """Bytes of memory available without swapping."""
    return int(psutil.virtual_memory().available)


def words(jobs: int) -> list[str]:
    """The same number as options of pytest-xdist: each rig gets the next test when it has one left."""
    return ["-n", str(jobs), "--dist", "load", "--maxschedchunk", "1"] if jobs > 1 else []
