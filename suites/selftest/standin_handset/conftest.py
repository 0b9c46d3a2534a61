"""A room with a base's radio and exchange, its handsets and the dongle, in one process; the network side is a fake."""

from __future__ import annotations

import asyncio
import os
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from rigs.standin.air.radio import Radio
from rigs.standin.base.device import Device
from rigs.standin.call.call_control import CallControl
from rigs.standin.core import rigfile
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.media.spandsp import G726Encoder
from rigs.standin.portable_process import Portable
from rigs.standin.sip.agent import SipAgent
from rigs.standin.sip.message import Request
from rigs.standin.sip.values import Uri

IPUIS = ("005C30C840", "005C30C841", "005C30C842", "005C30C843", "005C30C844")
RIG = """
name: room
base: {mac: "00:04:13:30:01:21"}
handsets:
""" + "".join(f'  - {{number: {n}, ipui: "{ipui}"}}\n' for n, ipui in enumerate(IPUIS, start=1))


class FakeMedia:
    """An audio session that keeps what the handset says and sends it what the test wants."""

    def __init__(self) -> None:
        self.ear: Callable[[bytes], None] | None = None
        self.heard: list[bytes] = []
        self.tone = ""

    def connect_air(self, send: Callable[[bytes], None] | None) -> None:
        self.ear = send

    def receive_air(self, frame: bytes) -> None:
        self.heard.append(frame)

    def play_tone(self, kind: str) -> None:
        self.tone = kind

    def stop_tone(self) -> None:
        self.tone = ""

    async def stop(self) -> None:
        self.ear = None

    async def say(self, samples: bytes) -> None:
        """Sends 16-bit samples to the ear, 20 ms at a time, at the pace of speech."""
        encoder = G726Encoder()
        for at in range(0, len(samples), 320):
            if self.ear is not None:
                self.ear(encoder.encode(samples[at : at + 320]))
            await asyncio.sleep(0.02)


class FakeCall:
    """A SIP call that notes what the exchange asks of it."""

    def __init__(self, identity: int, number: str = "200", name: str = "", media: FakeMedia | None = None) -> None:
        self.identity = identity
        self.caller_number = number
        self.caller_name = name
        self.media = media or FakeMedia()
        self.listener: Any = None
        self.done: list[Any] = []
        self.agrees = True
        self.over = False
        self.replaces: FakeCall | None = None
        self.invite = Request(method="INVITE", uri="sip:x")
        self.stands = True

    async def ring(self) -> None:
        self.done.append("ring")

    async def answer(self) -> None:
        self.done.append("answer")

    async def reject(self, status: int, reason: str) -> None:
        self.done.append((status, reason))

    async def redirect(self, target: Uri, reason: str) -> None:
        self.done.append((302, str(target), reason))

    async def hangup(self) -> None:
        self.done.append("hangup")

    async def hold(self) -> bool:
        self.done.append("hold")
        return self.agrees

    async def resume(self) -> bool:
        self.done.append("resume")
        return self.agrees

    async def send_digit(self, digit: str, ms: int) -> None:
        self.done.append(digit)


class FakeSip:
    """The agent: notes outgoing calls, lets the test make incoming ones; it reads numbers as the real one does."""

    account, callee = SipAgent.account, SipAgent.callee

    def __init__(self) -> None:
        self.on_incoming: Callable[[FakeCall], Awaitable[None]]
        self.device: Any = None
        self.invited: list[tuple[int, str, FakeCall]] = []
        self.presences: dict[int, Any] = defaultdict(Mock)
        self.joined: list[tuple[FakeCall, FakeCall]] = []
        self.outcomes: asyncio.Queue[int] = asyncio.Queue()

    async def join(self, call: FakeCall, other: FakeCall, progress: Callable[[int], None]) -> int:
        self.joined.append((call, other))
        return await self.outcomes.get()

    async def invite(
        self, identity: int, target: str, media: FakeMedia, listener: Any, *, proxy: str = "", says: Any = None
    ) -> FakeCall:
        call = FakeCall(identity, target, media=media)
        call.listener = listener
        self.invited.append((identity, target, call))
        return call

    async def transfer(self, call: FakeCall, number: str, progress: Callable[[int], None]) -> int:
        call.done.append(("refer", number))
        return 200 if call.agrees else 603


class Line:
    """The harness's end of the serial line: commands with their answers, and what came unasked."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        self._lines: list[str] = []
        self._half = b""
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._file, self._read)

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._file)
        os.close(self._file)

    def _read(self) -> None:
        *lines, self._half = (self._half + os.read(self._file, 4096)).split(b"\r\n")
        self._lines += [line.decode("ascii") for line in lines]
        self._changed.set()

    def send(self, data: bytes) -> None:
        os.write(self._file, data)

    async def wait(self, pattern: str, seconds: float = 3.0) -> str:
        """The first line that matches, taken away."""
        async with asyncio.timeout(seconds):
            while True:
                for line in self._lines:
                    if re.search(pattern, line):
                        self._lines.remove(line)
                        return line
                self._changed.clear()
                await self._changed.wait()

    def seen(self, pattern: str) -> list[str]:
        return [line for line in self._lines if re.search(pattern, line)]

    async def ask(self, command: str) -> list[str]:
        """The information lines; an error's line alone."""
        self.send(command.encode() + b"\r\n")
        answer = await self.wait(r"^(OK|ERROR)")
        if answer.startswith("ERROR"):
            return [answer]
        found = [line for line in self._lines if not line.startswith("!")]
        self._lines = [line for line in self._lines if line.startswith("!")]
        return found


class Room:
    """Everything on this side of the network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "rig.yaml").write_text(RIG)
        self.rig = rigfile.load(folder / "rig.yaml")
        self.strategies = Strategies()
        self.portable = Portable(self.rig, folder, self.strategies)
        self.sip = FakeSip()
        self.device: Any = None
        self.line: Line

    async def __aenter__(self) -> Room:
        self.portable.start()
        self.line = Line(self.folder / "dongle")
        await self.power_on()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.line.close()
        self.power_off()
        self.portable.stop()
        self.strategies.clear()  # a replacement is in force for the whole process

    async def power_on(self, *, locked: bool = True) -> None:
        self.device = Device(mac=self.rig.mac, folder=self.folder, strategies=self.strategies, quirks=Quirks())
        self.device.ended = asyncio.get_running_loop().create_future()
        self.device.air = Radio(self.device)
        self.device.sip = self.sip
        self.sip.device = self.device
        self.device.media = self
        self.device.exchange = CallControl(self.device)
        with self.device.settings.batch() as settings:
            for identity in (1, 2):
                settings.set("user_active", "true", identity, who="base")
                settings.set("user_name", f"30{identity}", identity, who="base")
                settings.set("user_host", "example.net", identity, who="base")
        await self.device.exchange.start()
        await self.device.air.start()
        if locked:
            await self.until(lambda: all(row.state == "located" for row in self.device.air.handsets()))

    def power_off(self) -> None:
        """As a cut: the radio is silent at once."""
        for task in tuple(self.device.tasks):
            task.cancel()
        self.device.air._antenna.disconnect()
        assert not self.device.ended.done(), self.device.ended.exception()

    def new_session(self, identity: int) -> FakeMedia:
        return FakeMedia()

    def set(self, name: str, value: str, idx: int = 0) -> None:
        self.device.settings.set(name, value, idx, who="base")

    async def until(self, condition: Callable[[], Any], seconds: float = 5.0) -> None:
        """Waits for a state of this process."""
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.005)

    async def press(self, handset: int, *keys: str) -> None:
        for key in keys:
            assert await self.line.ask(f"AT+KEY={handset},{key}") == []

    async def rows(self, handset: int) -> list[str]:
        return [line.split('"')[1] for line in await self.line.ask(f"AT+DISP={handset}") if line.startswith("+DISP")]

    async def shows(self, handset: int, text: str, seconds: float = 3.0) -> list[str]:
        """Waits until some row of the display holds the text."""
        glass = self.portable.handsets[handset].display
        try:
            await self.until(lambda: any(text in row.text for row in glass.rows), seconds)
        except TimeoutError:
            raise AssertionError(f"{text!r} not among {[row.text for row in glass.rows]}") from None
        return await self.rows(handset)

    def ringing(self) -> list[int]:
        return [n for n, handset in self.portable.handsets.items() if handset.events.ringing]

    async def incoming(self, identity: int = 1, number: str = "200", name: str = "") -> FakeCall:
        call = FakeCall(identity, number, name)
        await self.sip.on_incoming(call)
        return call

    async def talking(self, handset: int = 1) -> FakeCall:
        """An outgoing call that was answered."""
        before = len(self.sip.invited)
        await self.press(handset, *"200", "OFFHOOK")
        await self.until(lambda: len(self.sip.invited) > before)
        call = self.sip.invited[-1][2]
        call.listener.on_answered()
        await self.shows(handset, "Connected")
        return call


@pytest.fixture
def play(tmp_path: Path) -> Callable[[Callable[[Room], Awaitable[None]]], None]:
    """Runs a scene in a room of its own."""

    def run(scene: Callable[[Room], Awaitable[None]]) -> None:
        async def act() -> None:
            async with Room(tmp_path) as room:
                await scene(room)

        asyncio.run(act())

    return run
