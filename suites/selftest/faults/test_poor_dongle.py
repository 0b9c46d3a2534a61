"""A lab's own dongle, from a package of its own, that only presses keys and reads displays: calls are still judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from suites.selftest.faults.faulty_run import FaultyRun

BACKEND = """
from harness.handset.dongle import Dongle


class LabDongle(Dongle):
    \"\"\"Fingers and a camera: no ears, no mouth, no attenuator.\"\"\"

    def caps(self, handset=None):
        return frozenset({"KEYS", "DISPLAY", "SUBSCRIBE"})
"""
ENTRY_POINTS = """
[m9.dongles]
lab = lab_dongle:LabDongle
"""
CODE = """
import pytest

def test_it_is_the_labs_own(rig_session):
    assert type(rig_session.dongle).__name__ == "LabDongle"

def test_a_call_by_keys_and_display(call):
    call.establish()
    call.handset.hang_up()
    call.expect.released_by("base")

def test_its_audio(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()

@pytest.mark.needs("audio")
def test_what_says_beforehand_that_it_needs_ears(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()

def test_a_call_after_it(call):
    call.establish()
    call.handset.hang_up()
    call.expect.released_by("base")
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    """A run with the backend installed beside it: a module and its entry point."""
    run = FaultyRun(tmp_path_factory.mktemp("poor"), CODE)
    installed(run.folder / "site")
    run.python_path = run.folder / "site"

    def with_the_labs_dongle(rig: dict[str, Any]) -> None:
        rig["dongle"]["backend"] = "lab"
        rig["capabilities"].remove("rf")

    run.rig = run.derived_rig(with_the_labs_dongle)
    return run.finish()


def installed(site: Path) -> None:
    """What pip leaves of a package."""
    metadata = site / "lab_dongle-1.dist-info"
    metadata.mkdir(parents=True)
    (site / "lab_dongle.py").write_text(BACKEND)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-dongle\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text(ENTRY_POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_it_is_the_labs_own", "test_a_call_by_keys_and_display", "test_a_call_after_it"])
def test_keys_and_displays_are_enough_for_a_call(run: FaultyRun, name: str) -> None:
    assert run.verdicts.get(name) == "passed", run.output


@pytest.mark.slow
@pytest.mark.parametrize("name", ["test_its_audio", "test_what_says_beforehand_that_it_needs_ears"])
def test_what_it_cannot_is_not_applicable_and_says_so(run: FaultyRun, name: str) -> None:
    assert run.verdicts.get(name) == "not applicable", run.output
    assert "the dongle cannot TONE with handset 1" in run.reason(name)


@pytest.mark.slow
def test_that_is_no_fault_of_anybody(run: FaultyRun) -> None:
    assert run.result["exit_code"] == 0
    assert run.processes == []
