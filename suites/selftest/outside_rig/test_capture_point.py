"""A capture that does not see base and PBX both ways is a rig fault, in the doctor and in the night."""

from __future__ import annotations

import json

import pytest

from harness.signoff import results
from suites.selftest.outside_rig.scene import outside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
AT_THE_CABLE = {"capture": {"interface": "lab0", "mode": "host"}}


def test_a_pbx_behind_a_learning_switch_is_a_rig_fault_that_says_where_it_must_stand(tmp_path):
    with outside(tmp_path / "lab", AT_THE_CABLE, "--far-pbx", "switched") as lab:
        result = tmp_path / "doctor.json"
        examined = lab.m9("doctor", "--rig", lab.rig, "--json", result)
        parts = {part["part"]: part for part in json.loads(result.read_text())["parts"]}
        night = lab.night()
    assert examined.returncode == 11, examined.stdout
    assert [name for name, part in parts.items() if not part["ok"]] == ["capture"], examined.stdout
    assert parts["capture"]["answered"] == "capture: lab0 does not show what 192.0.2.53 sends to 192.0.2.9"
    assert "on this machine" in parts["capture"]["remedy"]
    assert night.counts["product_failures"] == 0, night.output
    assert night.counts["rig_faults"] > 0, night.output


@pytest.mark.parametrize("only", ["in", "out"])
def test_a_mirror_of_one_direction_is_a_rig_fault(tmp_path, only):
    with outside(tmp_path / "lab", None, "--mirror", json.dumps(["--only", only])) as lab:
        result = tmp_path / "doctor.json"
        examined = lab.m9("doctor", "--rig", lab.rig, "--json", result)
        parts = {part["part"]: part for part in json.loads(result.read_text())["parts"]}
        run = tmp_path / "run"
        words = ["-m", "pytest", "suites", "-m", "smoke", "--rig", lab.rig, "--run-dir", run, "-p", "no:cacheprovider"]
        night = lab.python(*words)
    assert [name for name, part in parts.items() if not part["ok"]] == ["capture"], examined.stdout
    counts = results.read(run)["counts"]
    assert counts["product_failures"] == 0, night.stdout
    assert counts["rig_faults"] > 0, night.stdout


@pytest.mark.parametrize(
    ("changes", "words"),
    [(AT_THE_CABLE, ["--far-pbx", "routed"]), (None, ["--far-pbx", "switched", "--at-the-port"])],
    ids=["behind this machine", "at a switch that mirrors the base"],
)
def test_a_pbx_where_the_capture_sees_it_is_well(tmp_path, changes, words):
    with outside(tmp_path / "lab", changes, *words) as lab:
        examined = lab.m9("doctor", "--rig", lab.rig)
        night = lab.night()
    assert examined.returncode == 0, examined.stdout
    assert night.troubles == [], night.output
    assert night.counts["passed"] > 5
