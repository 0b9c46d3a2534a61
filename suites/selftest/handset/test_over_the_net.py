"""A dongle that hangs on another host: a server that restarts, a device pulled behind it, a network that goes dead."""

import pytest

from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.handset.dongle import Dongle
from suites.selftest.handset.serial_over_net import SERVERS

pytestmark = pytest.mark.filterwarnings("ignore:.*setDaemon|.*setName:DeprecationWarning")


@pytest.fixture(params=SERVERS)
def server(request, loop):
    with SERVERS[request.param](loop.link) as server:
        yield server


@pytest.fixture
def dongle(server):
    with Dongle(server.url, timeout=0.5, replug_within=10.0) as dongle:
        yield dongle


def test_a_server_that_restarts_is_asked_again_and_events_go_on(dongle, server, loop):
    dongle.subscribe(1)
    server.drop()
    assert dongle.identify().model == "m9 loop dongle"
    assert dongle.noise.replugged == 1
    assert loop.handsets[1].mask == 63
    loop.tell('RING 1 ON "Ringer1"')
    assert dongle.expect_event("RING", 1, within=2.0).on


def test_a_device_pulled_behind_the_server_is_found_again(dongle, server, loop):
    loop.unplug()
    loop.plug()
    assert dongle.handsets()[0].number == 1
    assert dongle.noise.replugged >= 1


def test_a_network_that_goes_dead_without_a_word_costs_one_fault_and_no_more(dongle, server):
    server.go_dead()
    with pytest.raises(RigFault, match="no whole answer"):
        dongle.command("AT+KEY=1,1")
    with pytest.raises(RigFault, match="does not answer"):
        dongle.identify()
    wait_until(lambda: dongle.noise.replugged, what="another connection", within=10)
    assert dongle.identify().protocol == 1


def test_times_over_the_net_are_the_hosts(dongle, loop):
    from harness.core import clock

    assert dongle.align() < 0.5
    dongle.subscribe(1)
    before = clock.now()
    loop.tell("DISP 1")
    assert abs(dongle.expect_event("DISP", 1, within=2.0).at - before) < 0.5


@pytest.mark.parametrize(
    "url", ["socket://127.0.0.1:1", "rfc2217://127.0.0.1:1", "socket://nowhere.invalid:1", "spam://x"]
)
def test_a_server_that_is_not_there_is_a_rig_fault_with_a_remedy(url):
    with pytest.raises(RigFault, match="cannot be opened") as fault:
        Dongle(url, timeout=0.5).open()
    assert fault.value.remedy
