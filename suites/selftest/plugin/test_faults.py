"""Parts of the rig that die in the middle of a run: the right verdict each, and the rest of the run goes on."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.rig import segment

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "rigs" / "standin.yaml"

FAULTS = """
import os, signal
def test_capture_dies(rig_session, wire):
    for pid in rig_session.capture.pids.values():
        os.kill(pid, signal.SIGKILL)
    wire.fence()
def test_capture_is_back(wire):
    wire.fence()
def test_peer_dies(peer):
    os.kill(peer.pid, signal.SIGKILL)
    peer.call("101")
def test_peer_is_back(peer):
    assert peer.alive
def test_pbx_stops_in_a_call(pbx, handset, peer):
    leg = peer.call("101")
    handset.ringer.expect_ring(within=5)
    pbx.freeze()
    try:
        peers_own = pbx.peer_accounts[0].user
        assert pbx.registered(peers_own)
    finally:
        pbx.thaw()
def test_pbx_is_back(pbx, base, peer):
    assert pbx.registered("101")
def test_base_loses_its_plug(rig_session, base):
    rig_session.plug.off()
def test_base_is_back(base, wire):
    base.web.answers(2.0)
"""
VERDICTS = {
    "test_capture_dies": "rig fault",
    "test_capture_is_back": "passed",
    "test_peer_dies": "rig fault",
    "test_peer_is_back": "passed",
    "test_pbx_stops_in_a_call": "rig fault",
    "test_pbx_is_back": "passed",
    "test_base_loses_its_plug": "passed",
    "test_base_is_back": "passed",
}


def run(folder: Path, code: str, *words: str, rig: Path = STANDIN) -> tuple[dict[str, dict], str]:
    """The tests' records by name, and what pytest printed."""
    (folder / "test_faults.py").write_text(code)
    command = [sys.executable, "-m", "pytest", str(folder), "--rig", str(rig), "--run-dir", str(folder / "run"), *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=200)
    path = folder / "run" / "run.json"
    assert path.exists(), done.stdout + done.stderr
    tests = json.loads(path.read_text())["tests"]
    return {test["id"].rpartition("::")[2].split("[")[0]: test for test in tests}, done.stdout


@pytest.mark.slow
def test_each_fault_has_its_verdict_and_the_next_test_a_sound_rig(tmp_path):
    found, out = run(tmp_path, FAULTS)
    assert {name: test["verdict"] for name, test in found.items()} == VERDICTS, out
    for name, test in found.items():
        if VERDICTS[name] == "rig fault":
            assert "remedy" in test["reason"]


@pytest.mark.slow
def test_a_base_that_never_boots_is_a_rig_fault_of_every_test(tmp_path):
    rig = yaml.safe_load(STANDIN.read_text())
    rig["bringup"]["command"] = ["python3", "-m", "rigs.standin", "--rig", str(STANDIN)]
    rig["base"]["mac"] = "00:04:13:30:01:99"
    rig["timing"]["boot"] = 3.0
    path = tmp_path / "rig.yaml"
    path.write_text(yaml.safe_dump(rig))
    found, _ = run(
        tmp_path, "def test_a(base): pass\ndef test_b(base): pass\ndef test_c(wire): wire.fence()\n", rig=path
    )
    assert {name: test["verdict"] for name, test in found.items()} == {
        "test_a": "rig fault",
        "test_b": "rig fault",
        "test_c": "passed",
    }
    assert "00:04:13:30:01:99 asked for no address" in found["test_a"]["reason"]


@pytest.mark.slow
def test_a_full_disk_costs_evidence_and_no_verdict(tmp_path):
    run_dir = tmp_path / "run"
    run_dir.mkdir()
    (tmp_path / "test_it.py").write_text(
        "def test_before(wire): wire.fence()\n"
        f"def test_fills():\n    try:\n        open({str(run_dir / 'rest')!r}, 'wb').write(bytes(64 << 20))\n"
        "    except OSError: pass\n"
        "def test_after(base): base.web.answers(2.0)\n"
    )
    pytest_words = f"{sys.executable} -m pytest {tmp_path} --rig {STANDIN} --run-dir {run_dir}"
    script = f"mount -t tmpfs -o size=24m tmpfs {run_dir} && {pytest_words}"
    done = subprocess.run(segment.command(["sh", "-c", script]), cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert "evidence is incomplete" in done.stdout, done.stdout + done.stderr
    assert "INTERNALERROR" not in done.stdout
    assert "harness fault" not in done.stdout
    assert "3 passed" in done.stdout or "1 rig fault" in done.stdout


@pytest.mark.slow
def test_a_kill_nine_in_the_middle_leaves_no_process_and_the_finished_tests(tmp_path):
    code = (
        "import signal\ndef test_a(wire): wire.fence()\ndef test_b(base): open('WAITS', 'w').close(); signal.pause()\n"
    )
    (tmp_path / "test_it.py").write_text(code.replace("WAITS", str(tmp_path / "waits")))
    words = [sys.executable, "-m", "pytest", str(tmp_path), "--rig", str(STANDIN), "--run-dir", str(tmp_path / "run")]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    from harness.core.clock import wait_until

    wait_until((tmp_path / "waits").exists, what="the run is in its second test", within=60)
    inside = _descendants(process.pid)
    assert len(inside) > 8
    process.kill()
    process.wait()
    wait_until(lambda: not [pid for pid in inside if Path(f"/proc/{pid}").exists()], what="all are gone", within=5)
    lines = (tmp_path / "run" / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["verdict"] for line in lines] == ["passed"]


def _descendants(pid: int) -> list[int]:
    found = []
    for thread in Path(f"/proc/{pid}/task").iterdir():
        for child in (thread / "children").read_text().split():
            found += [int(child), *_descendants(int(child))]
    return found
