"""Dead rig: a far end that registers, acknowledges every command, and from then on is silent.

`python -m rigs.standin.dead_rigs.silent_peer --fd N` takes the place of a peer's worker (rig file: `peer.worker`). It
speaks that worker's protocol on the inherited socket: one JSON object a line, requests `{"id": 1, "do": "…"}`, replies
`{"reply": 1, "ok": {…}}`, events `{"event": "…"}`. It sends REGISTER and nothing else, answers no SIP request, and of
events it tells only `ready` and `registration`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import secrets
import socket
import sys
import time
from dataclasses import dataclass, field
from typing import Any

from rigs.standin.dead_rigs.datagrams import SipDatagrams
from rigs.standin.sip.digest import Credentials, answer, challenge_of
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.message import Message as SipMessage

Message = dict[str, Any]
FEATURES = ["hold", "update", "transfer", "tone", "hear", "dtmf", "codecs", "ptime", "request"]
PORT = 5060
T1_S = 0.5
TRIES = 6
REFRESH_SHARE = 0.5


@dataclass
class Registration:
    """One account's binding and the numbers its requests go on with."""

    account: str
    user: str
    password: str = field(repr=False)
    auth_user: str
    registrar: str
    domain: str
    expires: int
    call_id: str = field(default_factory=lambda: secrets.token_hex(10))
    tag: str = field(default_factory=lambda: secrets.token_hex(4))
    cseq: int = 0
    refresh: asyncio.Task[None] | None = None


class SilentPhone(SipDatagrams):
    """The SIP side: what arrives is kept only if it answers a REGISTER of our own."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._answers: dict[tuple[str, int], asyncio.Future[Response]] = {}

    def received(self, message: SipMessage, source: tuple[str, int]) -> None:
        if not isinstance(message, Response) or message.status < 200:
            return
        number, _, method = (message.headers.get("CSeq") or "").partition(" ")
        waiting = self._answers.get((message.headers.get("Call-ID") or "", int(number) if number.isdigit() else 0))
        if method.strip() == "REGISTER" and waiting is not None and not waiting.done():
            waiting.set_result(message)

    async def register(self, who: Registration, expires: int) -> Response | None:
        """REGISTER, once more with credentials after a challenge; None when the server says nothing."""
        request = self._request(who, expires)
        response = await self._exchange(who, request)
        challenge = challenge_of(response) if response is not None and response.status in (401, 407) else None
        if challenge is None:
            return response
        again = self._request(who, expires)
        credentials = Credentials(who.auth_user, who.password)
        value = answer(challenge, credentials, "REGISTER", again.uri, cnonce=secrets.token_hex(4))
        again.headers.add(challenge.header, value)
        return await self._exchange(who, again)

    def _request(self, who: Registration, expires: int) -> Request:
        who.cseq += 1
        here = f"[{self._address}]" if ":" in self._address else self._address
        lines = [
            ("Via", f"SIP/2.0/UDP {here}:{PORT};rport;branch=z9hG4bK{secrets.token_hex(8)}"),
            ("Max-Forwards", "70"),
            ("From", f"<sip:{who.user}@{who.domain}>;tag={who.tag}"),
            ("To", f"<sip:{who.user}@{who.domain}>"),
            ("Call-ID", who.call_id),
            ("CSeq", f"{who.cseq} REGISTER"),
            ("Contact", f"<sip:{who.user}@{here}:{PORT}>"),
            ("Expires", str(expires)),
        ]
        return Request(Headers(lines), method="REGISTER", uri=f"sip:{who.domain}")

    async def _exchange(self, who: Registration, request: Request) -> Response | None:
        """Send until the final answer comes (RFC 3261, timer E)."""
        key = (who.call_id, who.cseq)
        self._answers[key] = asyncio.get_running_loop().create_future()
        try:
            for turn in range(TRIES):
                self._transport.sendto(request.to_bytes(), _server(who.registrar))
                try:
                    return await asyncio.wait_for(asyncio.shield(self._answers[key]), T1_S * 2 ** min(turn, 3))
                except TimeoutError:
                    continue
            return None
        finally:
            del self._answers[key]


class Worker:
    """The harness's side: every request is acknowledged, only registrations are carried out."""

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._phone: SilentPhone | None = None
        self._registrations: dict[str, Registration] = {}
        self._calls = 0
        self._tasks: set[asyncio.Task[None]] = set()

    def tell(self, event: str, **content: Any) -> None:
        """Send an event."""
        self._send({"event": event, "at": time.time(), **content})

    async def obey(self, asked: Message) -> bool:
        """Acknowledge one request; False after the last one."""
        reply: Message = {"reply": asked.get("id")}
        try:
            reply["ok"] = await self._do(asked)
        except (OSError, KeyError, ValueError) as error:
            reply["error"] = f"{type(error).__name__}: {error}"
        self._send(reply)
        return asked.get("do") != "quit"

    async def _do(self, asked: Message) -> Message:
        match asked.get("do"):
            case "start":
                local = (asked["address"], int(asked.get("port", PORT)))
                loop = asyncio.get_running_loop()
                _, self._phone = await loop.create_datagram_endpoint(lambda: SilentPhone(local[0]), local_addr=local)
            case "register" if asked.get("register", True):
                self._registrations[asked["account"]] = who = _registration(asked)
                self._later(self._register(who, who.expires))
            case "unregister":
                self._later(self._register(self._registrations[asked["account"]], 0))
            case "codecs":
                return {"codecs": asked.get("codecs", [])}
            case "call":
                self._calls += 1
                return {"call": self._calls, "call_id": secrets.token_hex(10)}
        return {}

    async def _register(self, who: Registration, expires: int) -> None:
        if self._phone is None:
            return
        if who.refresh is not None:
            who.refresh.cancel()
            who.refresh = None
        response = await self._phone.register(who, expires)
        code, reason = (response.status, response.reason) if response else (408, "Request Timeout")
        registered = code // 100 == 2 and expires > 0
        self.tell("registration", account=who.account, code=code, reason=reason, registered=registered, expires=expires)
        if registered:
            who.refresh = self._later(self._refresh(who))

    async def _refresh(self, who: Registration) -> None:
        await asyncio.sleep(who.expires * REFRESH_SHARE)
        who.refresh = None
        await self._register(who, who.expires)

    def _later(self, work: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _send(self, message: Message) -> None:
        self._writer.write(json.dumps(message).encode() + b"\n")


def _registration(asked: Message) -> Registration:
    registrar = re.sub(r"^sips?:", "", asked["registrar"]).split(";")[0]
    return Registration(
        account=asked["account"],
        user=asked["user"],
        password=asked["password"],
        auth_user=asked.get("auth_user") or asked["user"],
        registrar=registrar,
        domain=asked.get("domain") or registrar,
        expires=int(asked.get("expires", 300)),
    )


def _server(registrar: str) -> tuple[str, int]:
    found = re.fullmatch(r"(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?", registrar)
    if found is None:
        raise ValueError(f"{registrar!r} is no registrar")
    return found[1] or found[2], int(found[3] or PORT)


async def serve(descriptor: int) -> None:
    """Obey until the harness goes away."""
    reader, writer = await asyncio.open_unix_connection(sock=socket.socket(fileno=descriptor))
    worker = Worker(writer)
    worker.tell("ready", program="silent peer", protocol=1, features=FEATURES)
    going = True
    while going and (line := await reader.readline()):
        going = await worker.obey(json.loads(line))
    writer.close()


def main(words: list[str] | None = None) -> int:
    """The program; it ends with its socket."""
    parser = argparse.ArgumentParser(prog="rigs.standin.dead_rigs.silent_peer", description=__doc__)
    parser.add_argument("--fd", type=int, required=True)
    asyncio.run(serve(parser.parse_args(words).fd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
