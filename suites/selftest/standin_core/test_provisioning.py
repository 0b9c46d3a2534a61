"""Auto configuration: addresses, documents, and what a base makes of them, over real sockets."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from collections.abc import AsyncIterator, Callable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from rigs.standin.base import dns
from rigs.standin.base.dns import Resolver
from rigs.standin.base.dnsmessage import Answer, Record
from rigs.standin.provisioning import documents, tftp
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.fetch import Provisioning
from rigs.standin.provisioning.http import Client, FetchFailed
from rigs.standin.provisioning.location import FileNameStrategy, address_of

Boot = Callable[..., Any]
MAC = "0004133001AB"


@pytest.mark.parametrize(
    ("server", "file", "address"),
    [
        ("http://10.0.0.1", "", f"http://10.0.0.1/snom-m9-{MAC}.xml"),
        ("http://10.0.0.1/provisioning", "", f"http://10.0.0.1/provisioning/snom-m9-{MAC}.xml"),
        ("http://10.0.0.1/p/", "m9.xml", "http://10.0.0.1/p/m9.xml"),
        ("http://10.0.0.1/p/all.xml", "", "http://10.0.0.1/p/all.xml"),
        ("https://h/p?mac={mac}&k=1", "", f"https://h/p?mac={MAC}&k=1"),
        ("http://h/{MAC}", "", f"http://h/{MAC}"),
        ("10.0.0.1", "", f"tftp://10.0.0.1/snom-m9-{MAC}.xml"),
        ("fd00:9::1", "x.xml", "tftp://[fd00:9::1]/x.xml"),
        ("", "http://h/{mac}.xml", f"http://h/{MAC}.xml"),
        ("http://h", "d/{mac}.xml", f"http://h/d/{MAC}.xml"),
    ],
)
def test_the_first_files_address(server: str, file: str, address: str) -> None:
    assert address_of(server, file, MAC, FileNameStrategy(), bare="tftp") == address


@pytest.mark.parametrize("server", ["ftp://h/x", "http://", "http:///x"])
def test_an_address_that_is_none_is_said(server: str) -> None:
    with pytest.raises(ValueError):
        address_of(server, "", MAC, FileNameStrategy(), bare="tftp")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<settings>",
        b"<html/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><settings>&b;</settings>',
        b'<?xml version="1.0" encoding="no-such"?><settings/>',
        b"\xff\xfe<",
        b"<settings>" + b" " * documents.SIZE_LIMIT + b"</settings>",
    ],
)
def test_hostile_and_broken_xml_is_refused(data: bytes) -> None:
    with pytest.raises(documents.BadDocument):
        documents.parse(data)


def test_the_five_kinds_are_told_apart() -> None:
    listed = documents.parse(b'<setting-files><file uri="a"/><file url="b"/><file/></setting-files>')
    assert listed == documents.FileList((documents.FileReference("a", "uri"), documents.FileReference("b", "url")))
    firmware = documents.parse(
        b'<firmware-settings><firmware perm="">http://h/m9-9.6.2-a.bin</firmware></firmware-settings>'
    )
    assert isinstance(firmware, documents.FirmwareFile)
    assert firmware.version == "9.6.2-a"
    certificates = documents.parse(b"<certificates><ca>A</ca><ca>B</ca></certificates>")
    assert certificates == documents.CertificateFile(("A", "B"), "", "")
    book = documents.parse(
        b'<tbook complete="true"><item context="identity2" index="0"><name>n</name><number>1</number></item></tbook>'
    )
    assert book == documents.PhoneBook(True, (documents.Contact(2, "n", "1"),))


class Files:
    """A tiny HTTP server: `pages` by path, raw responses; `asked` are request heads."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        self.asked.append(head)
        writer.write(self.pages.get(head.split()[1], b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"))
        await writer.drain()
        writer.close()

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Files]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        async with server:
            yield self


def page(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


async def _literal(host: str) -> list[str]:
    return [host]


def test_the_http_client_reads_every_kind_of_body() -> None:
    async def work() -> None:
        async with Files().serving() as files:
            url = f"http://127.0.0.1:{files.port}"
            files.pages["/length"] = page(b"abc")
            files.pages["/chunks"] = (
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=1\r\nab\r\n1\r\nc\r\n0\r\n\r\n"
            )
            files.pages["/end"] = b"HTTP/1.0 200 OK\r\n\r\nabc"
            files.pages["/moved"] = b"HTTP/1.1 302 Found\r\nLocation: /length\r\nContent-Length: 0\r\n\r\n"
            files.pages["/short"] = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"
            files.pages["/huge"] = b"HTTP/1.1 200 OK\r\nContent-Length: 999999999999\r\n\r\n"
            files.pages["/garbage"] = b"\0\1\2\r\n\r\n"
            client = Client(user_agent="m9", resolve=_literal)
            for path in ("/length", "/chunks", "/end", "/moved"):
                assert await client.get(url + path) == b"abc"
            for path in ("/short", "/huge", "/garbage", "/missing"):
                with pytest.raises(FetchFailed) as caught:
                    await client.get(url + path)
                assert caught.value.answered
        with pytest.raises(FetchFailed) as caught:
            await client.get(url)
        assert not caught.value.answered

    asyncio.run(work())


SETTINGS = b"""<?xml version="1.0" encoding="utf-8"?><settings><phone-settings>
<base_name perm="R">lobby</base_name><nonsense>1</nonsense><user_name idx="2" perm="!">40</user_name>
<asset_id>first</asset_id><asset_id>last</asset_id><user_active idx="2">on</user_active><user_name idx="x">9</user_name>
</phone-settings></settings>"""


def _boot(device: Any, pages: dict[str, bytes], option66: str = "") -> tuple[Files, Provisioning]:
    async def work() -> tuple[Files, Provisioning]:
        device.dns = Resolver(device)
        provisioning = Provisioning(device)
        async with Files().serving() as files:
            files.pages.update(pages)
            device.network.option66 = option66 or f"http://127.0.0.1:{files.port}/provisioning"
            await provisioning.start()
            await provisioning.boot()
            for task in tuple(device.tasks):
                task.cancel()
        return files, provisioning

    result: tuple[Files, Provisioning] = asyncio.run(work())
    return result


def test_a_boot_fetches_follows_and_stores(base: Boot) -> None:
    device = base()
    first = f"/provisioning/snom-m9-{MAC}.xml"
    listed = b'<setting-files><file uri="settings.xml"/><file url="/fw-{mac}.xml"/><file uri="/bad"/></setting-files>'
    firmware = b"<firmware-settings><firmware>http://h/m9-9.2.45.bin</firmware></firmware-settings>"
    pages = {first: page(listed), "/provisioning/settings.xml": page(SETTINGS)}
    pages |= {f"/fw-{MAC}.xml": page(firmware), "/bad": page(b"<settings><a></settings>")}
    files, _ = _boot(device, pages)
    assert [head.split()[1] for head in files.asked] == [first, "/provisioning/settings.xml", f"/fw-{MAC}.xml", "/bad"]
    assert "User-Agent: Mozilla/4.0 (compatible; snom m9 9.2.45-a)\r\n" in files.asked[0]
    settings = device.settings
    assert (settings.get("base_name"), settings.permission("base_name")) == ("lobby", "R")
    assert (settings.get("user_name", 2), settings.permission("user_name", 2)) == ("40", "RW")
    assert settings.get("asset_id") == "last"
    assert settings.bool("user_active", 2)


def test_quirks_and_defects_change_what_is_made_of_it(base: Boot) -> None:
    pages = {f"/provisioning/snom-m9-{MAC}.xml": page(SETTINGS)}
    device = base(quirks={"repeated_setting": "first"})
    _boot(device, pages)
    assert device.settings.get("asset_id") == "first"
    device = base("on-is-off")
    _boot(device, pages)
    assert not device.settings.bool("user_active", 2)


def test_a_broken_file_loses_nothing_and_the_defect_loses_all(base: Boot) -> None:
    base().settings.set("base_name", "kept", who="web")
    pages = {f"/provisioning/snom-m9-{MAC}.xml": page(b"<settings>")}
    device = base()
    _boot(device, pages)
    assert device.settings.get("base_name") == "kept"
    device = base("hostile-xml-wipes")
    _boot(device, pages)
    assert base().settings.get("base_name") == "snom-m9"


def test_setting_server_wins_over_option_66_but_for_the_quirk(base: Boot) -> None:
    for quirks, seen in (({}, 0), ({"server_precedence": "option66"}, 1)):
        device = base(quirks=quirks)
        device.settings.set("setting_server", "http://127.0.0.1:1/x.xml", who="web")
        files, provisioning = _boot(device, {})
        assert len(files.asked) == seen
        assert len(provisioning.history) == 1


def test_tftp_reads_blocks_and_errors() -> None:
    async def work() -> None:
        loop = asyncio.get_running_loop()
        body = bytes(range(256)) * 4

        class Server(asyncio.DatagramProtocol):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                self.transport = cast(asyncio.DatagramTransport, transport)

            def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
                if data.startswith(b"\0\1missing\0"):
                    self.transport.sendto(b"\0\5\0\1no such file\0", addr)
                    return
                block = 1 if data[:2] == b"\0\1" else struct.unpack("!H", data[2:4])[0] + 1
                if block <= 3:
                    self.transport.sendto(struct.pack("!HH", 3, block) + body[512 * (block - 1) : 512 * block], addr)

        transport, _ = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
        port = transport.get_extra_info("sockname")[1]
        assert await tftp.get("127.0.0.1", port, "a.xml", 1 << 20) == body
        with pytest.raises(FetchFailed, match="no such file"):
            await tftp.get("127.0.0.1", port, "missing", 1 << 20)
        with pytest.raises(FetchFailed, match="too large"):
            await tftp.get("127.0.0.1", port, "a.xml", 600)
        transport.close()

    asyncio.run(work())


@pytest.mark.parametrize(
    ("name", "news"),
    [("m9-09.02.45.bin", False), ("m9-9.2.45-a.bin", False), ("m9-09.02.045-a.bin", False), ("m9-9.20.45.bin", True)],
)
def test_a_version_padded_with_zeros_is_the_same_version(base: Boot, name: str, news: bool) -> None:
    """A field server compares three padded numbers (facts 3.8); the base must not fetch what it runs already."""
    applying = Applying(base())
    applying.apply("http://x/", documents.FirmwareFile(f"http://h/{name}"))
    assert bool(applying.firmware_offers) is news


def test_a_name_is_true_for_what_is_left_of_its_time(base: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    device = base()
    resolver = Resolver(device)
    record = Record("pbx.example", "A", 60, "192.0.2.1")
    resolver.keep("pbx.example", "A", Answer(1, 0, False, (record,), 0))
    later = time.monotonic() + 50.5
    monkeypatch.setattr(dns, "time", SimpleNamespace(monotonic=lambda: later))
    assert [found.ttl for found in asyncio.run(resolver.query("pbx.example", "A"))] == [10]


def test_a_list_that_names_itself_has_an_end(base: Boot) -> None:
    first = f"/provisioning/snom-m9-{MAC}.xml"
    listed = b"<setting-files>" + b'<file uri="itself.xml"/>' * 20 + b"</setting-files>"
    files, _ = _boot(base(), {first: page(listed), "/provisioning/itself.xml": page(listed)})
    assert len(files.asked) == 33


def test_a_server_that_never_ends_does_not_keep_the_base_from_work(base: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    from rigs.standin.provisioning import fetch

    monkeypatch.setattr(fetch, "REFRESH_SECONDS", 0.2)

    async def slow(self: Any, address: str) -> bytes:
        await asyncio.sleep(30)
        return b""

    monkeypatch.setattr(fetch.Provisioning, "_fetch", slow)
    device = base()
    _boot(device, {})
    assert any("the base goes on without it" in entry.text for entry in device.log.entries())


def test_a_file_of_nonsense_does_not_flood_the_log(base: Boot) -> None:
    device = base()
    entries = tuple(documents.Entry(f"nonsense{number}", 0, "RW", "x") for number in range(5000))
    Applying(device).apply("http://x/", documents.SettingsFile(entries))
    texts = [entry.text for entry in device.log.entries()]
    assert len(texts) == 52
    assert any("4950 more settings were refused" in text for text in texts)


def test_a_server_that_is_silent_is_called_so_in_the_log(base: Boot, monkeypatch: pytest.MonkeyPatch) -> None:
    async def silent(self: Any, server: str, ident: int, message: bytes) -> Answer:
        raise TimeoutError

    monkeypatch.setattr(Resolver, "exchange", silent)
    device = base()
    device.network.dns = ["192.0.2.1"]
    with pytest.raises(OSError, match="no answer"):
        asyncio.run(Resolver(device).query("pbx.example", "A"))
    assert any("192.0.2.1 did not answer (time-out)" in entry.text for entry in device.log.entries())
