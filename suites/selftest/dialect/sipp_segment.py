"""Runs inside a private segment of its own: SIPp registers at the dialect server, calls through it and is called.

Its word is a folder. Prints what happened as JSON; test_sipp.py judges it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from harness.pbx.dialect import Dialect
from harness.pbx.protocol import PbxAccount

PBX, CALLER, CALLEE = "198.18.9.11", "198.18.9.20", "198.18.9.21"
PBX6, CALLER6, CALLEE6 = "fd00:9::11", "fd00:9::20", "fd00:9::21"
HERE = Path(__file__).parent


def sipp(place: str, user: str, directory: Path, *words: str) -> subprocess.Popen[bytes]:
    host = f"[{place}]" if ":" in place else place
    command = ["sipp", *words, "-i", host, "-s", user, "-au", user, "-ap", f"pw{user}", "-m", "1"]
    log = (directory / f"sipp-{user}.log").open("ab")
    command += ["-timeout", "10", "-timeout_error", "-nostdin"]
    return subprocess.Popen(command, stdout=log, stderr=log, cwd=directory)


def call(pbx: str, caller: str, callee: str, transport: str, directory: Path) -> list[int]:
    """The codes that registration, called and caller end with: 0 is good."""
    server = f"[{pbx}]:5060" if ":" in pbx else f"{pbx}:5060"
    register = ["-sf", str(HERE / "register.xml"), "-t", transport, "-p", "5062", server]
    ended = [sipp(callee, "302", directory, *register).wait()]
    called = sipp(callee, "302", directory, "-sn", "uas", "-t", transport, "-p", "5062")
    calls = sipp(caller, "301", directory, "-sf", str(HERE / "caller.xml"), "-t", transport, "-p", "5063", server)
    return [*ended, calls.wait(), called.wait()]


def main(directory: Path) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (PBX, CALLER, CALLEE):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    for address in (PBX6, CALLER6, CALLEE6):
        subprocess.run(["ip", "address", "add", f"{address}/128", "dev", "lo", "nodad"], check=True)
    peers = [PbxAccount("301", "pw301"), PbxAccount("302", "pw302")]
    with Dialect(PBX, PBX6, directory, [], peer_accounts=peers) as pbx:
        found: dict[str, object] = {
            "udp": call(PBX, CALLER, CALLEE, "u1", directory),
            "tcp": call(PBX, CALLER, CALLEE, "t1", directory),
            "udp over IPv6": call(PBX6, CALLER6, CALLEE6, "u1", directory),
            "tcp over IPv6": call(PBX6, CALLER6, CALLEE6, "t1", directory),
        }
        found["received"] = sorted({one["method"] for one in pbx._ask("received")})
    found["complaints"] = pbx.log.read_text()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
