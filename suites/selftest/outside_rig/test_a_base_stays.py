"""The base outlives each run and keeps its lease: the next run finds it where it was, by its MAC."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from suites.selftest.outside_rig.scene import Outside, outside
from suites.selftest.private_segment import ROOT

pytestmark = pytest.mark.timeout(600)
SOON = 15.0
"""Seconds of a doctor on an idle machine, twice; a base that is waited for costs `timing.boot` alone, 20."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outside]:
    with outside(tmp_path_factory.mktemp("lab") / "lab") as lab:
        examined(lab)
        yield lab


def examined(lab: Outside, *words: str) -> dict[str, Any]:
    """What the doctor found: its parts by name, and its exit code."""
    result = lab.folder / "doctor.json"
    done = lab.m9("doctor", "--rig", lab.rig, "--json", result, *words)
    found = json.loads(result.read_text())
    parts = {part["part"]: part for part in found["parts"]}
    return {"code": done.returncode, "parts": parts, "output": done.stdout + done.stderr}


def test_the_second_doctor_finds_it_at_once(lab: Outside) -> None:
    found = examined(lab)
    assert found["code"] == 0, found["output"]
    assert found["parts"]["network"]["seconds"] < SOON


@pytest.mark.slow
def test_a_doctor_of_another_user_finds_it_by_its_mac(lab: Outside) -> None:
    shutil.rmtree(lab.folder / "user" / "state")
    found = examined(lab)
    assert found["code"] == 0, found["output"]
    assert found["parts"]["network"]["seconds"] < SOON


@pytest.mark.slow
def test_a_doctor_waits_for_one_that_is_under_way(lab: Outside) -> None:
    words = lab.command(sys.executable, "-m", "harness.cli.main", "doctor", "--rig", lab.rig)
    with subprocess.Popen(words, cwd=ROOT, env=lab.environment, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert "✓ network" in "".join(first.stdout.readline() for _ in range(2))
        impatient = lab.m9("doctor", "--rig", lab.rig)
        patient = examined(lab, "--wait", "60")
    assert (impatient.returncode, patient["code"], first.returncode) == (11, 0, 0), patient["output"]
    assert "is held by" in impatient.stdout + impatient.stderr


@pytest.mark.slow
def test_a_survey_finds_it(lab: Outside) -> None:
    done = lab.m9("survey", "--rig", lab.rig, "--output", lab.folder / "survey.yaml")
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
def test_two_nights_in_a_row_are_green(lab: Outside) -> None:
    for _ in range(2):
        night = lab.night()
        assert night.troubles == [], night.output
        assert night.counts["passed"] > 9


@pytest.mark.slow
def test_a_night_without_a_power_switch_is_green(lab: Outside) -> None:
    rig = json.loads(lab.rig.read_text())
    rig["power"] = {"kind": "none"}
    rig["capabilities"].remove("power")
    lab.rig.with_name("unswitched.yaml").write_text(json.dumps(rig))
    night = lab.night(rig=lab.rig.with_name("unswitched.yaml"))
    assert night.troubles == [], night.output
    assert night.counts["passed"] > 5


@pytest.mark.slow
def test_a_silent_base_is_restarted_as_the_last_resort(lab: Outside) -> None:
    lab.control({"do": "power", "on": False})
    found = examined(lab)
    assert found["parts"]["network"]["ok"], found["output"]
    assert found["parts"]["network"]["seconds"] > 20
