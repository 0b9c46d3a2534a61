"""A power bar that takes its time: what timing.power allows is waited for."""

from __future__ import annotations

import pytest

from suites.selftest.outside_rig.scene import outside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_night_with_a_power_bar_that_answers_after_two_and_a_half_seconds_is_green(tmp_path):
    with outside(tmp_path / "lab", None, "--pdu-delay", "2.5") as lab:
        night = lab.night(within=280)
    assert night.troubles == [], night.output
