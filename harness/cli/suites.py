"""Runs the suites with plain pytest in its own process, and reads the results from the run's folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import IO, Any

import pytest

from harness.cli.console import below
from harness.core import verdict
from harness.core.child_process import DYING_WITH_US
from harness.core.errors import UsageError
from harness.core.layout import ROOT, VENV
from harness.evidence import reserve
from harness.evidence.run_folder import RunFolder
from harness.plugin import reruns
from harness.plugin.pace import Pace
from harness.signoff import results

ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
INTERRUPTED = (pytest.ExitCode.INTERRUPTED, *(-end for end in ENDS), *(128 + end for end in ENDS))
"""pytest's code for it, and the codes of a process that a signal ended before it could handle the signal."""


@dataclass(frozen=True)
class Outcome:
    """One pytest run: how it ended and its verdicts."""

    run: Path
    content: dict[str, Any]
    pytest_code: int

    @property
    def counts(self) -> dict[str, int]:
        """The run's counts by verdict."""
        counts: dict[str, int] = self.content["counts"]
        return counts

    @property
    def tests(self) -> list[dict[str, Any]]:
        """Every test with its verdict, phase, features and reason."""
        tests: list[dict[str, Any]] = self.content["tests"]
        return tests

    @property
    def pace(self) -> Pace:
        """Its duration and its number of rigs side by side."""
        return Pace.of(self.content)

    @property
    def cut_short(self) -> bool:
        """Whether the run ended before its last test: interrupted, cut off or broken inside pytest."""
        ended = (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED)
        return bool(self.content.get("interrupted") or self.content.get("cut_off")) or self.pytest_code not in ended

    @property
    def exit_code(self) -> int:
        """The exit code of m9 for this run alone."""
        if self.pytest_code == pytest.ExitCode.USAGE_ERROR:
            return verdict.EXIT_USAGE
        if self.content.get("interrupted") or self.pytest_code in INTERRUPTED:
            return verdict.EXIT_INTERRUPTED
        if self.content.get("cut_off") or self.pytest_code == pytest.ExitCode.INTERNAL_ERROR:
            return verdict.EXIT_HARNESS
        return verdict.exit_code(self.counts)


def run(
    rig: Path,
    run_dir: Path,
    *,
    profile: str | None = None,
    options: Sequence[str] = (),
    paths: Sequence[str] = ("suites",),
    output: IO[bytes] | None = None,
) -> Outcome:
    """Run suites on one rig; pytest's output goes to `output`, else to the terminal."""
    words = [
        *DYING_WITH_US,
        sys.executable,
        "-m",
        "pytest",
        *paths,
        "--rig",
        str(rig.resolve()),
        "--run-dir",
        str(run_dir),
        *reruns.WITHOUT,
        *options,
    ]
    if profile is not None:
        words += ["--profile", profile]
    below.start_no_more()
    run_dir.mkdir(parents=True, exist_ok=True)
    process = subprocess.Popen(
        words, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, stdout=output, stderr=output
    )
    with forward_signals(process):
        code = process.wait()
    reserve.release(RunFolder(run_dir).reserve)  # if pytest was killed
    content = results.read(run_dir)
    if code == pytest.ExitCode.USAGE_ERROR and not content["tests"]:
        raise UsageError("pytest refused its arguments (see above)")
    return Outcome(run_dir, content, code)


def examine(rig: Path, run_dir: Path, *, profile: str, wait: float = 0.0, output: IO[bytes] | None = None) -> None:
    """The health check before a run: broken parts are printed and kept in `health.json`; the run judges what it can.

    It runs in its own process, as it enters the rig's segment.
    """
    words = [
        *DYING_WITH_US,
        sys.executable,
        "-m",
        "harness.cli.main",
        "doctor",
        "--rig",
        str(rig.resolve()),
        "--profile",
        profile,
        "--wait",
        str(wait),
    ]
    process = subprocess.Popen(
        [*words, "--json", str(RunFolder(run_dir).health)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
    )
    with forward_signals(process):
        process.wait()


def environment() -> dict[str, str]:
    """The environment of a run: if no bytecode may lie beside the sources, it is kept in `.venv`.

    A run starts a dozen Python processes; compiling everything in each of them would take most of the time.
    """
    found = dict(os.environ)
    if found.pop("PYTHONDONTWRITEBYTECODE", ""):
        found.setdefault("PYTHONPYCACHEPREFIX", str(VENV / "pycache"))
    return found


@contextmanager
def forward_signals(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """While pytest runs, it handles the signals: it tears down in order, and m9 waits for it."""

    def terminate(number: int, frame: FrameType | None) -> None:
        process.terminate()

    def ignore(number: int, frame: FrameType | None) -> None:
        """Pass signals on, except Ctrl-C: the terminal sends that to pytest too."""

    try:
        previous = {number: signal.signal(number, terminate) for number in (signal.SIGTERM, signal.SIGHUP)}
        previous[signal.SIGINT] = signal.signal(signal.SIGINT, ignore)
    except ValueError:  # not the main thread: m9 prove runs several threads, and its main thread handles the signals
        with below.told(process):
            yield
        return
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
