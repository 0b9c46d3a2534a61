"""A bring-up command that answers, lies, dies or says nothing; and what is left of it afterwards."""

import subprocess
import sys
import time

import pytest

from harness.core import layout
from harness.core.clock import wait_until
from harness.core.errors import RigFault
from harness.rig import bringup
from harness.rig.model import Bringup


@pytest.fixture
def started(tmp_path):
    def start(code: str, limit: float = 5.0):
        return bringup.started(Bringup(command=["python3", "-c", code], limit=limit), tmp_path / "rig.yaml", tmp_path)

    return start


ANSWERS = """
import json, pathlib, signal, sys
def ended(number, frame):
    pathlib.Path("ENDED").touch()
    sys.exit()
signal.signal(signal.SIGTERM, ended)
print(json.dumps({"ready": True, "interface": "m9rig", "dongle": "/dev/pts/9"}), flush=True)
signal.pause()
"""


def test_its_answer_is_read_and_it_is_told_to_end(started, tmp_path):
    with started(ANSWERS.replace("ENDED", str(tmp_path / "ended"))) as ready:
        assert (ready.interface, ready.dongle) == ("m9rig", "/dev/pts/9")
    assert (tmp_path / "ended").exists()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("import sys; sys.exit('no such part')", "ended with 1 before it was ready: no such part"),
        ("print('hello'); import time; time.sleep(30)", "its first line is not a JSON object: hello"),
        ("print('[]', flush=True)", "its first line is not a JSON object"),
        ('print(\'{"ready": false, "error": "no power"}\', flush=True)', "it is not ready: no power"),
    ],
)
def test_any_other_end_is_a_rig_fault_that_tells_why(started, code, text):
    with pytest.raises(RigFault) as caught, started(code):
        pytest.fail("it did not come up, and was used")
    assert text in str(caught.value)


def test_silence_has_a_limit_and_the_silent_one_is_ended(started):
    began = time.monotonic()
    with pytest.raises(RigFault, match="printed nothing within"), started("import time; time.sleep(60)", limit=0.3):
        pytest.fail("it did not come up, and was used")
    assert time.monotonic() - began < 5


def test_one_that_ignores_everything_is_killed(started, monkeypatch):
    monkeypatch.setattr(bringup, "PATIENCE", 0.3)
    code = "import signal; signal.signal(15, signal.SIG_IGN); print('{}', flush=True)\nwhile True: signal.pause()"
    began = time.monotonic()
    with started(code):
        pass
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("missing", ["no-such-tunnel-m9", "./no/such-tunnel"])
def test_a_command_that_is_not_there_is_named(tmp_path, missing):
    with (
        pytest.raises(RigFault, match=f"{missing}: no such command"),
        bringup.started(Bringup(command=[missing]), tmp_path / "rig.yaml", tmp_path),
    ):
        pytest.fail("it did not come up, and was used")


HOLDER = """
import signal, sys
from pathlib import Path
from harness.rig import bringup
from harness.rig.model import Bringup

folder = Path(sys.argv[1])
with bringup.started(Bringup(command=["python3", "-c", sys.argv[2]]), folder / "rig.yaml", folder):
    (folder / "up").touch()
    signal.pause()
"""


def test_it_ends_in_order_when_we_are_killed(tmp_path):
    # it does not look at its input, whose end would tell it too
    code = ANSWERS.replace("ENDED", str(tmp_path / "ended"))
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path), code], cwd=layout.ROOT)
    try:
        wait_until((tmp_path / "up").exists, what="it is up", within=20)
    finally:
        holder.kill()
        holder.wait()
    wait_until((tmp_path / "ended").exists, what="the bring-up command has ended in order", within=5)


def test_python3_is_the_interpreter_that_runs_us(tmp_path):
    code = "import sys, json; print(json.dumps({'dongle': sys.executable}))"
    with bringup.started(Bringup(command=["python3", "-c", code]), tmp_path / "r", tmp_path) as ready:
        assert ready.dongle == sys.executable


def test_the_names_of_rig_and_run_are_put_in(tmp_path):
    code = "import sys, json; print(json.dumps({'dongle': sys.argv[1], 'web': sys.argv[2]}))"
    command = ["python3", "-c", code, "{rig}", "{run}/standin"]
    with bringup.started(Bringup(command=command), tmp_path / "rig.yaml", tmp_path / "run") as ready:
        assert ready.dongle == str(tmp_path / "rig.yaml")
        assert ready.web.endswith("/standin")


KEEPS = """
import json, pathlib, sys
pathlib.Path(sys.argv[1], "log").write_text("kept")
print(json.dumps({"web": sys.argv[1]}))
"""


def test_a_run_folder_too_long_for_sockets_is_used_under_a_short_name(tmp_path):
    run = tmp_path / ("long-" * 30)
    command = ["python3", "-c", KEEPS, "{run}"]
    with bringup.started(Bringup(command=command), tmp_path / "r", run) as ready:
        assert len(ready.web) < 72
    assert (run / "log").read_text() == "kept"
