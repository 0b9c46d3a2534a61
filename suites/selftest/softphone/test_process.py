"""A worker that is missing, mute or mad is a rig fault; one that refuses says why."""

import sys
import time

import psutil
import pytest

from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.softphone import process
from harness.softphone.process import RequestRefused, WorkerProcess

HEAD = "import json,socket,sys\nline=socket.socket(fileno=int(sys.argv[2])).makefile('rw')\n"
READY = 'line.write(\'{"event":"ready","program":"toy","features":[]}\\n\'); line.flush()\n'
LOOP = """
for asked in line:
    asked = json.loads(asked)
    if asked['do'] == 'die': sys.exit(3)
    if asked['do'] == 'mute': continue
    error = {'error': 'not now'} if asked['do'] == 'refuse' else {'ok': {'did': asked['do']}}
    line.write(json.dumps({'reply': asked['id'], **error}) + '\\n'); line.flush()
"""


@pytest.fixture
def toy(tmp_path):
    script = tmp_path / "toy.py"
    script.write_text(HEAD + READY + LOOP)
    worker = WorkerProcess("toy", tmp_path, [sys.executable, str(script)])
    worker.start()
    yield worker
    worker.kill()


def test_requests_are_answered_each_by_its_own_reply(toy):
    assert toy.program == "toy"
    assert [toy.request(word)["did"] for word in ("a", "b")] == ["a", "b"]


def test_a_refusal_carries_the_workers_word(toy):
    with pytest.raises(RequestRefused, match="not now"):
        toy.request("refuse")


def test_a_worker_that_exits_is_a_rig_fault_with_its_code(toy):
    with pytest.raises(RigFault, match="exited with 3"):
        toy.request("die")
    assert not toy.alive
    with pytest.raises(RigFault):
        toy.request("a")


def test_a_mute_worker_is_a_rig_fault(toy, monkeypatch):
    monkeypatch.setattr(process, "ANSWER_WITHIN", 0.2)
    with pytest.raises(RigFault, match="no answer to 'mute'"):
        toy.request("mute")


def stop(toy):
    psutil.Process(toy.pid).suspend()
    wait_until(lambda: psutil.Process(toy.pid).status() == psutil.STATUS_STOPPED, what="it is stopped", within=5)


def test_a_stopped_worker_is_found_without_waiting_and_ended(toy):
    toy.check()
    stop(toy)
    began = time.monotonic()
    with pytest.raises(RigFault, match="stopped by a signal") as fault:
        toy.check()
    assert time.monotonic() - began < 2
    assert "fresh worker" in fault.value.remedy
    assert not toy.alive


def test_a_request_to_a_stopped_worker_says_why_there_is_no_answer(toy, monkeypatch):
    monkeypatch.setattr(process, "ANSWER_WITHIN", 0.2)
    stop(toy)
    with pytest.raises(RigFault, match=r"no answer to .a. in 0\.2 s: the worker is stopped by a signal"):
        toy.request("a")


def test_a_worker_without_an_answer_is_ended_by_the_check(toy, monkeypatch):
    monkeypatch.setattr(process, "ANSWER_WITHIN", 0.2)
    monkeypatch.setattr(toy, "request", lambda do, ask=toy.request: ask("mute"))
    with pytest.raises(RigFault, match="is stuck"):
        toy.check()
    assert not toy.alive


def test_a_worker_that_does_not_exist_is_a_rig_fault(tmp_path):
    with pytest.raises(RigFault, match="does not start"):
        WorkerProcess("none", tmp_path, [str(tmp_path / "none")]).start()


def test_a_worker_that_never_gets_ready_is_a_rig_fault(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "START_WITHIN", 0.5)
    with pytest.raises(RigFault, match="said nothing"):
        WorkerProcess("sleepy", tmp_path, [sys.executable, "-c", "import signal; signal.pause()"]).start()


def test_a_worker_goes_when_its_socket_is_closed(toy):
    pid = toy._process
    toy._channel._socket.shutdown(2)
    assert pid.wait(3) is not None


def test_garbage_from_a_worker_ends_it_as_a_fault(tmp_path):
    script = tmp_path / "mad.py"
    script.write_text(HEAD + READY + "line.readline(); line.write('{broken\\n'); line.flush(); line.readline()\n")
    worker = WorkerProcess("mad", tmp_path, [sys.executable, str(script)])
    worker.start()
    with pytest.raises(RigFault):
        worker.request("a")
    worker.kill()
