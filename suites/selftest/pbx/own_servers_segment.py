"""Runs inside a private segment of its own: one of the harness's servers on the loopback, a raw SIP client beside it.

Its words are a folder and the server's. Prints what happened as JSON; test_own_servers.py judges it.
"""

from __future__ import annotations

import hashlib
import json
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness.core.errors import RigFault
from harness.pbx.dialect import Dialect
from harness.pbx.kamailio import Kamailio
from harness.pbx.probe import answer_to_options
from harness.pbx.protocol import PbxAccount
from suites.selftest.pbx.servers import server

PBX, PBX6, PHONE = "198.18.9.11", "fd00:9::11", "198.18.9.50"
REALM = "m9.example"


class Client:
    """Sends one request after the other and reads the answer to each."""

    def __init__(self) -> None:
        self._line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._line.bind((PHONE, 5060))
        self._line.settimeout(2)
        self._cseq = 0

    def send(self, method: str, user: str, *, to: str = "", expires: int = 60, extra: str = "") -> str:
        self._cseq += 1
        uri = f"sip:{to}@{PBX}" if to else f"sip:{PBX}"
        lines = [
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/UDP {PHONE}:5060;branch=z9hG4bK{self._cseq}x{time.time_ns()};rport",
            f"From: <sip:{user}@{PBX}>;tag=a{self._cseq}",
            f"To: <sip:{to or user}@{PBX}>",
            f"Call-ID: selftest-{method}",
            f"CSeq: {self._cseq} {method}",
            f"Contact: <sip:{user}@{PHONE}:5060;line=abc>",
            f"Expires: {expires}",
            "Max-Forwards: 70",
            *([extra] if extra else []),
            "Content-Length: 0",
        ]
        self._line.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), (PBX, 5060))
        while True:
            answer = self._line.recv(65535).decode()
            if not answer.startswith("SIP/2.0 100") and f"CSeq: {self._cseq} " in answer:
                return answer

    def signed(self, method: str, user: str, password: str, *, challenge: str = "", **more: Any) -> str:
        """The request with credentials for a challenge; asks for one first when it has none."""
        challenge = challenge or self.send(method, user, **more)
        nonce = re.search(r'nonce="([^"]+)"', challenge)
        if nonce is None:
            return challenge
        uri = f"sip:{more.get('to', '') + '@' if more.get('to') else ''}{PBX}"
        secret, act = md5(f"{user}:{REALM}:{password}"), md5(f"{method}:{uri}")
        given = f'username="{user}",realm="{REALM}",nonce="{nonce[1]}",uri="{uri}"'
        name = "Proxy-Authorization" if "Proxy-Authenticate" in challenge else "Authorization"
        response = f'response="{md5(f"{secret}:{nonce[1]}:{act}")}"'
        return self.send(method, user, extra=f"{name}: Digest {given},{response},algorithm=MD5", **more)

    def received(self) -> str:
        """The next message, a request of the server's."""
        return self._line.recv(65535).decode()


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def status(answer: str) -> str:
    return answer.split("\r\n", 1)[0].removeprefix("SIP/2.0 ")


def judge(pbx: Kamailio | Dialect, phone: Client, found: dict[str, Any]) -> None:
    found["v6"] = answer_to_options(PBX6)
    found["challenged"] = status(phone.send("REGISTER", "101"))
    found["registered"] = status(phone.signed("REGISTER", "101", "one"))
    found["binding"] = pbx.contacts("101")[0]["Address"]
    found["invite_challenge"] = status(phone.send("INVITE", "101", to="102"))
    found["not_there"] = status(phone.signed("INVITE", "101", "one", to="102"))
    found["unknown"] = status(phone.signed("INVITE", "101", "one", to="999"))
    found["wrong"] = status(phone.signed("REGISTER", "101", "nonsense"))
    found["not_mine"] = status(phone.signed("INVITE", "102", "one", to="101"))
    pbx.fault("challenge_401", 1)
    found["asterisk_way"] = status(phone.send("INVITE", "101", to="102"))
    pbx.fault("stale", 1)
    stale = phone.signed("REGISTER", "101", "one")
    found["stale"] = [status(stale), "stale=true" in stale]
    found["after_stale"] = status(phone.signed("REGISTER", "101", "one", challenge=stale))
    found["other_challenge"] = status(phone.send("INVITE", "301", to="102"))
    pbx.fault("refuse", 403)
    found["other_refused"] = status(phone.signed("REGISTER", "301", "three"))
    found["refused"] = status(phone.send("REGISTER", "101"))
    pbx.fault("refuse", 0)
    pbx.fault("answer", 486, of="peers")
    found["other_answer"] = status(phone.signed("INVITE", "301", "three", to="102"))
    found["own_answer"] = status(phone.signed("INVITE", "101", "one", to="102"))
    pbx.fault("min_expires", 90)
    brief = phone.signed("REGISTER", "101", "one")
    found["brief"] = [status(brief), "Min-Expires: 90" in brief]
    pbx.reset_faults()
    pbx.fault("grant", 30)
    found["granted"] = "expires=30" in phone.signed("REGISTER", "101", "one")
    pbx.reset_faults()
    pbx.send("OPTIONS", "101")
    found["ping"] = phone.received().split("\r\n", 1)[0]
    pbx.drop("101")
    found["dropped"] = pbx.registered("101")
    pbx.fault("challenge_off", 1)
    found["open"] = status(phone.send("REGISTER", "101"))
    phone.send("REGISTER", "101", expires=0)
    found["unregistered"] = pbx.registered("101")
    pbx.fill_mailbox("101", 2, 1)
    pbx.fault("subscribe_grant", 20)
    mailbox = "Event: message-summary\r\nAccept: application/simple-message-summary"
    found["subscribed"] = re.search(r"^Expires: (\d+)", phone.send("SUBSCRIBE", "101", to="101", extra=mailbox), re.M)[
        1
    ]
    found["summary"] = phone.received().partition("\r\n\r\n")[2].split("\r\n")
    pbx.fault("subscribe", 489)
    found["no_mailbox"] = status(phone.send("SUBSCRIBE", "102", to="102", extra=mailbox))
    pbx.reset_faults()
    pbx.freeze()
    found["frozen"] = answer_to_options(PBX, within=0.3)
    pbx.thaw()
    found["thawed"] = answer_to_options(PBX, within=3.0)


def main(directory: Path, word: str) -> None:
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    for address in (f"{PBX}/32", f"{PHONE}/32"):
        subprocess.run(["ip", "address", "add", address, "dev", "lo"], check=True)
    subprocess.run(["ip", "address", "add", f"{PBX6}/128", "dev", "lo", "nodad"], check=True)
    found: dict[str, Any] = {}
    accounts = [PbxAccount("101", "one"), PbxAccount("102", "two")]
    began = time.monotonic()
    peers = [PbxAccount("301", "three")]
    with server(word, PBX, PBX6, directory, accounts, peers) as pbx:
        found["start"] = time.monotonic() - began
        judge(pbx, Client(), found)
        try:
            server(word, PBX, None, directory / "second", accounts, []).start()
        except RigFault as fault:
            found["taken"] = str(fault)
        assert pbx._process is not None
        pbx._process.send_signal(signal.SIGKILL)
        pbx._process.wait()
        try:
            pbx.registered("101")
        except RigFault as fault:
            found["killed"] = str(fault)
    found["left"] = [file.name for file in directory.glob("*-*") if file.is_socket()]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
