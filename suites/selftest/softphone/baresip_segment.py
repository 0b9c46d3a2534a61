"""Runs inside a private segment of its own: peers behind baresip, one call in G.726 and one over IPv6.

Its words are a folder and the server's. Prints what happened as JSON; test_baresip.py judges it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.pbx.protocol import PbxAccount
from harness.softphone.peer import Account, Peer
from harness.softphone.process import BARESIP_WORKER
from suites.selftest.pbx.servers import server

PBX, PBX6 = "198.18.9.11", "fd00:9::11"
PLACES = {"301": "198.18.9.20", "302": "198.18.9.21", "303": "fd00:9::20", "304": "fd00:9::21"}


def call(first: Peer, second: Peer, number: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    caller = first.call(number)
    callee = second.expect_call()
    callee.answer()
    caller.expect("confirmed")
    callee.expect("confirmed")
    found["codec"] = caller.expect_media().data["codec"]
    caller.audio.tone(1000, level=-12)
    callee.audio.tone(440, level=-12)
    caller.audio.listen(300).result()
    at_caller, at_callee = caller.audio.listen(400), callee.audio.listen(400)
    found["heard"] = [at_caller.result().has(440, at_least=-15), at_callee.result().has(1000, at_least=-15)]
    caller.audio.send_dtmf("7")
    callee.audio.expect_digits("7")
    caller.hold()
    found["held"] = callee.expect_media(remote_hold=True).data["direction"]
    caller.resume()
    callee.expect_media("sendrecv")
    callee.hangup()
    found["ended"] = caller.expect("disconnected").data["code"]
    return found


def main(directory: Path, word: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (PBX, PBX6, *PLACES.values()):
        length = ["128", "nodad"] if ":" in address else ["32"]
        subprocess.run(["ip", "address", "add", f"{address}/{length[0]}", "dev", "lo", *length[1:]], check=True)
    accounts = [PbxAccount(number, f"pw{number}") for number in PLACES]
    worker = list(BARESIP_WORKER)
    with (
        server(word, PBX, PBX6, directory, [], accounts),
        Peer("a", PLACES["301"], directory, worker) as a,
        Peer("b", PLACES["302"], directory, worker) as b,
        Peer("c", PLACES["303"], directory) as c,
        Peer("d", PLACES["304"], directory) as d,
    ):
        for peer, number in zip((a, b, c, d), PLACES, strict=True):
            peer.codecs("G726-32" if peer in (a, b) else "PCMA")
            registrar = PBX if peer in (a, b) else f"[{PBX6}]"
            peer.register(Account(number, f"pw{number}", f"sip:{registrar}"))
        found = {"g726": call(a, b, "302"), "ipv6": call(c, d, "304")}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
