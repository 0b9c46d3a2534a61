"""Tools that freeze (SIGSTOP, a stuck loop): a rig fault within half a minute, and the next test has a fresh one."""

from pathlib import Path

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import FaultyRun

pytestmark = pytest.mark.slow

CODE = """
import threading
import psutil
from harness.power import snmp

def freeze(name):
    found = [one for one in psutil.process_iter() if one.name().startswith(name)]
    assert found, name
    for one in found:
        one.suspend()
    return found

def call_and_end(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_call_at_the_beginning(call):
    call_and_end(call)

def test_peer_stopped_while_it_is_waited_for(call, peer):
    os.kill(peer.pid, signal.SIGSTOP)
    call.handset.dial()
    call.peer.expect_call()

def test_call_after_peer_stopped(call):
    call_and_end(call)

def test_peer_stopped_and_passed_over(call, peer):
    call_and_end(call)
    os.kill(peer.pid, signal.SIGSTOP)

def test_call_after_peer_stopped_late(call):
    call_and_end(call)

def test_page_at_the_beginning(base):
    base.web.open("network")

def test_chromedriver_stopped(base):
    base.web.open("network")
    freeze("chromedriver")
    base.web.open("account", 1)

def test_page_after_chromedriver_stopped(base):
    base.web.open("network")

def test_browser_stopped(base):
    base.web.open("network")
    freeze("chromium")
    base.web.open("account", 1)

def test_page_after_browser_stopped(base):
    base.web.open("network")

def test_browser_stopped_and_passed_over(base):
    base.web.open("network")
    freeze("chromium")

def test_page_after_browser_stopped_late(base):
    base.web.open("network")

def test_snmp_engine_stuck(power):
    power.state()
    stuck = threading.Event()
    snmp._loop()._loop.call_soon_threadsafe(stuck.wait)
    try:
        power.state()
    finally:
        stuck.set()

def test_power_after_snmp_engine_stuck(power):
    assert power.state().enabled

def test_switch_stopped(power):
    frozen = freeze("snmpd")
    try:
        power.state()
    finally:
        for one in frozen:
            one.resume()

def test_power_after_switch_stopped(power):
    assert power.state().enabled

def test_call_at_the_end(call, peer):
    assert "pjsua2" in peer._process.program
    call_and_end(call)
"""
FAULTS = (
    Fault("the softphone of the far end is stopped (SIGSTOP) while a call is waited for",
          "test_peer_stopped_while_it_is_waited_for", "rig fault: peer peer1: "),
    Fault("the softphone of the far end is stopped after its last act", "test_peer_stopped_and_passed_over",
          "rig fault: peer peer1: "),
    Fault("chromedriver is stopped before a page", "test_chromedriver_stopped", "rig fault: browser: "),
    Fault("the browser is stopped before a page", "test_browser_stopped", "rig fault: browser: "),
    Fault("the browser is stopped after its last page", "test_browser_stopped_and_passed_over",
          "rig fault: browser: stopped by a signal"),
    Fault("the SNMP engine of the harness is stuck", "test_snmp_engine_stuck", "rig fault: SNMP: "),
    Fault("the switch answers nothing", "test_switch_stopped", "rig fault: switch: "),
)  # fmt: skip
LONGEST = 30.0


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    folder: Path = tmp_path_factory.mktemp("frozen")
    run = FaultyRun(folder, CODE).finish()
    note(run, FAULTS)
    return run


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.test)
def test_what_freezes_is_a_rig_fault_with_a_remedy_in_time(run: FaultyRun, fault: Fault) -> None:
    run.has_a_rig_fault(fault.test, fault.begins)
    assert run.duration(fault.test) < LONGEST


def test_every_other_test_finds_working_parts(run: FaultyRun) -> None:
    frozen = {fault.test for fault in FAULTS}
    others = {name: verdict for name, verdict in run.verdicts.items() if name not in frozen}
    assert set(others.values()) == {"passed"}, run.output
    assert len(others) == 10
    assert run.result["exit_code"] == 11
    assert run.processes == []
