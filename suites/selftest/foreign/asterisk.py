"""A real Asterisk as the PBX of a rig: the command of `pbx.NAME.start`, and the rig file that has it.

    python3 -m suites.selftest.foreign.asterisk --version 16 --media direct --address 198.18.9.11 --folder FOLDER

Version 16 (Debian bullseye) talks by its classic driver chan_sip, 22 (sid) by chan_pjsip. With `relayed` media the
server stays between the two ends, with `direct` it lets them talk to each other, with `own-tones` it also plays the
ringing itself and shows callers with a prefix. The command prints `READY` when the
server has booted, and ends it when it ends itself. All that the server writes is in the folder.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from harness.core.child_process import KILLED_WITH_US
from harness.core.clock import wait_until
from harness.pbx import asterisk_config as config
from harness.pbx.protocol import PbxAccount
from suites.selftest.foreign.debian_tree import entered, tree
from suites.selftest.pbx import lab_pbx

ADDRESS = "198.18.9.11"
READY = "The server is ready"
BOOT_WITHIN = 60.0
SUITES = {"16": "bullseye", "22": "sid"}
DRIVERS: dict[str, config.Driver] = {"16": "chan_sip", "22": "chan_pjsip"}
MEDIA: tuple[config.Media, ...] = ("relayed", "direct", "own-tones")
PASSWORD = "asterisk-of-the-segment"
BASE_NUMBERS, PEER_NUMBERS = range(101, 110), range(301, 309)


def rig_file(path: Path, version: str, media: str, defects: Sequence[str] = ()) -> Path:
    """Write the file of a stand-in, with these defects, whose PBX is an Asterisk in its segment."""
    command = ["python3", "-m", __name__, "--version", version, "--media", media, "--address", "{address}"]
    pbx = {
        "start": {"command": [*command, "--folder", "{run}"], "ready": f"^{READY}", "limit": BOOT_WITHIN},
        "registrar": ADDRESS,
        "accounts": [_account(number) for number in BASE_NUMBERS],
        "peer_accounts": [_account(number) for number in PEER_NUMBERS],
    }
    return lab_pbx.rig_file(path, pbx, defects=defects)


def steered_rig_file(path: Path, version: str, media: str, defects: Sequence[str] = ()) -> Path:
    """The same with an Asterisk that the harness configures, starts and steers."""
    command = [*entered(tree(SUITES[version], "asterisk"), "{run}"), "/usr/sbin/asterisk"]
    pbx = {"kind": "asterisk", "command": command, "driver": DRIVERS[version], "media": media}
    return lab_pbx.rig_file(path, pbx, defects=defects)


def _name_of(number: int) -> str:
    """The display name that the server has for an account."""
    return f"{'Base' if number in BASE_NUMBERS else 'Peer'} {chr(ord('A') + number % 10)}"


def _account(number: int) -> dict[str, Any]:
    """An account whose password guards nothing: the server lives in a private segment."""
    password = {"env": "M9_ASTERISK", "default": PASSWORD}
    return {"user": str(number), "password": password, "display": _name_of(number)}


def main(words: list[str]) -> int:
    """Write the configuration, run the server until this process is told to end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--version", choices=SUITES, required=True)
    parser.add_argument("--media", choices=MEDIA, required=True)
    parser.add_argument("--address", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    options = parser.parse_args(words)
    root, folder = tree(SUITES[options.version], "asterisk"), options.folder.resolve()
    program = [*entered(root, folder), "/usr/sbin/asterisk", "-C", str(folder / "asterisk.conf")]
    settings = config.Settings((options.address,), 5060, DRIVERS[options.version], options.media)
    known = [PbxAccount(str(number), PASSWORD, _name_of(number)) for number in (*BASE_NUMBERS, *PEER_NUMBERS)]
    config.write(folder, config.files(folder, settings, known))
    with (folder / "console.log").open("ab") as log:
        command = [*KILLED_WITH_US, *program, "-f"]
        server = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    signal.signal(signal.SIGTERM, lambda *_: server.kill())
    wait_until(lambda: _booted(server, program), what="the server has booted", within=BOOT_WITHIN)
    if server.poll() is None:
        sys.stdout.write(f"{READY}\n")
        sys.stdout.flush()
    return server.wait()


def _booted(server: subprocess.Popen[bytes], program: Sequence[str]) -> bool:
    """Whether the server says so on its control socket, or has ended."""
    if server.poll() is not None:
        return True
    question = [*program, "-rx", "core waitfullybooted"]
    answer = subprocess.run(question, capture_output=True, text=True, timeout=BOOT_WITHIN, check=False)
    return "fully booted" in answer.stdout


if __name__ == "__main__":
    os.environ["LC_ALL"] = "C.UTF-8"
    sys.exit(main(sys.argv[1:]))
