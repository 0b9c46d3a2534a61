"""One run a rig: a second is told who has it, and a holder's death frees it."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.core.errors import RigFault
from harness.rig import file, lease

ROOT = Path(__file__).parents[3]
HOLDS = """
import sys
from pathlib import Path
from harness.rig import file, lease
with lease.held(file.load(sys.argv[1]), Path(sys.argv[2])):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def rig_file(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    from suites.selftest.rig.test_rig_file import GOOD

    path = tmp_path / "lab7.yaml"
    path.write_text(GOOD)
    return path


@pytest.fixture
def holder(rig_file, tmp_path):
    words = [sys.executable, "-c", HOLDS, str(rig_file), str(tmp_path / "other")]
    process = subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_taken_rig_names_its_holder_and_since_when(rig_file, tmp_path, holder):
    with pytest.raises(RigFault) as caught, lease.held(file.load(rig_file), tmp_path / "run"):
        pytest.fail("held twice")
    text = str(caught.value)
    assert f"pid {holder.pid}" in text
    assert "since 2" in text
    assert str(tmp_path / "other") in text


def test_a_second_run_waits_for_the_first(rig_file, tmp_path, holder):
    holder.stdin.close()
    with lease.held(file.load(rig_file), tmp_path / "run", wait=10.0) as held:
        assert held.directory.is_dir()


def test_a_killed_holder_frees_the_rig_at_once(rig_file, tmp_path, holder):
    holder.kill()
    holder.wait()
    with lease.held(file.load(rig_file), tmp_path / "run"):
        pass


def test_one_common_part_is_enough_to_be_taken(rig_file, tmp_path, holder):
    other = tmp_path / "lab8.yaml"
    text = rig_file.read_text().replace("lab7", "lab8").replace("01:21", "01:22").replace("eth1", "eth2")
    other.write_text(text.replace("port: 3,", "port: 4,"))
    with (
        pytest.raises(RigFault, match="dongle /dev/ttyUSB0 is held by"),
        lease.held(file.load(other), tmp_path / "run"),
    ):
        pytest.fail("the dongle cannot be in two hands")


def test_the_journal_of_a_physical_rig_outlives_the_run(rig_file, tmp_path):
    rig = file.load(rig_file)
    with lease.held(rig, tmp_path / "run") as held:
        assert held.directory == tmp_path / "state" / "m9" / "000413300121"


def test_a_rig_in_another_namespace_is_another(rig_file, tmp_path, holder):
    words = ["unshare", "--net", sys.executable, "-c", HOLDS, str(rig_file), str(tmp_path / "elsewhere")]
    done = subprocess.run(words, cwd=ROOT, input="", capture_output=True, text=True, timeout=60)
    assert done.stdout == "held\n", done.stderr
    assert len([*(tmp_path / "state" / "m9").iterdir()]) == 2
