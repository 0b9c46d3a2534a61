"""The directory from the handset to an LDAP server on the loopback: callers' names, searches, and what goes wrong."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from types import SimpleNamespace

from suites.selftest.capture.ldap_octets import entry, result

TO_DIRECTORY = ("OK", *["DOWN"] * 5, "OK")


class Server:
    """Answers a bind with `login`, each search with the hits whose `wanted` text is in it; frozen it says nothing."""

    def __init__(self, *hits: tuple[str, dict[str, str]]) -> None:
        self.hits = hits
        self.login = 0
        self.asked: list[bytes] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = 0
        while request := await reader.read(4096):
            number += 1
            self.asked.append(request)
            await self.goes_on.wait()
            if number == 1:
                writer.write(result(1, self.login, 0x61))
                continue
            found = [values for wanted, values in self.hits if wanted.encode() in request]
            writer.write(b"".join(entry(number, "uid=x", **values) for values in found) + result(number, 0))
        writer.close()


@asynccontextmanager
async def directory(room, *hits, **tab):
    """A server, and identity 1 that uses it."""

    async def addresses(host: str) -> list[str]:
        return [host]

    room.device.dns = SimpleNamespace(addresses=addresses)
    server = Server(*hits)
    async with await asyncio.start_server(server.serve, "127.0.0.1") as listening:
        port = listening.sockets[0].getsockname()[1]
        told = {
            "enabled": "true", "lookup_incoming": "true", "server": "127.0.0.1", "port": str(port), "base": "o=m9",
            "search_filter": "(cn=%)", "number_filter": "(telephoneNumber=%)", "display_name": "%cn",
            "name_attributes": "cn", "number_attributes": "telephoneNumber mobile",
        }  # fmt: skip
        for name, value in {**told, **tab}.items():
            room.set(f"ldap_{name}", value, 1)
        yield server


def of_two(number: str = "200") -> list[tuple[str, dict[str, str]]]:
    return [
        (number, {"cn": "Zoe Ziegler", "telephoneNumber": "+49 30 55-1", "mobile": "0171 2"}),
        (number, {"cn": "Ada Abel", "telephoneNumber": "200"}),
    ]


def test_a_caller_rings_by_number_and_is_named_when_the_answer_comes(play):
    async def scene(room):
        async with directory(room, ("200", {"cn": "Ada Gross"})) as server:
            server.goes_on.clear()
            call = await room.incoming()
            await room.until(lambda: "ring" in call.done)
            assert (await room.rows(1))[:2] == ["Incoming call", "200"]
            server.goes_on.set()
            assert (await room.shows(1, "Ada Gross"))[1:3] == ["Ada Gross", "200"]
            assert b"200" in server.asked[1]

    play(scene)


def test_a_withheld_number_and_an_identity_without_lookup_ask_nothing(play):
    async def scene(room):
        async with directory(room, lookup_incoming="false") as server:
            await room.incoming()
            await room.shows(1, "200")
            room.set("ldap_lookup_incoming", "true", 1)
            await room.incoming(number="")
            assert not server.asked

    play(scene)


def test_hits_are_listed_by_name_and_called_without_blanks(play):
    async def scene(room):
        async with directory(room, *of_two("anna")) as server:
            await room.press(1, *TO_DIRECTORY)
            assert (await room.rows(1))[0] == "Search name (abc)"
            await room.press(1, *"9999", "UP", "*", "OK")
            await room.shows(1, "No entry found")
            assert b"z*" in server.asked[1]
            server.hits = tuple(of_two("z"))
            await room.press(1, "SOFT2", "SOFT2", "OK")
            rows = await room.shows(1, "Ada Abel")
            assert rows[:3] == ["Directory", "Ada Abel", "Zoe Ziegler"]
            await room.press(1, "DOWN", "OK")
            assert (await room.rows(1))[:3] == ["Zoe Ziegler", "+4930551", "01712"]
            await room.press(1, "DOWN", "OFFHOOK")
            await room.until(lambda: room.sip.invited)
            assert room.sip.invited[0][1] == "01712"

    play(scene)


def test_what_goes_wrong_is_told_at_the_handset(play):
    async def scene(room):
        async with directory(room) as server:
            server.login = 49
            await room.press(1, *TO_DIRECTORY, "OK")
            await room.shows(1, "Login refused")
            server.login = 0
            room.set("ldap_search_filter", "[(cn=%)]", 1)
            await room.press(1, "SOFT2", "OK")
            await room.shows(1, "No answer")
        await room.press(1, "SOFT2", "OK")
        await room.shows(1, "No answer")
        room.set("ldap_enabled", "false", 1)
        await room.press(1, "SOFT2", "OK")
        await room.shows(1, "No directory")

    play(scene)
