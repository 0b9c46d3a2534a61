"""Servers of the rig's network that die under a base: never the firmware's fault, and the next test has them again."""

from pathlib import Path

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import FaultyRun

pytestmark = pytest.mark.slow

CODE = """
def test_dnsmasq_killed(boot, services):
    boot.power_off()
    os.kill(services.dnsmasq.pid, signal.SIGKILL)
    boot.power_on()
    boot.expect.ready()

def test_boot_after_dnsmasq_killed(boot):
    boot.power_cycle()
    boot.expect.ready()
    boot.judge("NET-HOST-NAME")

def test_dnsmasq_stopped(boot, services):
    boot.power_off()
    os.kill(services.dnsmasq.pid, signal.SIGSTOP)
    boot.power_on()
    boot.dhcp.expect_request()

def test_web_server_deaf(boot, services):
    boot.documents.serve([("user_expiry", "180", 1)])
    services.http._listener.shutdown(2)
    boot.power_cycle()
    boot.expect.ready()
    boot.judge("PRV-EXPIRY")

def test_boot_after_web_server_deaf(boot):
    boot.documents.serve([("user_expiry", "180", 1)])
    boot.power_cycle()
    boot.expect.ready()
    boot.judge("PRV-EXPIRY")

def test_time_server_deaf_and_passed_over(base, services):
    services.sntp.__exit__(None, None, None)

def test_handset_lost_behind_a_closed_window(base, handset):
    handset.link.deregister()
    base.web.dect.close_registration()

def test_call_after_handset_lost(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")
"""
FAULTS = (
    Fault("dnsmasq is killed under a base that boots", "test_dnsmasq_killed",
          "rig fault: dnsmasq: the rig's DHCP and DNS server has ended (-9)"),
    Fault("dnsmasq is stopped under a base that boots", "test_dnsmasq_stopped",
          "rig fault: dnsmasq: the rig's DHCP and DNS server was stopped by a signal"),
    Fault("the provisioning server takes no connections", "test_web_server_deaf",
          "rig fault: provisioning server: no connection to"),
    Fault("the time server is deaf, and no test asks it", "test_time_server_deaf_and_passed_over",
          "rig fault: time server: queries to"),
)  # fmt: skip
RIG_FAULTS = {fault.test: fault.begins for fault in FAULTS}
HEALTHY = (
    "test_boot_after_dnsmasq_killed",
    "test_boot_after_web_server_deaf",
    "test_handset_lost_behind_a_closed_window",
    "test_call_after_handset_lost",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    folder: Path = tmp_path_factory.mktemp("servers")
    run = FaultyRun(folder, CODE).finish()
    note(run, FAULTS)
    return run


@pytest.mark.parametrize("name", RIG_FAULTS)
def test_a_server_that_dies_under_a_base_is_a_rig_fault_with_a_remedy(run: FaultyRun, name: str) -> None:
    run.has_a_rig_fault(name, RIG_FAULTS[name])


@pytest.mark.parametrize("name", HEALTHY)
def test_the_next_test_finds_a_working_part(run: FaultyRun, name: str) -> None:
    run.has_passed(name)
