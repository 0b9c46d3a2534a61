"""Runs inside a private segment of its own: two pjsua2 peers call each other through a server on the loopback.

Its words are a folder and the server's. Prints what happened as JSON; test_calls.py judges it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from harness.core.errors import InvalidTest, RigFault
from harness.pbx.protocol import PbxAccount
from harness.softphone.peer import Account, Peer
from suites.selftest.pbx.servers import server

NUMBERS = ("301", "302")
PBX, FIRST, SECOND = "198.18.9.11", "198.18.9.20", "198.18.9.21"


def account(number: str, **more: Any) -> Account:
    return Account(number, f"secret-{number}", f"sip:{PBX}", **more)


def basic_call(first: Peer, second: Peer, found: dict[str, Any]) -> None:
    caller = first.call("302", headers={"X-Test": "yes"})
    callee = second.expect_call()
    found["header"] = ["X-Test", "yes"] in callee.invite.data["headers"]
    callee.ring()
    caller.expect("early")
    callee.answer()
    caller.expect("confirmed")
    callee.expect("confirmed")
    caller.audio.tone(1000, level=-10)
    callee.audio.tone(440, level=-20)
    at_callee, at_caller = callee.audio.listen(400), caller.audio.listen(400)
    found["callee_hears"], found["caller_hears"] = _plain(at_callee.result()), _plain(at_caller.result())
    caller.audio.mute()
    caller.audio.send_dtmf("1#")
    found["digits"] = [event.data["method"] for event in callee.audio.expect_digits("1#")]
    callee.audio.send_dtmf("5", method="info")
    found["info"] = [event.data["method"] for event in caller.audio.expect_digits("5")]
    caller.hold()
    found["held"] = callee.expect_media(remote_hold=True).data["direction"]
    caller.resume()
    callee.expect_media("sendrecv")
    callee.reinvite("inactive")
    caller.expect_media("inactive")
    callee.update("sendrecv")
    found["resumed"] = caller.expect_media("sendrecv").data["direction"]
    caller.hangup()
    found["ended"] = callee.expect("disconnected").data["code"]


def other_ends(first: Peer, second: Peer, found: dict[str, Any]) -> None:
    caller = first.call("302", codecs=("G722",))
    callee = second.expect_call()
    callee.early_media()
    caller.expect("early")
    callee.audio.tone(600)
    found["early_media"] = caller.audio.hear(300).has(600)
    caller.hangup()
    found["cancelled"] = callee.expect("disconnected").data["code"]
    caller = first.call("302", codecs=("PCMA",))
    second.expect_call().reject(603)
    found["rejected"] = caller.expect("disconnected").data["code"]
    found["unknown"] = first.call("399").expect("disconnected").data["code"]
    first.give_back()
    caller = second.call("301", codecs=("G722",))
    first.expect_call().answer()
    found["own_codecs"] = caller.expect("confirmed").data["code"]
    second.give_back()


def deaths(first: Peer, second: Peer, found: dict[str, Any]) -> None:
    os.kill(second.pid, signal.SIGKILL)
    try:
        second.call("301")
    except RigFault as fault:
        found["death"] = str(fault)
    found["revived"] = second.revive()
    second.call("301")
    found["calls_again"] = "302" in first.expect_call().invite.data["from"]
    second.hangup_all()
    first.hangup_all()
    try:
        first.expect_call(within=0.1)
    except InvalidTest as missing:
        found["missing"] = str(missing)


def silent(first: Peer, directory: Path, found: dict[str, Any]) -> None:
    worker = ["python3", "-m", "rigs.standin.dead_rigs.silent_peer"]
    with Peer("silent", "198.18.9.22", directory, worker) as peer:
        peer.register(account("302"))
        caller = first.call("302")
        try:
            peer.expect_call(within=0.2)
        except InvalidTest:
            found["silent"] = caller.state
        caller.hangup()


def _plain(tones: Any) -> dict[str, float]:
    return {"hz": tones.tones[0].hz if tones.tones else 0, "level": tones.level}


def main(directory: Path, word: str) -> None:
    for address in (PBX, FIRST, SECOND, "198.18.9.22"):
        subprocess.run(["ip", "address", "add", f"{address}/32", "dev", "lo"], check=True)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    accounts = [PbxAccount(number, f"secret-{number}") for number in NUMBERS]
    found: dict[str, Any] = {}
    with (
        server(word, PBX, None, directory, [], accounts),
        Peer("first", FIRST, directory) as first,
        Peer("second", SECOND, directory) as second,
    ):
        first.register(account("301"))
        second.register(account("302"))
        try:
            first.register(Account("302", "wrong", f"sip:{PBX}"))
        except RigFault as fault:
            found["wrong_password"] = str(fault)
        basic_call(first, second, found)
        other_ends(first, second, found)
        deaths(first, second, found)
        second.stop()
        if Path("rigs/standin/dead_rigs/silent_peer.py").exists():
            silent(first, directory, found)
    found["secret_on_disk"] = any(b"secret-30" in file.read_bytes() for file in directory.glob("*") if file.is_file())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
