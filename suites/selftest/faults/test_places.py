"""Checkouts in odd places: read-only, and below a folder whose name has a blank."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.rig import segment
from suites.selftest.faults.faulty_run import ROOT, FaultyRun

pytestmark = pytest.mark.slow
READ_ONLY = 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" && cd "$1" && shift && exec "$@"'
POWER = """
def test_call(call):
    call.establish()
    call.handset.hang_up()
    call.expect.released_by("base")

def test_power(power, boot):
    boot.power_cycle()
    boot.expect.ready()

def test_page(base):
    base.web.open("network")
"""


def doctor_in_a_read_only_checkout(runs: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "harness.cli.main", "doctor"]
    command = segment.command(["sh", "-c", READ_ONLY, "sh", str(ROOT), *words])
    environment = {**os.environ, "M9_RUNS": runs}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_a_read_only_checkout_is_told_with_a_remedy_that_works(tmp_path: Path) -> None:
    refused = doctor_in_a_read_only_checkout("")
    assert refused.returncode == 2, refused.stdout + refused.stderr
    assert "the run's folder cannot be made there: Read-only file system" in refused.stderr
    assert "export M9_RUNS=/DIR" in refused.stderr
    well = doctor_in_a_read_only_checkout(str(tmp_path / "elsewhere"))
    assert well.returncode == 0, well.stdout + well.stderr
    assert list((tmp_path / "elsewhere").glob("*-doctor"))


def test_a_checkout_below_a_folder_with_a_blank_works(tmp_path: Path) -> None:
    tree = tmp_path / "check out"
    for name in ("harness", "rigs", "suites"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"))
    for name in ("pyproject.toml", "conftest.py"):
        shutil.copy(ROOT / name, tree / name)
    run = FaultyRun(tmp_path / "a run", POWER, rig=tree / "rigs" / "standin.yaml", root=tree, python_path=tree)
    run.finish()
    assert run.verdicts == dict.fromkeys(("test_call", "test_power", "test_page"), "passed"), run.output
    assert run.processes == []
