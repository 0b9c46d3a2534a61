"""A loaded machine: a healthy stand-in is blamed for nothing, and what rests on time is said not to be judged."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from suites.selftest.pbx.lab_pbx import STANDIN, Played

LOAD = 20
LEAST_JUDGED = 0.5
WHOLE_WITHIN_S = 5400.0


@pytest.fixture
def load() -> Iterator[None]:
    """So many processes that want a processor all the time."""
    program = shutil.which("stress-ng")
    if program is None:
        pytest.skip("not done: stress-ng is not installed (apt-get install stress-ng)")
    stress = subprocess.Popen([program, "--cpu", str(LOAD), "--quiet"], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        stress.terminate()
        stress.wait()


@pytest.mark.slow
@pytest.mark.timeout(WHOLE_WITHIN_S)
@pytest.mark.parametrize(("words", "jobs"), [(["suites", "-m", "smoke"], 1), (["suites"], 4)], ids=["smoke", "whole"])
def test_a_healthy_base_breaks_nothing_beside_a_load_of_twenty(
    words: list[str], jobs: int, tmp_path: Path, load: None
) -> None:
    played = Played(tmp_path, STANDIN, words, limit=WHOLE_WITHIN_S, jobs=jobs)
    assert played.record["counts"]["product_failures"] == 0, played.output
    assert played.record["counts"]["invalid"] == 0, played.output
    assert played.record["counts"]["passed"] >= len(played.tests) * LEAST_JUDGED, played.output
    assert not [rule for rule, told in played.record["rules"]["asterisk"].items() if told["broken"]], played.output
