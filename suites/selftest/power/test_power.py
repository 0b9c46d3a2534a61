"""The base's plug: switched over SNMP against a real agent, and never believed on its word."""

from pathlib import Path

import pytest

from harness.power.pdu import Outlet
from harness.power.poe import PoePort
from harness.power.protocol import Power
from harness.power.snmp import SnmpAccess
from suites.selftest import private_segment

SCRIPT = Path(__file__).with_name("agent_segment.py")
STRESS = Path(__file__).with_name("stress_segment.py")


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    return private_segment.printed(SCRIPT, tmp_path_factory.mktemp("switch"))


def test_each_of_many_sets_under_load_is_done_at_once(tmp_path):
    found = private_segment.printed(STRESS, tmp_path, 40)
    assert found["wrong"] == []


@pytest.mark.slow
def test_three_hundred_sets_under_load_are_done_at_once(tmp_path):
    found = private_segment.printed(STRESS, tmp_path, 300, within=240)
    assert found == {"sets": 300, "wrong": []}


def test_power_goes_and_comes_confirmed_by_power_and_link(found):
    assert found["before"]
    assert found["off"] == [False, True, "disabled, disabled, link down"]
    assert found["on"] == "enabled, deliveringPower, link up"


def test_power_that_nobody_takes_is_a_rig_fault(found):
    assert "the base is plugged in" in found["unplugged"]


def test_a_port_that_is_not_there_is_named(found):
    assert "no object 1.3.6.1.2.1.105.1.1.1.3.1.7" in found["no_port"]


def test_a_wrong_community_says_that_it_looks_like_silence(found):
    assert "wrong community looks the same" in found["community"]


def test_a_community_that_may_not_write_is_told_apart(found):
    assert "allowed to write" in found["read_only"]


def test_version_3_switches_and_refuses_wrong_keys(found):
    assert found["v3"]
    assert "power.v3" in found["v3_wrong"]


def test_an_outlet_is_read_back(found):
    assert found["outlet"] == [False, True]


@pytest.mark.parametrize(
    "plug",
    [PoePort(SnmpAccess("198.51.100.1"), 1, 3, 3), Outlet(SnmpAccess("198.51.100.1"), "1.3.6.1")],
    ids=["poe", "pdu"],
)
def test_every_plug_is_a_power(plug):
    assert isinstance(plug, Power)
