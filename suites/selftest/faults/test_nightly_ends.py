"""`m9 nightly` ended from outside while its tests run: the run below it ends too, and its folder can be read."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.core import clock, layout
from harness.signoff import results
from suites.selftest.faults.faulty_run import LIMIT, ROOT, FaultyRun
from suites.selftest.faults.test_ends import control_c, in_a_terminal, killed, surroundings

pytestmark = pytest.mark.slow


class Nightly(FaultyRun):
    """`m9 nightly` on the software rig; its folder is where nightly puts it."""

    @property
    def words(self) -> list[str]:
        """The command."""
        return [sys.executable, "-m", "harness.cli.main", "nightly", "--rig", str(self.rig), "--select", "smoke"]

    @property
    def under_way(self) -> bool:
        """Whether a first test is finished; the folder is known by then."""
        found = re.search(r"→ (\S+)", (self.folder / "output").read_text())
        if found:
            self.run = ROOT / found[1]
        return bool(found) and bool(list(results.finished(self.run)))


@pytest.fixture
def nightly(tmp_path: Path) -> Iterator[Nightly]:
    run = Nightly(tmp_path, "")
    yield run
    if run.run.is_relative_to(layout.RUNS):
        shutil.rmtree(run.run, ignore_errors=True)


@pytest.mark.parametrize(("end", "code"), [(control_c, 130), (killed, -signal.SIGKILL)])
def test_an_interrupted_night_leaves_nothing_but_what_it_found_out(
    nightly: Nightly, end: Callable[..., None], code: int
) -> None:
    before = surroundings()
    master, how = in_a_terminal()
    process: Any = nightly.start(**how)
    os.close(how["stdin"])
    try:
        clock.wait_until(lambda: nightly.under_way or process.poll() is not None, what="a test ended", within=LIMIT)
        assert process.poll() is None, nightly.ended(process).output
        end(process, master)
        nightly.ended(process)
        clock.wait_until(lambda: not nightly.processes, what="the run below has ended", within=60)
    finally:
        os.close(master)
    assert nightly.returncode == code, nightly.output
    assert surroundings() == before
    result = nightly.result
    assert result["interrupted"] is True
    assert result["counts"]["passed"] >= 1
