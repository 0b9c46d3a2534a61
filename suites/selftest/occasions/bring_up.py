"""The bring-up command of a stand-in with a PBX of somebody else in its segment, and the rig file that names it.

`--variant` chooses what the PBX re-writes; words that this command does not know are the stand-in's.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.core.child_process import DYING_WITH_US
from harness.core.clock import wait_until
from harness.pbx.kamailio_config import MODULE_FOLDERS
from harness.pbx.probe import answer_to_options
from suites.selftest.pbx import lab_pbx

ADDRESS, INTERFACE = "198.18.9.11", "m9rig"
CONFIG = Path(__file__).with_name("rewriting_pbx.cfg")
START_WITHIN, STOP_WITHIN = 10.0, 3.0
PASSWORD = {"env": "M9_REWRITING_PBX", "default": "rewriting"}
"""It guards nothing; the configuration has it too."""


def rig_file(path: Path, variant: str, defects: Sequence[str] = ()) -> Path:
    """Write the file of a stand-in, with these defects, whose PBX is this one: external, as a lab's own."""
    command = ["python3", "-m", __name__, "--variant", variant, "--rig", "{rig}", "--run", "{run}/standin"]
    pbx = {
        "registrar": ADDRESS,
        "accounts": [{"user": str(number), "password": PASSWORD} for number in range(101, 110)],
        "peer_accounts": [{"user": str(number), "password": PASSWORD} for number in range(301, 307)],
    }
    return lab_pbx.rig_file(path, pbx, command, defects)


def main(words: list[str]) -> int:
    """Start both, pass the stand-in's ready line on once the PBX answers, and end both with the stand-in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--variant", required=True)
    parser.add_argument("--rig", required=True)
    parser.add_argument("--run", required=True, type=Path)
    options, more = parser.parse_known_args(words)
    options.run.mkdir(parents=True, exist_ok=True)
    rig = ["-m", "rigs.standin", "--rig", options.rig, "--run", str(options.run), *more]
    standin = subprocess.Popen([*DYING_WITH_US, sys.executable, *rig], stdout=subprocess.PIPE)
    assert standin.stdout is not None
    ready = standin.stdout.readline()
    with (options.run / "rewriting-pbx.log").open("wb") as log:
        pbx = started(options.variant, options.run, log.fileno())
        try:
            sys.stdout.buffer.write(ready)
            sys.stdout.buffer.flush()
            return standin.wait()
        finally:
            pbx.terminate()
            pbx.wait(STOP_WITHIN)


def started(variant: str, folder: Path, log: int) -> subprocess.Popen[bytes]:
    """The PBX on an address of its own, ready for calls."""
    subprocess.run(["ip", "address", "add", f"{ADDRESS}/24", "dev", INTERFACE], check=True)
    program = shutil.which("kamailio", path="/usr/sbin:/usr/local/sbin") or "kamailio"
    modules = next(folder for folder in MODULE_FOLDERS if Path(folder).is_dir())
    define = variant.replace("-", "_").upper()
    words = [program, "-DD", "-E", "-m", "32", "-M", "8", "-f", str(CONFIG), "-L", modules, "-A", define]
    where = ["-l", f"udp:{ADDRESS}:5060", "-Y", str(folder), "-w", str(folder)]
    pbx = subprocess.Popen([*DYING_WITH_US, *words, *where], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def answers() -> bool:
        if pbx.poll() is not None:
            sys.exit(f"the PBX ended with {pbx.returncode}, see rewriting-pbx.log")
        return bool(answer_to_options(ADDRESS, within=0.5))

    wait_until(answers, what="the PBX answers", within=START_WITHIN)
    return pbx


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
