"""What the harness gives this host for a run is gone after it, also what comes by its own router advertisements."""

from __future__ import annotations

import pytest

from suites.selftest.outside_rig.scene import Outside, outside

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PREFIX = "2001:db8:9:"
NETWORK = {"network": {"interface": "lab0", "address": "192.0.2.1/24", "address6": f"{PREFIX}:1/64"}}


def ours(lab: Outside) -> list[str]:
    """The host's addresses in the rig's networks."""
    lines = lab.run("ip", "-o", "address", "show", "dev", "lab0").stdout.splitlines()
    return [line.split()[3] for line in lines if PREFIX in line or "192.0.2." in line]


def test_nothing_is_left_after_a_run(tmp_path):
    with outside(tmp_path / "lab", NETWORK) as lab:
        lab.run("sysctl", "-qw", "net.ipv6.conf.lab0.accept_ra=2", "net.ipv6.conf.lab0.autoconf=1")
        examined = lab.m9("doctor", "--rig", lab.rig)
        left = ours(lab)
    assert examined.returncode == 0, examined.stdout
    assert left == []
