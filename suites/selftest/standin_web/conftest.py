"""The web server of a base without network, radio or SIP around it, and a client that speaks plain HTTP to it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from rigs.standin.base.device import Device
from rigs.standin.base.dns import Resolver
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.web.server import WebServer


@dataclass(frozen=True)
class Answer:
    """A response as read to the end of its connection."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class FakeRadio:
    """One handset, and a registration mode that can be looked at."""

    rfpi = "0123456780"

    def __init__(self) -> None:
        self.registration_open = False
        self.registration_seconds_left = 0.0
        self.calls: list[str] = []

    def handsets(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(number=1, name="Handset 1", ipui="005C30C840", state="located", rssi=-52)]

    def open_registration(self) -> None:
        self.registration_open, self.registration_seconds_left = True, 599.0

    def close_registration(self) -> None:
        self.registration_open = False

    def locate_handsets(self) -> None:
        self.calls.append("locate")

    def forget(self, ipui: str) -> bool:
        self.calls.append(f"forget {ipui}")
        return True


class Browser:
    """Speaks to one running server; keeps the cookie like a browser does."""

    def __init__(self, device: Device, port: int) -> None:
        self.device = device
        self.port = port
        self.cookie = ""

    async def raw(self, data: bytes) -> Answer:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(data)
        await writer.drain()
        async with asyncio.timeout(5):
            whole = await reader.read()
        writer.close()
        head, _, body = whole.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        headers = [(name, value) for name, _, value in (line.partition(": ") for line in lines)]
        return Answer(int(first.split()[1]), headers, body.decode())

    async def get(self, path: str) -> Answer:
        return await self._send("GET", path, "")

    async def post(self, path: str, **fields: str) -> Answer:
        return await self._send("POST", path, urlencode(fields))

    async def upload(self, path: str, **fields: str) -> Answer:
        """Posts a form with files in it, as browsers do."""
        parts = (
            f'--cut\r\nContent-Disposition: form-data; name="{name}"; filename="x.vcf"\r\n\r\n{text}\r\n'
            for name, text in fields.items()
        )
        return await self._send("POST", path, "".join(parts) + "--cut--\r\n", "multipart/form-data; boundary=cut")

    async def login(self, username: str = "admin", password: str = "password", **more: str) -> Answer:
        return await self.post(
            "/index.htm", username=username, password=password, **{"link": "index.htm", "submit": "Login"} | more
        )

    async def _send(self, method: str, path: str, body: str, kind: str = "") -> Answer:
        cookie = f"Cookie: {self.cookie}\r\n" if self.cookie else ""
        what = f"Content-Type: {kind}\r\n" if kind else ""
        length = f"Content-Length: {len(body.encode())}\r\n"
        answer = await self.raw(f"{method} {path} HTTP/1.1\r\nHost: m9\r\n{cookie}{what}{length}\r\n{body}".encode())
        given = answer.header("Set-Cookie")
        if given:
            self.cookie = given.partition(";")[0]
        return answer


Work = Callable[[Browser], Awaitable[None]]


@pytest.fixture
def browse(tmp_path: Path) -> Callable[..., None]:
    """Runs `work(browser)` against a base with accepted licence, the settings and the defect a test names."""

    def run(
        work: Work,
        *,
        defect: str | None = None,
        accepted: bool = True,
        quirks: dict[str, str] | None = None,
        **settings: str,
    ) -> None:
        strategies = Strategies()
        if defect:
            strategies.apply(defect)
        device = Device(mac="00:04:13:30:01:21", folder=tmp_path, strategies=strategies, quirks=Quirks(quirks))
        device.dns, device.air = Resolver(device), FakeRadio()
        one = SimpleNamespace(state="Registered", registered=True, seconds_left=170, expires=170)
        idle = SimpleNamespace(state="Not active", registered=False, seconds_left=0, expires=0)
        device.sip = SimpleNamespace(identities={n: one if n == 1 else idle for n in range(1, 10)})
        device.network.address4, device.network.dhcp_server = "198.18.9.50", "198.18.9.1"
        device.settings.set("eula_accepted", "true" if accepted else "false", who="base")
        device.settings.set("http_port", "0", who="base")
        for name, value in settings.items():
            device.settings.set(name, value, who="base")
        try:
            asyncio.run(_live(device, work))
        finally:
            strategies.clear()  # a replacement is in force for the whole process

    return run


async def _live(device: Device, work: Work) -> None:
    device.ended = asyncio.get_running_loop().create_future()
    server = WebServer(device)
    await server.start()
    assert server.port is not None
    try:
        await work(Browser(device, server.port))
    finally:
        await server.stop()
