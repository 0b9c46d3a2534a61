"""Parts that die in the middle of a call: the verdict is never the firmware's, and the next test finds a fresh one."""

from pathlib import Path

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import FaultyRun

pytestmark = pytest.mark.slow

CODE = """
def test_pbx_killed(call, pbx):
    call.establish()
    os.killpg(pbx._process.pid, signal.SIGKILL)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_pbx_killed(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_pbx_stopped(call, pbx):
    call.establish()
    os.killpg(pbx._process.pid, signal.SIGSTOP)
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_call_after_pbx_stopped(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_peer_killed(call, peer):
    call.establish()
    os.kill(peer.pid, signal.SIGKILL)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_peer_killed(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_peer_stuck(call, peer):
    call.establish()
    os.kill(peer.pid, signal.SIGSTOP)
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_peer_killed_and_passed_over(call, peer):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")
    os.kill(peer.pid, signal.SIGKILL)
    os.waitid(os.P_PID, peer.pid, os.WEXITED | os.WNOWAIT)

def test_tcpdump_killed(call, rig_session):
    call.establish()
    os.kill(rig_session.capture.pids["tcpdump"], signal.SIGKILL)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_tcpdump_killed(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_tshark_killed(call, rig_session):
    call.establish()
    os.kill(rig_session.capture.pids["tshark"], signal.SIGKILL)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_tshark_killed(call):
    call.establish()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_tshark_stopped(call, rig_session):
    call.establish()
    os.kill(rig_session.capture.pids["tshark"], signal.SIGSTOP)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_tshark_stopped(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_tcpdump_stopped(call, rig_session):
    call.establish()
    os.kill(rig_session.capture.pids["tcpdump"], signal.SIGSTOP)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_after_tcpdump_stopped(call):
    call.establish()
    call.peer.hang_up()
    call.expect.released_by("peer")

def test_peer_crashes_once(call, peer):
    call.establish()
    if "pjsua2" in peer._process.program:
        os.kill(peer.pid, signal.SIGSEGV)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_peer_crashes_twice(call, peer):
    call.establish()
    os.kill(peer.pid, signal.SIGSEGV)
    call.handset.hang_up()
    call.expect.released_by("base")

def test_call_at_the_end(call, peer):
    call.establish()
    assert "pjsua2" in peer._process.program
    call.handset.hang_up()
    call.expect.released_by("base")
"""
FAULTS = (
    Fault("Kamailio is killed in a call", "test_pbx_killed", "rig fault: pbx: Kamailio has ended"),
    Fault("Kamailio is stopped (SIGSTOP) in a call", "test_pbx_stopped", "rig fault: pbx: Kamailio runs and is silent"),
    Fault("the far end's softphone is killed in a call", "test_peer_killed",
          "rig fault: peer peer1: the worker ended by signal 9"),
    Fault("the far end's softphone is stopped in a call", "test_peer_stuck", "rig fault: peer peer1: no answer to"),
    Fault("the far end's softphone is killed after its call", "test_peer_killed_and_passed_over",
          "rig fault: peer peer1: the worker ended by signal 9"),
    Fault("tcpdump is killed in a call", "test_tcpdump_killed", "rig fault: capture: tcpdump on m9rig ended (-9)"),
    Fault("tshark is killed in a call", "test_tshark_killed", "rig fault: capture: tshark ended (-9)"),
    Fault("tshark is stopped in a call", "test_tshark_stopped", "rig fault: capture: tshark on m9rig is stopped"),
    Fault("tcpdump is stopped in a call", "test_tcpdump_stopped", "rig fault: capture: tcpdump on m9rig is stopped"),
    Fault("the softphone crashes after a packet of the base; another one does not", "test_peer_crashes_once",
          verdict="invalid"),
    Fault("two different softphones crash after a packet of the base", "test_peer_crashes_twice",
          verdict="product failure"),
)  # fmt: skip
RIG_FAULTS = {fault.test: fault.begins for fault in FAULTS if fault.begins}
HEALTHY = (
    "test_call_after_pbx_killed",
    "test_call_after_pbx_stopped",
    "test_call_after_peer_killed",
    "test_call_after_tcpdump_killed",
    "test_call_after_tshark_killed",
    "test_call_after_tshark_stopped",
    "test_call_after_tcpdump_stopped",
    "test_call_at_the_end",
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    folder: Path = tmp_path_factory.mktemp("parts")
    run = FaultyRun(folder, CODE).finish()
    note(run, FAULTS)
    return run


@pytest.mark.parametrize("name", RIG_FAULTS)
def test_a_part_that_dies_in_a_call_is_a_rig_fault_with_a_remedy(run: FaultyRun, name: str) -> None:
    run.has_a_rig_fault(name, RIG_FAULTS[name])


@pytest.mark.parametrize("name", HEALTHY)
def test_the_next_test_finds_a_working_part(run: FaultyRun, name: str) -> None:
    run.has_passed(name)


def test_a_peer_that_crashes_on_the_bases_packets_is_invalid_when_another_stack_bears_them(run: FaultyRun) -> None:
    assert run.verdicts["test_peer_crashes_once"] == "invalid", run.output
    assert "with baresip the test passes" in run.reason("test_peer_crashes_once")


def test_a_second_death_is_the_products(run: FaultyRun) -> None:
    assert run.verdicts["test_peer_crashes_twice"] == "product failure", run.output
    assert "two independent SIP stacks" in run.reason("test_peer_crashes_twice")


def test_nothing_is_left_of_it(run: FaultyRun) -> None:
    assert run.processes == []
    assert list((run.folder / "tmp").iterdir()) == []
    assert run.result["exit_code"] == 10
