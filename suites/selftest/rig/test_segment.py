"""The private segment: private, forwarding signals and exit codes, and gone after a kill -9."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.clock import wait_until
from harness.core.errors import UsageError
from harness.rig import segment

ROOT = Path(__file__).parents[3]
WAITS = """
import signal, sys
def ended(number, frame):
    print("ended by", number, flush=True)
    sys.exit(42)
signal.signal(signal.SIGTERM, ended)
print("waiting", flush=True)
signal.pause()
"""


def in_segment(code: str) -> subprocess.Popen:
    words = segment.command([sys.executable, "-c", code])
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def descendants(pid: int) -> list[int]:
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *descendants(int(child))]
    return found


def test_inside_it_is_known_to_be_private_and_has_loopback_only():
    code = "from harness.rig import segment; print(segment.inside(), open('/proc/net/dev').read().count(':'))"
    out, err = in_segment(code).communicate(timeout=20)
    assert out.split() == ["True", "1"], err


def test_the_marker_alone_is_not_believed(monkeypatch):
    monkeypatch.setenv("M9_SEGMENT", "net:[1]")
    assert not segment.inside()
    with pytest.raises(UsageError, match=r"198\.18\.9\.1/24 belongs to a private segment"):
        segment.refuse_outside("198.18.9.1/24")
    segment.refuse_outside("192.0.2.1/24")


def test_addresses_of_a_killed_run_and_advertised_ones_are_taken_back_and_the_hosts_own_stay(tmp_path):
    words = segment.command([sys.executable, "-m", "suites.selftest.rig.addresses_segment", str(tmp_path)])
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["left"] == found["within"] > 10
    assert found["after"] == ["192.0.2.11/24", "2001:db8:7::beef/64"]
    assert found["notes"] == 0


def test_the_exit_code_comes_through():
    assert in_segment("raise SystemExit(7)").wait(timeout=20) == 7


def test_a_command_that_is_not_there_is_127():
    assert subprocess.run(segment.command(["/nowhere/at-all"]), capture_output=True, timeout=20).returncode == 127


def test_sigterm_reaches_the_command_which_may_clean_up():
    process = in_segment(WAITS)
    assert process.stdout.readline() == "waiting\n"
    process.terminate()
    out, _ = process.communicate(timeout=20)
    assert (out, process.returncode) == (f"ended by {int(signal.SIGTERM)}\n", 42)


def test_nothing_is_left_after_a_kill_nine():
    process = in_segment(WAITS)
    assert process.stdout.readline() == "waiting\n"
    inner = descendants(process.pid)
    assert len(inner) >= 3
    process.kill()
    process.wait()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in inner), what="all processes are gone", within=5)


def test_an_ordinary_user_may_have_one_too():
    if os.geteuid() != 0:
        pytest.skip("runs as an ordinary user anyway")
    code = "print(open('/proc/net/dev').read().count(':'))"
    script = ROOT / "harness" / "rig" / "segment_init.py"
    words = ["/usr/bin/python3", "-S", "-E", str(script), "outer", "/usr/bin/python3", "-c", code]
    done = subprocess.run(words, cwd=ROOT, user="nobody", capture_output=True, text=True, timeout=20)
    assert done.stdout.strip() == "1", done.stderr


def test_two_workers_of_one_segment_have_the_same_addresses_apart():
    code = """
import os, threading
from harness.rig import segment
seen = []
def worker():
    segment.separate()
    seen.append(segment.namespace())
threads = [threading.Thread(target=worker) for _ in range(2)]
[thread.start() for thread in threads]; [thread.join() for thread in threads]
print(len({segment.namespace(), *seen}))
"""
    out, err = in_segment(code).communicate(timeout=20)
    assert out.strip() == "3", err
