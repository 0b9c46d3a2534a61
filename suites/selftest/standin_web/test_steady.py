"""What a browser may do: nothing of it ends the base or leaves it without pages."""

from __future__ import annotations

import asyncio
import socket
import struct

import pytest

from rigs.standin.web import server
from rigs.standin.web.pages import log as log_page


def resets(port: int, data: bytes) -> None:
    """A client that sends something and resets its connection instead of closing it."""
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(data)


@pytest.mark.parametrize(
    "data", [b"", b"GET / HT", b"GET / HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_a_client_that_resets_ends_its_connection_only(browse, data):
    async def work(browser):
        for _ in range(5):
            await asyncio.to_thread(resets, browser.port, data)
        assert (await browser.login()).status == 200
        assert browser.device.owner.places == []

    browse(work)


def test_a_page_that_fails_is_answered_with_500_and_logged(browse, monkeypatch):
    def broken(device):
        raise KeyError("what is stored")

    async def work(browser):
        await browser.login()
        with monkeypatch.context() as patched:
            patched.setattr(log_page, "lines", broken)
            assert (await browser.get("/log.htm")).status == 500
        assert "the page /log.htm failed: KeyError" in (await browser.get("/log.htm")).body

    browse(work)


def test_a_port_that_is_taken_gives_way_to_the_factorys(browse, monkeypatch):
    listens = server.listen
    taken = iter([OSError("taken")])

    def listen(port):
        if (error := next(taken, None)) is not None:
            raise error
        return listens(0)

    monkeypatch.setattr(server, "listen", listen)

    async def work(browser):
        assert (await browser.login()).status == 200
        assert any("the pages are at 80" in entry.text for entry in browser.device.log.entries())

    browse(work)


def test_a_client_that_reads_nothing_takes_no_place_for_ever(browse, monkeypatch):
    monkeypatch.setattr(server, "REQUEST_SECONDS", 0.2)

    async def work(browser):
        browser.device.settings.set("log", "9", 6, who="base")
        for _ in range(400):
            browser.device.log.write("general", 1, "x" * 20_000)
        await browser.login()
        with socket.create_connection(("127.0.0.1", browser.port)) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            client.sendall(f"GET /log.htm HTTP/1.1\r\nCookie: {browser.cookie}\r\n\r\n".encode())
            async with asyncio.timeout(5):
                while not any("broke" in entry.text for entry in browser.device.log.entries()):
                    await asyncio.sleep(0.01)
        assert (await browser.get("/index.htm")).status == 200

    browse(work)


def test_a_refused_value_is_told_in_the_page_and_the_log(browse):
    async def work(browser):
        await browser.login()
        page = await browser.post("/network.htm", gateway="abc", base_name="kept?", save="Save")
        assert "Nothing was saved: gateway: &#x27;abc&#x27;: it is no IPv4 address" in page.body
        assert browser.device.settings.get("base_name") == "snom-m9"
        assert any("not saved, gateway" in entry.text for entry in browser.device.log.entries())

    browse(work)
