"""The whole night with the fastest number of jobs, compared with one job."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.bench.frame import Row
from harness.core.errors import HarnessFault
from harness.core.layout import ROOT

ON_REQUEST = True
"""A quarter of an hour."""
TARGET = 2.2


def measure() -> Row:
    """One night of each kind, check and report included; the efficiency is that of the several jobs."""
    ours, night = _night([])
    theirs, alone = _night(["--jobs", "1"])
    tests = [sum(record["counts"].values()) for record in (night, alone)]
    if tests[0] != tests[1]:
        raise HarnessFault(f"{tests[0]} tests ran with several jobs, {tests[1]} with one")
    bad = sum(night["counts"].values()) - night["counts"]["passed"] - night["counts"]["not_applicable"]
    note = f"{night['jobs']} jobs, efficiency {night['efficiency']:.0%}"
    note += f", {bad} tests did not pass" if bad else ""
    return Row("the whole night, default jobs against one", ours, theirs, "times faster", TARGET, note=note)


def _night(words: list[str]) -> tuple[float, dict[str, Any]]:
    """The seconds of `m9 nightly`, and its result."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        result = Path(folder) / "night.json"
        command = [sys.executable, "-m", "harness.cli.main", "nightly", "--json", str(result), *words]
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - began
        if not result.exists():
            last = (done.stderr or done.stdout).strip().splitlines()[-1:] or ["it printed nothing"]
            raise HarnessFault(f"m9 nightly ended with {done.returncode}: {last[0]}")
        found: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
        return seconds, found
