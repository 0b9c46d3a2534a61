"""Mirror ports as labs have them: one that loses packets, and those that deliver two copies of each."""

from __future__ import annotations

import json

import pytest

from suites.selftest.outside_rig.scene import Outside, outside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def capture_of(lab: Outside) -> dict[str, object]:
    """What the doctor says of the capture."""
    result = lab.folder / "doctor.json"
    lab.m9("doctor", "--rig", lab.rig, "--json", result)
    return next(part for part in json.loads(result.read_text())["parts"] if part["part"] == "capture")


def test_a_mirror_that_loses_one_in_a_hundred_blames_the_rig_alone(tmp_path):
    with outside(tmp_path / "lab", None, "--mirror", '["--lose", "100"]') as lab:
        part = capture_of(lab)
        night = lab.night()
    assert "the mirror lost" in str(part["answered"]), part
    assert night.counts["product_failures"] == 0, night.output
    assert night.counts["rig_faults"] > 0, night.output


@pytest.mark.parametrize("words", [["--later", "0.03"], ["--ttl", "--vlan"]], ids=["later", "changed"])
def test_a_mirror_of_two_ports_is_seen_through(tmp_path, words):
    with outside(tmp_path / "lab", None, "--mirror", json.dumps(["--twice", *words])) as lab:
        night = lab.night()
    # Where this machine stalls, the second copies come late, and that is said.
    assert [one for one in night.troubles if "delivers each packet twice" not in one] == [], night.output
    assert night.counts["passed"] > 9


def test_copies_too_far_apart_are_said(tmp_path):
    with outside(tmp_path / "lab", None, "--mirror", '["--twice", "--later", "0.3"]') as lab:
        part = capture_of(lab)
    assert "delivers each packet twice" in str(part["answered"]), part


def test_the_mirror_of_a_port_without_link_is_waited_for(tmp_path):
    with outside(tmp_path / "lab", None, "--at-the-port") as lab:
        part = capture_of(lab)
        night = lab.night()
    assert part["ok"], part
    assert night.troubles == [], night.output
