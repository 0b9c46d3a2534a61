"""`m9 nightly` over several rigs: they run side by side, and one sheet is made of all."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "rigs" / "standin.yaml"


@pytest.mark.slow
def test_two_rigs_run_at_the_same_time(tmp_path: Path) -> None:
    files = [tmp_path / f"rig{number}.yaml" for number in (1, 2)]
    for file in files:
        file.write_text(STANDIN.read_text().replace("name: standin", f"name: {file.stem}"))
    result = tmp_path / "night.json"
    words = ["nightly", *(word for file in files for word in ("--rig", str(file))), "--select", "smoke", "--jobs", "1"]
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *words, "--json", str(result)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    night = json.loads(result.read_text())
    runs = night["runs"]
    assert [run["rig"]["name"] for run in runs] == ["rig1", "rig2"]
    assert night["counts"]["passed"] == sum(run["counts"]["passed"] for run in runs) > 20
    spans = [(run["started"], run["ended"]) for run in runs]
    assert max(begins for begins, _ in spans) < min(ends for _, ends in spans)
    assert all((Path(run["folder"]) / "terminal.txt").stat().st_size for run in runs)
