"""Bases on the loopback: the real device, settings, media and SIP agent; only network state and resolver are given."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, cast

from rigs.standin.base.device import Device
from rigs.standin.base.dnsmessage import Pointer, Record, Service
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.media.session import Media
from rigs.standin.sip.agent import SipAgent
from rigs.standin.sip.message import Message, Request, Response, response_to
from rigs.standin.sip.reader import BadMessage, read_datagram
from rigs.standin.sip.values import split_outside

HOST = "127.0.0.1"


class Zone:
    """A resolver with a fixed zone that remembers what it was asked."""

    def __init__(self, **records: Any) -> None:
        self.records: dict[tuple[str, str], list[Any]] = {}
        self.asked: list[tuple[str, str]] = []

    def add(self, name: str, kind: str, *values: str | Service | Pointer) -> None:
        self.records[(name, kind)] = [Record(name, kind, 60, value) for value in values]

    async def query(self, name: str, kind: str) -> list[Record]:
        self.asked.append((kind, name))
        return self.records.get((name, kind), [])


class Ear:
    """A call listener that keeps everything and can be waited upon."""

    def __init__(self) -> None:
        self.heard: list[tuple[Any, ...]] = []
        self._news = asyncio.Event()

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def note(*values: Any) -> None:
            self.heard.append((name.removeprefix("on_"), *values))
            self._news.set()

        return note

    async def expect(self, name: str, *values: Any, within: float = 3.0) -> tuple[Any, ...]:
        async with asyncio.timeout(within):
            while True:
                for event in self.heard:
                    if event[0] == name and (not values or event[1 : 1 + len(values)] == values):
                        return event
                self._news.clear()
                await self._news.wait()


class LoneBase:
    """One base without handsets: every call is kept for the test to act upon."""

    def __init__(
        self,
        folder: Path,
        settings: dict[str, str],
        defects: tuple[str, ...] = (),
        quirks: dict[str, str] | None = None,
    ) -> None:
        strategies = Strategies()
        for defect in defects:
            strategies.apply(defect)
        folder.mkdir(parents=True, exist_ok=True)
        self.device = Device(mac="00:04:13:30:01:21", folder=folder, strategies=strategies, quirks=Quirks(quirks))
        self.zone = Zone()
        self.device.dns = self.zone  # type: ignore[assignment]
        self.device.network.address4 = HOST
        self.device.network.interface = "lo"
        self.device.media = Media(self.device)
        self.sip = self.device.sip = SipAgent(self.device)
        self.incoming: asyncio.Queue[tuple[Any, Ear]] = asyncio.Queue()
        self.rings = True
        self.configure(settings)

    def configure(self, settings: dict[str, str]) -> None:
        """Writes settings; `name#2` is idx 2."""
        with self.device.settings.batch() as batch:
            for key, value in settings.items():
                name, _, idx = key.partition("#")
                batch.set(name, value, int(idx or 0), who="provisioning")

    async def start(self) -> None:
        async def offered(call: Any) -> None:
            call.listener = ear = Ear()
            if self.rings:
                await call.ring()
            self.incoming.put_nowait((call, ear))

        self.device.ended = asyncio.get_running_loop().create_future()
        self.sip.on_incoming = offered
        await self.sip.start()

    async def stop(self) -> None:
        await self.sip.stop()
        await self.device.media.stop()
        self.device.strategies.clear()  # a replacement is in force for the whole process

    async def call(self, target: str, identity: int = 1) -> tuple[Any, Ear]:
        ear = Ear()
        media = self.device.media.new_session(identity)
        return await self.sip.invite(identity, target, media, ear), ear  # type: ignore[arg-type]

    async def offered(self, within: float = 3.0) -> tuple[Any, Ear]:
        async with asyncio.timeout(within):
            return await self.incoming.get()

    def uri(self, identity: int = 1) -> str:
        line = self.sip.identities[identity].line
        user = self.device.settings.get("user_name", identity)
        return f"sip:{user}@{HOST}:{self.sip.transport.port};line={line}"


class Script(asyncio.DatagramProtocol):
    """A far end that a test writes line by line: it takes messages one by one and says what it is told.

    Retransmissions are passed over unless `repeats` is set.
    When a base goes, all scripts say yes to everything, so that it need not wait.
    """

    alive: ClassVar[set[Script]] = set()

    def __init__(self) -> None:
        self.agrees = False
        self.repeats = False
        self.raw: list[bytes] = []
        self.messages: asyncio.Queue[Message] = asyncio.Queue()
        self.seen: list[Message] = []
        self.port = 0
        self._pipe: asyncio.DatagramTransport | None = None
        self._base: tuple[str, int] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._pipe = cast(asyncio.DatagramTransport, transport)
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._base = addr
        if data in self.raw and not self.repeats:
            return
        self.raw.append(data)
        try:
            message = read_datagram(data)
        except BadMessage:
            return
        if self.agrees and isinstance(message, Request) and message.method != "ACK":
            self.answer(message, 200)
        elif message is not None:
            self.seen.append(message)
            self.messages.put_nowait(message)

    async def request(self, method: str, within: float = 3.0) -> Request:
        """The next request of that method; retransmissions of others are passed over."""
        async with asyncio.timeout(within):
            while True:
                message = await self.messages.get()
                if isinstance(message, Request) and message.method == method:
                    return message

    async def response(self, status: int, method: str, within: float = 3.0) -> Response:
        async with asyncio.timeout(within):
            while True:
                message = await self.messages.get()
                if isinstance(message, Response) and message.status == status and message.cseq.method == method:
                    return message

    async def silence(self, seconds: float) -> None:
        """Nothing comes for so long."""
        try:
            unexpected = await asyncio.wait_for(self.messages.get(), seconds)
        except TimeoutError:
            return
        raise AssertionError(f"unexpected: {unexpected.start_line}")

    def answer(
        self, request: Request, status: int, reason: str = "", *lines: str, tag: str = "far", body: bytes = b""
    ) -> Response:
        response = response_to(request, status, reason, tag=tag)
        for line in lines:
            name, _, value = line.partition(":")
            response.headers.add(name, value.strip())
        response.body = body
        self.send(response.to_bytes())
        return response

    def send(self, data: bytes, port: int = 0) -> None:
        assert self._pipe is not None
        target = (HOST, port) if port else self._base
        self._pipe.sendto(data, target)

    @property
    def contact(self) -> str:
        return f"Contact: <sip:far@{HOST}:{self.port}>"

    def say(self, base: LoneBase, text: str, body: bytes = b"", **words: str) -> None:
        """Sends a request written as text; `{uri}`, `{port}` and further words are filled in, Via is added."""
        lines = text.strip().format(uri=base.uri(), port=self.port, **words).split("\n")
        via = f"Via: SIP/2.0/UDP {HOST}:{self.port};branch={words.get('branch', 'z9hG4bK-' + lines[0][:3])};rport"
        head = "\r\n".join([lines[0].strip(), via, *(line.strip() for line in lines[1:])])
        self.send(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body, base.sip.transport.port)


@asynccontextmanager
async def script() -> AsyncIterator[Script]:
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(Script, local_addr=(HOST, 0), family=socket.AF_INET)
    Script.alive.add(protocol)
    try:
        yield protocol
    finally:
        Script.alive.discard(protocol)
        transport.close()


ACCOUNT = {
    "user_active#1": "true",
    "user_name#1": "40",
    "user_pass#1": "secret",
    "user_realname#1": "Forty",
    "retry_t1": "500",
    **{f"log#{n}": "9" for n in range(1, 13)},
}


@asynccontextmanager
async def lone_base(
    folder: Path,
    registrar: int,
    settings: dict[str, str] | None = None,
    defects: tuple[str, ...] = (),
    quirks: dict[str, str] | None = None,
) -> AsyncIterator[LoneBase]:
    """A base whose first identity registers at a port of the loopback."""
    base = LoneBase(folder, {**ACCOUNT, "user_host#1": f"{HOST}:{registrar}", **(settings or {})}, defects, quirks)
    await base.start()
    try:
        yield base
    finally:
        for far in Script.alive:
            far.agrees = True
        await base.stop()
        for far in Script.alive:
            far.agrees = False


def sdp(port: int = 40000, direction: str = "sendrecv", formats: str = "8 0 101", address: str = HOST) -> bytes:
    """A far end's description."""
    return (
        f"v=0\r\no=far 1 1 IN IP4 {address}\r\ns=-\r\nc=IN IP4 {address}\r\nt=0 0\r\n"
        f"m=audio {port} RTP/AVP {formats}\r\na=rtpmap:8 PCMA/8000\r\n"
        f"a=rtpmap:101 telephone-event/8000\r\na={direction}\r\n"
    ).encode()


def digest_fields(value: str) -> dict[str, str]:
    """The parameters of an Authorization header, unquoted."""
    pairs = (part.partition("=") for part in split_outside(value.partition(" ")[2], ","))
    return {name: text.strip('"') for name, _, text in pairs}
