"""`m9 standin up` and `exec`, and `m9 survey`: the rig to click around in, its guest, and what its pages have."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from harness.core.clock import wait_until

ROOT = Path(__file__).parents[3]
M9 = [sys.executable, "-m", "harness.cli.main"]


@pytest.fixture
def own_runtime(tmp_path, monkeypatch):
    """A stand-in that somebody else has up is none of ours."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))


def execute(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([*M9, "standin", "exec", "--", *words], cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.slow
def test_it_stays_up_has_a_door_and_a_guest_and_ends_when_told(own_runtime, tmp_path):
    facts_file = tmp_path / "facts.json"
    words = [*M9, "standin", "up", "--port", "0", "--json", str(facts_file)]
    process = subprocess.Popen(words, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        wait_until(facts_file.exists, what="the stand-in is up", within=60)
        facts = json.loads(facts_file.read_text())
        with urllib.request.urlopen(facts["web"] + "index.htm", timeout=20) as answer:
            assert answer.status == 200
        assert facts["web"].startswith("http://127.0.0.1:")
        assert Path(facts["dongle"]).exists()
        done = execute("ip", "-4", "-br", "addr", "show", "eth0")
        assert "198.18.9.30/24" in done.stdout, done.stderr
        assert execute("sh", "-c", "exit 7").returncode == 7
        assert execute("no-such-command-m9").returncode == 2
    finally:
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert facts["base"] in out
    assert not (tmp_path / "m9" / "standin.json").exists()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_ends_in_order_by_any_signal_that_asks_for_it(own_runtime, tmp_path, number):
    facts_file = tmp_path / "facts.json"
    process = subprocess.Popen(
        [*M9, "standin", "up", "--port", "0", "--json", str(facts_file)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    )
    try:
        wait_until(facts_file.exists, what="the stand-in is up", within=60)
    finally:
        process.send_signal(number)
        out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "ending the stand-in" in out
    assert [path for path in (tmp_path / "m9").rglob("*") if path.suffix != ".lock"] == []


@pytest.mark.slow
def test_exec_starts_a_rig_for_the_time_where_none_is_up(own_runtime):
    done = execute("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://198.18.9.53/index.htm")
    assert done.stdout == "200", done.stderr


def below(pid: int) -> list[int]:
    """All processes that this one has started, and those that they have."""
    found = []
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in children.read_text().split():
            found += [int(child), *below(int(child))]
    return found


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_rig_that_exec_started_ends_with_it_however_it_ends(own_runtime, tmp_path, number):
    words = [*M9, "standin", "exec", "--", "sh", "-c", f"touch {tmp_path}/guest; exec sleep 300"]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.DEVNULL)
    try:
        wait_until((tmp_path / "guest").exists, what="the guest runs", within=90)
        rig = below(process.pid)
    finally:
        process.send_signal(number)
        process.wait()
    assert len(rig) > 5
    wait_until(lambda: not [pid for pid in rig if Path(f"/proc/{pid}").exists()], what="all are gone", within=20)


@pytest.mark.slow
def test_survey_saves_pages_and_fields_and_says_what_differs(tmp_path):
    path, result = tmp_path / "survey.yaml", tmp_path / "result.json"
    words = [*M9, "survey", "--output", str(path), "--json", str(result)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr
    content = json.loads(result.read_text())
    assert content["pages"] > 90
    assert "user_pbxtype" in path.read_text()
    assert all(line in done.stdout for line in content["differences"][:3])
