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

    runs: Path = layout.RUNS

    @property
    def environment(self) -> dict[str, str]:
        """The run's folder lies below `runs`."""
        return {**super().environment, "M9_RUNS": str(self.runs)}

    @property
    def words(self) -> list[str]:
        """The command."""
        return [
            *self.prefix,
            sys.executable,
            "-m",
            "harness.cli.main",
            "nightly",
            "--rig",
            str(self.rig),
            "--select",
            "smoke",
        ]

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


FILLED = """
mkdir -p "$M9_RUNS" && mount -t tmpfs -o size=40m tmpfs "$M9_RUNS" || exit 99
(until [ "$(cat "$M9_RUNS"/*/results.jsonl 2>/dev/null | wc -l)" -ge 3 ]; do sleep 0.2; done
 cat /dev/zero > "$M9_RUNS/fill" 2>/dev/null) &
"$@"; code=$?
mkdir "$FOLDER/kept" && cp "$M9_RUNS"/*/run.json "$M9_RUNS"/*/signoff.* "$FOLDER/kept"
exit $code
"""


def test_a_night_whose_disk_is_full_has_its_record_and_its_sheet(tmp_path: Path) -> None:
    run = Nightly(tmp_path, "")
    run.prefix = ["unshare", "--mount", "sh", "-c", FILLED, "sh"]
    run.runs = tmp_path / "runs"
    run.finish()
    run.run = tmp_path / "kept"
    verdicts = [test["verdict"] for test in run.result["tests"]]
    assert len(verdicts) == 13, run.output
    assert set(verdicts) == {"passed", "rig fault"}
    assert run.returncode == run.result["exit_code"] == 11, run.output
    assert "cut_off" not in run.result
    assert (run.run / "signoff.html").read_text().rstrip().endswith("</html>")
    assert re.search(rf"evidence is incomplete: {run.runs}/\S+: No space left on device", run.output), run.output
    assert "Traceback" not in run.output
    assert run.processes == []
