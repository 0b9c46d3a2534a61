"""The base's plug: switched over SNMP against a real agent, and never believed on its word."""

from pathlib import Path

import pytest
import yaml

from harness.core.errors import RigFault
from harness.power.pdu import Outlet
from harness.power.poe import PoePort
from harness.power.protocol import Power
from harness.power.snmp import SnmpAccess
from harness.rig import factory
from harness.rig.model import PduPower, Rig
from suites.selftest import private_segment

SCRIPT = Path(__file__).with_name("agent_segment.py")
STANDIN = Path(__file__).parents[3] / "rigs" / "standin.yaml"
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
    assert "the credentials under power" in found["v3_wrong"]


def test_an_outlet_is_read_back(found):
    assert found["outlet"] == [False, True]


def test_a_stuck_engine_is_a_rig_fault_and_the_next_question_has_a_fresh_one(found):
    assert found["stuck"].startswith("rig fault: SNMP: pysnmp has not finished")
    assert "  remedy  " in found["stuck"]
    assert found["after"]


@pytest.mark.parametrize(
    "plug",
    [PoePort(SnmpAccess("198.51.100.1"), 1, 3, 3), Outlet(SnmpAccess("198.51.100.1"), "1.3.6.1")],
    ids=["poe", "pdu"],
)
def test_every_plug_is_a_power(plug):
    assert isinstance(plug, Power)


@pytest.mark.parametrize(
    ("power", "names"),
    [
        ({"kind": "pdu", "outlet": "1.3.6.1", "community": {"env": "LAB7_PDU", "default": "x"}}, "$LAB7_PDU"),
        ({"kind": "poe", "port": 3, "if_index": 3, "community": {"file": "/lab7/pdu", "default": "x"}}, "/lab7/pdu"),
    ],
)
def test_a_silent_agent_costs_the_rigs_own_limit_and_the_remedy_names_the_rig_files_secret(power, names):
    rig = Rig.model_validate(yaml.safe_load(STANDIN.read_text()) | {"timing": {"power": 0.3}})
    entry = type(rig.power).model_validate if power["kind"] == "poe" else PduPower.model_validate
    rig = rig.model_copy(update={"power": entry(power | {"host": "127.0.0.1", "udp_port": 9})})
    with pytest.raises(RigFault, match=r"\(0\.3 s\)") as silence:
        factory.power(rig).state()
    assert f"power.community ({names})" in silence.value.remedy
    assert "timing.power" in silence.value.remedy
