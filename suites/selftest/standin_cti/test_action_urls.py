"""Action URLs: variables, the queue, and servers that answer in every way but the usual one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from rigs.standin.base.device import Device
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.cti import variables
from rigs.standin.cti.action_urls import ActionUrls
from rigs.standin.cti.events import Event, Kind
from rigs.standin.provisioning.http import Client
from rigs.standin.sip.account import Account

VALUES = {"remote": "sip:+49 30&1@h", "display_remote": 'Zoë "Z" <z>', "call-id": "a@b"}


@pytest.mark.parametrize(
    ("template", "url"),
    [
        ("http://h/in", "http://h/in"),
        ("http://h/in?n=$remote", "http://h/in?n=sip%3A%2B49%2030%261%40h"),
        ("http://h/in?a=$call-id&b=$display_remote", "http://h/in?a=a%40b&b=Zo%C3%AB%20%22Z%22%20%3Cz%3E"),
        ("http://h/$call-id&/in?x=1", "http://h/a%40b/in?x=1"),
        ("http://h/$call-id/in", "http://h/$call-id/in"),
        ("http://h/in?x=$unknown&y=1", "http://h/in?x=&y=1"),
    ],
)
def test_variables_are_put_in_and_escaped(template, url):
    assert variables.expanded(template, lambda name: VALUES.get(name, "")) == url


class Room:
    """Action URLs of a device without radio and SIP, and a web server that answers as the test says."""

    def __init__(self, folder: Path) -> None:
        self.device: Any = Device(mac="00:04:13:30:01:21", folder=folder, strategies=Strategies(), quirks=Quirks())
        self.device.exchange = SimpleNamespace(events=SimpleNamespace(listener=None), calls=[])
        self.device.sip = SimpleNamespace(account=lambda n: Account(n, True, "", f"30{n}", "h", "", "", "", 60))
        self.device.provisioning = SimpleNamespace(client=lambda: Client("m9", resolve=self._resolve))
        self.device.cti = ActionUrls(self.device)
        self.asked: list[str] = []
        self.answer: Callable[[asyncio.StreamWriter], Awaitable[None]] = self.ok
        self.port = 0

    async def _resolve(self, host: str) -> list[str]:
        return [host]

    async def ok(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.asked.append((await reader.readuntil(b"\r\n\r\n")).split()[1].decode())
        await self.answer(writer)
        writer.close()

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def set(self, name: str, value: str, idx: int = 1) -> None:
        self.device.settings.set(name, value, idx, who="web")

    def happened(self, kind: Kind, identity: int = 1) -> None:
        self.device.cti.happened(Event(kind, identity))

    async def until(self, *asked: str) -> None:
        async with asyncio.timeout(3):
            while self.asked != list(asked):
                await asyncio.sleep(0.005)


@pytest.fixture
def play(tmp_path):
    """Runs a scene in a room of its own."""

    def run(scene: Callable[[Room], Awaitable[None]]) -> None:
        async def act() -> None:
            room = Room(tmp_path)
            server = await asyncio.start_server(room.serve, "127.0.0.1")
            room.port = server.sockets[0].getsockname()[1]
            await room.device.cti.start()
            try:
                await scene(room)
            finally:
                server.close()
                for task in room.device.tasks:
                    task.cancel()

        asyncio.run(act())

    return run


def test_each_event_of_an_identity_goes_to_its_own_url_in_order(play):
    async def scene(room):
        for identity in (1, 2):
            room.set("action_hold", room.url(f"/{identity}/hold?who=$local"), identity)
        room.set("action_unhold", room.url("/unhold"))
        for kind, identity in ((Kind.UNHOLD, 1), (Kind.HOLD, 2), (Kind.HOLD, 1), (Kind.UNHOLD, 2)):
            room.happened(kind, identity)
        await room.until("/unhold", "/2/hold?who=sip%3A302%40h", "/1/hold?who=sip%3A301%40h")

    play(scene)


def test_do_not_disturb_and_forwarding_are_events_when_they_change(play):
    async def scene(room):
        for name in ("dnd_on", "dnd_off", "redirection_on", "redirection_off"):
            room.set(f"action_{name}_url", room.url(f"/{name}"))
        for name, value in (("user_dnd", "on"), ("user_dnd", "on"), ("user_forward_mode", "1")):
            room.set(name, value)
        for name, value in (("user_forward_mode", "2"), ("user_forward_mode", "0"), ("user_dnd", "off")):
            room.set(name, value)
        await room.until("/dnd_on", "/redirection_on", "/redirection_off", "/dnd_off")

    play(scene)


def test_a_server_that_never_answers_keeps_nothing_back(play):
    async def scene(room):
        over = asyncio.Event()
        room.answer = lambda writer: over.wait()
        room.set("action_hold", room.url("/hold"))
        for _ in range(5):
            room.happened(Kind.HOLD)
        await room.until(*["/hold"] * 5)
        over.set()

    play(scene)


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n",
        b"\x00\xff garbage\r\n\r\n",
        b"",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_whatever_a_server_says_the_next_event_is_told(play, said):
    async def scene(room):
        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(said)

        room.answer = answer
        room.set("action_hold", room.url("/hold"))
        room.set("action_unhold", "http://127.0.0.1:1/nobody")
        for kind in (Kind.HOLD, Kind.UNHOLD, Kind.HOLD):
            room.happened(kind)
        await room.until("/hold", "/hold")

    play(scene)


def test_a_redirected_event_is_followed(play):
    async def scene(room):
        async def answer(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n")
            room.answer = room.ok

        room.answer = answer
        room.set("action_hold", room.url("/hold"))
        room.happened(Kind.HOLD)
        await room.until("/hold", "/there")

    play(scene)


def test_a_variable_may_name_a_setting_but_no_secret(play):
    async def scene(room):
        room.set("user_pass", "geheim")
        room.set("user_realname", "Zoë")
        room.set("action_hold", room.url("/h?a=$user_pass1&b=$user_realname1&c=$mac&d=$base_name&e=$user_realname"))
        room.happened(Kind.HOLD)
        await room.until("/h?a=&b=Zo%C3%AB&c=000413300121&d=snom-m9&e=")

    play(scene)
