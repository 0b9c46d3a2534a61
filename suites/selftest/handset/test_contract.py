"""What any dongle of protocol 1 must do: the loop dongle, the stand-in's by its port and over the network, and a real
one too if M9_DONGLE names its port.
"""

import os

import pytest

from harness.handset.dongle import Dongle
from harness.handset.driver import Handset
from harness.handset.loopback_dongle import LoopbackDongle
from suites.selftest.handset.serial_over_net import SERVERS
from suites.selftest.handset.standin_dongle import plugged

pytestmark = pytest.mark.filterwarnings("ignore:.*setDaemon|.*setName:DeprecationWarning")
PORTS = ["loop", "stand-in", *SERVERS, *([os.environ["M9_DONGLE"]] if "M9_DONGLE" in os.environ else [])]


@pytest.fixture(params=PORTS)
def any_dongle(request, tmp_path):
    if request.param == "loop":
        with LoopbackDongle(tmp_path / "dongle") as loop, Dongle(str(loop.link), timeout=0.5) as dongle:
            yield dongle
    elif request.param == "stand-in":
        with plugged(tmp_path) as port, Dongle(str(port)) as dongle:
            yield dongle
    elif request.param in SERVERS:
        with plugged(tmp_path) as port, SERVERS[request.param](port) as server, Dongle(server.url) as dongle:
            yield dongle
    else:
        with Dongle(request.param) as dongle:
            yield dongle


def test_it_speaks_protocol_one(any_dongle):
    assert any_dongle.identify().protocol == 1


def test_it_has_handsets_with_ten_digit_identities(any_dongle):
    for status in any_dongle.handsets():
        assert len(status.ipui) == 10
        assert status.state in {"UNREGISTERED", "LOCKED", "LINKED", "LOST"}


def test_it_can_press_keys_and_read_displays(any_dongle):
    first = any_dongle.handsets()[0].number
    assert {"KEYS", "DISPLAY"} <= any_dongle.caps(first)
    handset = Handset(any_dongle, first)
    handset.press("ONHOOK")
    assert handset.display().rows


def test_its_clock_runs(any_dongle):
    first = int(any_dongle.command("AT+TIME?")[0].partition(":")[2])
    assert int(any_dongle.command("AT+TIME?")[0].partition(":")[2]) >= first


def test_it_refuses_what_it_does_not_know(any_dongle):
    from harness.handset.dongle import CommandRefused

    with pytest.raises(CommandRefused) as refusal:
        any_dongle.command("AT+KEY=99,1")
    assert refusal.value.code == 2


def test_its_clock_is_brought_to_the_hosts(any_dongle):
    assert any_dongle.align() < 0.5
    assert any_dongle.clock_error < 0.3


def test_check_sums_are_compulsory_both_ways(any_dongle):
    assert any_dongle._connection._connection.sealed


def test_a_key_is_held_down_and_the_next_command_is_answered(any_dongle):
    first = any_dongle.handsets()[0].number
    handset = Handset(any_dongle, first)
    handset.press("1", hold_ms=300)
    assert handset.display().rows
