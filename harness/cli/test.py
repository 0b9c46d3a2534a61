"""`m9 test`: the harness's own tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated

import pytest
import typer

from harness.cli.console import JsonOption, run, write_json
from harness.cli.suites import INTERRUPTED, forward_signals
from harness.core import verdict
from harness.core.child_process import DYING_WITH_US
from harness.core.layout import ROOT

EXITS: dict[int, int] = {
    pytest.ExitCode.OK: verdict.EXIT_GOOD,
    pytest.ExitCode.TESTS_FAILED: verdict.EXIT_PRODUCT,
    pytest.ExitCode.INTERRUPTED: verdict.EXIT_INTERRUPTED,
    pytest.ExitCode.USAGE_ERROR: verdict.EXIT_USAGE,
    pytest.ExitCode.NO_TESTS_COLLECTED: verdict.EXIT_NOTHING_JUDGED,
}

ALONE = ("-n", "--numprocesses", "--dist", "--pdb", "-s", "--capture", "--trace")
"""Options of pytest that divide the tests themselves, or that need its terminal."""


def command(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="the slow ones too")] = False,
    json: JsonOption = None,
) -> None:
    """Run the harness's own tests (suites/selftest); further words go to pytest."""
    run(lambda: test(context.args, everything, json))


def test(words: list[str], everything: bool, json: Path | None) -> int:
    """Run pytest over suites/selftest and translate its exit code."""
    options = [] if everything else ["-m", "not slow"]
    paths = [] if any((ROOT / word.split("::")[0]).exists() for word in words) else ["suites/selftest"]
    if paths and not everything and not any(word.startswith(ALONE) for word in words):
        options += _side_by_side()
    with tempfile.TemporaryDirectory(prefix="m9-test-") as folder:
        results = Path(folder) / "results.xml"
        command = [*DYING_WITH_US, sys.executable, "-m", "pytest", *paths, *options, f"--junitxml={results}", *words]
        process = subprocess.Popen(command, cwd=ROOT)
        with forward_signals(process):
            code = process.wait()
        counts = _counts(results)
    exit_code = verdict.EXIT_INTERRUPTED if code in INTERRUPTED else EXITS.get(code, verdict.EXIT_HARNESS)
    write_json(json, {"counts": counts, "exit_code": exit_code})
    return exit_code


def _side_by_side() -> list[str]:
    """Divide the tests by file, as a file's tests share fixtures; on one core they are not divided.

    Every third of the tests' seconds is spent waiting, so that three workers keep two cores busy.
    """
    cores = len(os.sched_getaffinity(0))
    return ["-n", str(cores * 3 // 2), "--dist", "loadfile"] if cores > 1 else []


def _counts(results: Path) -> dict[str, int]:
    """The numbers of tests that passed, failed, ended in an error and were skipped."""
    if not results.exists():
        return {}
    from xml.etree import ElementTree

    suite = next(ElementTree.parse(results).getroot().iter("testsuite"))
    counts = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
    counts["passed"] = counts["tests"] - counts["failures"] - counts["errors"] - counts["skipped"]
    return counts


def check_isolation(json: JsonOption = None) -> None:
    """Check law 2: harness and stand-in share nothing, and each works in a tree without the other."""
    run(lambda: test(["suites/selftest/laws"], True, json))
