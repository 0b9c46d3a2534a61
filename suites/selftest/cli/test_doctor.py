"""The doctor names the one part that is unplugged, of eight, and how to mend it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from harness.cli.doctor import summary
from harness.health.doctor import Finding

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "rigs" / "standin.yaml"

#: Runs the stand-in and tells of another dongle than it has.
NO_DONGLE = """
import json, subprocess, sys
rig = subprocess.Popen([sys.executable, "-m", "rigs.standin", "--rig", sys.argv[1]], stdout=subprocess.PIPE)
ready = json.loads(rig.stdout.readline())
print(json.dumps({**ready, "dongle": "/nowhere/dongle"}), flush=True)
rig.wait()
"""


def examine(folder: Path, **changes: object) -> tuple[list[str], dict[str, dict], int]:
    """The parts that the doctor finds broken, all its findings, and its exit code; `changes` are to the rig file."""
    rig = yaml.safe_load(STANDIN.read_text())
    rig["bringup"]["command"] = ["python3", "-m", "rigs.standin", "--rig", str(STANDIN)]
    for key, value in changes.items():
        section, _, name = key.partition("__")
        if name:
            rig[section][name] = value
        else:
            rig[section] = value
    path, result = folder / "rig.yaml", folder / "result.json"
    path.write_text(yaml.safe_dump(rig))
    words = [sys.executable, "-m", "harness.cli.main", "doctor", "--rig", str(path), "--json", str(result)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.exists(), done.stdout + done.stderr
    parts = {finding["part"]: finding for finding in json.loads(result.read_text())["parts"]}
    return [name for name, part in parts.items() if part["applicable"] and not part["ok"]], parts, done.returncode


@pytest.mark.slow
def test_a_rig_that_is_well_has_eight_parts_and_all_answer(tmp_path):
    broken, parts, code = examine(tmp_path)
    assert (broken, len(parts), code) == ([], 8, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("part", "changes", "says"),
    [
        ("network", {"network__interface": "m9rog"}, "m9rog"),
        ("base web", {"base": None}, "81"),
        ("switch", {"power__community": {"env": "NO_SUCH", "default": "wrong"}}, "198.18.9.2"),
        ("dongle", {"bringup__command": None}, "/nowhere/dongle"),
        ("handsets", {"handsets": [{"number": 1, "ipui": "00AABBCCDD", "identity": 1}]}, "1 (00AABBCCDD)"),
        ("capture", {"capture__interface": "nosuch0"}, "nosuch0"),
        ("pbx", {"pbx": None}, "198.18.9.99"),
        ("peer", {"peer": {"worker": ["false"]}}, "peer1"),
    ],
)
def test_each_part_is_named_when_it_alone_is_unplugged(tmp_path, part, changes, says):
    account = {"user": "1", "password": {"env": "NO_SUCH", "default": "x"}}
    if part == "base web":
        changes = {"base": yaml.safe_load(STANDIN.read_text())["base"]}
        changes["base"]["web"]["port"] = 81
    if part == "dongle":
        changes = {"bringup__command": ["python3", "-c", NO_DONGLE, str(STANDIN)]}
    if part == "pbx":
        far = {"kind": "external", "registrar": "198.18.9.99", "accounts": [account], "peer_accounts": [account]}
        changes = {"pbx": {"asterisk": far}}
    broken, parts, code = examine(tmp_path, **changes)
    assert (broken, code) == ([part], 11), parts
    assert says in parts[part]["tried"] + parts[part]["answered"]
    assert parts[part]["remedy"]


def test_a_part_that_was_not_tried_is_not_called_well():
    parts = [Finding("network", "", "", False), Finding("base web", "", "", False, applicable=False, untried=True)]
    parts += [Finding("dongle", "", "", True), Finding("switch", "", "none", False, applicable=False)]
    assert summary(parts) == "1 of 3 parts are well, not tried: base web"


def test_a_part_that_the_rig_lacks_is_not_missed():
    parts = [Finding("dongle", "", "", True), Finding("switch", "", "none", False, applicable=False)]
    assert summary(parts) == "all parts are well"
