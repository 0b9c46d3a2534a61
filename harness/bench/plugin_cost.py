"""The cost of the plugin in a project without a rig: one trivial test, with it and without."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness.bench.frame import Row
from harness.core.layout import ROOT

ROUNDS = 9
TARGET = 0.10


def measure() -> Row:
    """The medians of alternating runs, so that a slow moment of the machine affects both."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        (Path(folder) / "test_one.py").write_text("def test_one():\n    assert True\n", encoding="utf-8")
        with_it, without = [], []
        for _ in range(ROUNDS):
            without.append(_seconds(folder, []))
            with_it.append(_seconds(folder, ["-p", "harness.plugin.entry"]))
    return Row(
        "plugin loaded, no rig named, one trivial test",
        statistics.median(with_it),
        statistics.median(without),
        "more",
        TARGET,
    )


def _seconds(folder: str, options: list[str]) -> float:
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *options, "test_one.py"]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    began = time.perf_counter()
    subprocess.run(words, cwd=folder, env=environment, capture_output=True, check=True)
    return time.perf_counter() - began
