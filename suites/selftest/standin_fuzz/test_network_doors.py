"""What comes by the network: DHCP, DNS, files and their servers, and what is stored at boot."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from pyroute2.dhcp.dhcp4msg import dhcp4msg
from pyroute2.dhcp.enums.dhcp import MessageType
from pyroute2.dhcp.messages import ReceivedDHCPMessage

from rigs.standin.air.radio import Radio
from rigs.standin.base import dhcp, dhcpclient, dnsmessage
from rigs.standin.base.device import Device
from rigs.standin.base.dns import Resolver
from rigs.standin.base.settings import Settings, definitions
from rigs.standin.base.trust import CERTIFICATES
from rigs.standin.core.quirks import Quirks
from rigs.standin.core.strategies import Strategies
from rigs.standin.directory.contacts import PHONE_BOOK
from rigs.standin.provisioning import documents, http
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.fetch import Provisioning
from rigs.standin.sip.locate import NotLocated, locate
from rigs.standin.sip.values import Uri, ValueSyntaxError
from rigs.standin.web.http import Request
from rigs.standin.web.pages import status
from rigs.standin.web.site import Site

from .fuzzing import damaged, fuzz, odd_json, odd_text

Boot = Callable[..., Device]


@pytest.fixture
def boot(tmp_path: Path) -> Boot:
    """Boots a device on the same flash each time."""

    def made(**quirks: str) -> Device:
        return Device(mac="00:04:13:30:01:21", folder=tmp_path, strategies=Strategies(), quirks=Quirks(quirks))

    return made


def sane(device: Device) -> None:
    """Every setting can be read as what it is, and what is stored can be stored again."""
    again = Settings(device.flash, device.strategies)
    assert again.not_taken == []
    for definition in definitions().values():
        for idx in definition.indexes:
            value = again.get(definition.name, idx)
            assert isinstance(again.int(definition.name, idx) if definition.type == "int" else value, int | str)
            assert "\n" not in value
            assert "\r" not in value


# --- DHCP

OFFERED = {
    "op": 2, "xid": 0x12345670, "yiaddr": "198.18.9.50", "chaddr": "00:04:13:30:01:21",
    "options": {
        "message_type": MessageType.ACK, "server_id": "198.18.9.1", "subnet_mask": "255.255.255.0",
        "router": ["198.18.9.1"], "name_server": ["198.18.9.1", "198.18.9.2"], "domain_name": "rig.example",
        "lease_time": 120, "renewal_time": 60, "rebinding_time": 100, "ntp_servers": ["198.18.9.1"],
        "tftp_server_name": "http://198.18.9.1/x?y={mac}", "bootfile_name": "m9.xml",
    },
}  # fmt: skip
PACKET = bytes(12) + b"\x08\x00" + b"\x45" + bytes(19) + b"\x00\x43\x00\x44" + bytes(4)


def _dhcp(kind: MessageType) -> bytes:
    content = {**OFFERED, "options": {**OFFERED["options"], "message_type": kind}}
    return PACKET + bytes(dhcp4msg(content).encode().buf)


def test_no_dhcp_message_ends_the_client(boot: Boot) -> None:
    device = boot()
    network = dhcp.Network(device)

    def check(data: bytes) -> None:
        try:
            message = dhcpclient.DhcpSocket._decode_msg(data)
        except ValueError:
            return
        assert isinstance(message, ReceivedDHCPMessage)
        if dhcpclient.unusable(message.dhcp) or message.dhcp["options"]["message_type"] != MessageType.ACK:
            return
        lease = dhcpclient.VolatileLease(ack=message.dhcp, interface="eth1", server_mac="00:00:00:00:00:00")
        assert lease.renewal_in is None or lease.renewal_in < 2**32
        network.take_options(lease)
        assert 1 <= dhcp._prefix(device.network.netmask) <= 32
        Provisioning(device)._address()
        status.network(device)

    device.dns = Resolver(device)
    fuzz(damaged([_dhcp(kind) for kind in (MessageType.OFFER, MessageType.ACK, MessageType.NAK)]), check, 200)


# --- DNS

ANSWER = """id {id}
opcode QUERY
rcode NOERROR
flags QR RD RA
;QUESTION
pbx.example. IN NAPTR
;ANSWER
pbx.example. 5 IN NAPTR 10 20 "s" "SIP+D2U" "" _sip._udp.pbx.example.
_sip._udp.pbx.example. 5 IN SRV 1 2 5060 a.pbx.example.
_sip._udp.pbx.example. 5 IN SRV 1 0 0 b.pbx.example.
a.pbx.example. 5 IN A 127.0.0.1
b.pbx.example. 0 IN AAAA ::1
pbx.example. 5 IN CNAME a.pbx.example.
"""


def _answers() -> list[bytes]:
    import dns.message

    whole = dns.message.from_text(ANSWER.format(id=7)).to_wire()
    lines = ANSWER.format(id=7).split("\n")
    parts = ["\n".join([*lines[:7], line]) + "\n" for line in lines[7:] if line]
    return [whole, *(dns.message.from_text(text).to_wire() for text in parts)]


def test_no_dns_answer_and_no_name_ends_the_resolver(boot: Boot) -> None:
    device = boot()
    device.network.dns = ["127.0.0.1"]

    def check(case: tuple[list[bytes], str]) -> None:
        said, name = case
        resolver = Resolver(device)
        waiting = iter(said * 4)

        async def exchange(server: str, ident: int, message: bytes) -> dnsmessage.Answer:
            try:
                return dnsmessage.parse(next(waiting, b""))
            except dnsmessage.MalformedMessage as malformed:
                raise TimeoutError(str(malformed)) from None

        resolver.exchange = exchange  # type: ignore[method-assign]

        async def work() -> None:
            for host in ("pbx.example", name):
                with contextlib.suppress(NotLocated, ValueSyntaxError):
                    await locate(Uri.parse(f"sip:{host}"), "", resolver)
                with contextlib.suppress(OSError):
                    await resolver.addresses(host)
            resolver.rows()

        asyncio.run(work())

    fuzz(st.tuples(st.lists(damaged(_answers()), min_size=1, max_size=4), odd_text()), check, 60)


# --- files

FILES = [
    b'<settings><phone-settings><base_name perm="R">lobby</base_name><user_name idx="1">40</user_name>'
    b'<gmt_offset>3600</gmt_offset><gateway perm="">192.0.2.1</gateway></phone-settings></settings>',
    b'<setting-files><file uri="a.xml"/><file url="http://x/{mac}.xml"/></setting-files>',
    b"<firmware-settings><firmware>http://x/m9-9.2.45-a.bin</firmware></firmware-settings>",
    b"<certificates><ca>-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----</ca><cert>a</cert><key>b</key>"
    b"</certificates>",
    b'<tbook complete="true"><item context="identity1" index="0"><name>A</name><number>1</number></item></tbook>',
    b"<a>" * 20_000,
]


def test_no_file_ends_a_base_or_keeps_it_from_booting(boot: Boot) -> None:
    names = [name for name, row in definitions().items() if not row.own]
    entry = st.tuples(st.sampled_from(names), st.integers(0, 12), odd_text())

    def check(case: tuple[bytes, list[tuple[str, int, str]]]) -> None:
        data, rows = case
        device = boot()
        applying = Applying(device)
        values = tuple(documents.Entry(name, idx, "RW", value) for name, idx, value in rows)
        applying.apply("http://x/", documents.SettingsFile(values))
        try:
            document = documents.parse(data)
        except documents.BadDocument as bad:
            applying.malformed("http://x/", data, bad)
            return
        if not isinstance(document, documents.FileList):
            applying.apply("http://x/", document)
        sane(device)
        device = boot()
        device.trust.context()
        Provisioning(device)._address()

    fuzz(st.tuples(damaged(FILES), st.lists(entry, max_size=6)), check, 60)


RESPONSES = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1;x\r\nc\r\n0\r\n\r\n",
    b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/other?x=y\r\n\r\n",
    b'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="a", nonce="b", qop="auth", opaque="c"\r\n\r\n',
    b"HTTP/1.0 200 OK\r\n\r\nabc",
]


class _Nowhere:
    """What is written goes nowhere."""

    def write(self, data: bytes) -> None:
        head = data.decode("utf-8")
        assert head.endswith("\r\n\r\n")
        assert not any(ord(char) < 0x20 and char not in "\r\n" for char in head)
        assert all(" HTTP/1.1" in line or ": " in line for line in head.split("\r\n")[:-2]), head

    def close(self) -> None:
        """Nothing to close."""


def test_no_answer_of_a_file_server_ends_the_client() -> None:
    def check(case: tuple[list[bytes], str]) -> None:
        answers, url = case
        waiting = iter(answers * 3)

        class Client(http.Client):
            async def _connect(self, host: str, port: int, secure: bool) -> tuple[asyncio.StreamReader, Any]:
                reader = asyncio.StreamReader(limit=http.HEADER_LIMIT)
                reader.feed_data(next(waiting, b""))
                reader.feed_eof()
                return reader, _Nowhere()

        async def get(address: str) -> None:
            try:
                await Client("m9", _literal, 'us"er', "pass").get(address)
            except http.FetchFailed:
                return

        for address in (url, "http://127.0.0.1/x"):
            asyncio.run(get(address))

    urls = st.one_of(
        odd_text(), damaged([b"http://127.0.0.1:80/a/b?c=d"]).map(lambda raw: raw.decode(errors="replace"))
    )
    fuzz(st.tuples(st.lists(damaged(RESPONSES), min_size=1, max_size=3), urls), check, 80)


async def _literal(host: str) -> list[str]:
    return [host]


# --- what is stored

STORED = (Settings.FILE, "bonds.json", PHONE_BOOK, CERTIFICATES)


def test_nothing_that_is_stored_keeps_a_base_from_booting(boot: Boot) -> None:
    names = [f"{name}#{idx}" for name, row in definitions().items() for idx in list(row.indexes)[:2]]
    row = st.one_of(odd_json(), st.tuples(odd_text(), st.sampled_from(["R", "RW", ""])))
    settings = st.dictionaries(st.one_of(st.sampled_from(names), odd_text()), row, max_size=6)
    contacts = st.dictionaries(st.sampled_from(["1", "2", "x"]), odd_json(), max_size=2)
    bonds = st.dictionaries(
        st.sampled_from(["005C30C840", "x"]),
        st.one_of(odd_json(), st.fixed_dictionaries({"key": odd_text(), "number": odd_json()})),
        max_size=3,
    )
    roots = st.one_of(odd_json(), st.fixed_dictionaries({"authorities": odd_json()}))

    def check(case: tuple[Any, ...]) -> None:
        device = boot()
        for name, content in zip(STORED, case, strict=True):
            text = content if isinstance(content, bytes) else json.dumps(content).encode()
            (device.flash.folder / name).write_bytes(text)
        device = boot()
        device.air, device.dns = Radio(device), Resolver(device)
        device.sip = _NoSip()  # type: ignore[assignment]
        device.settings.set("base_name", "kept", who="base")
        sane(device)
        device.trust.names()
        device.trust.context()
        device.air.handsets()
        site = Site(device)
        for number in ("1", "2"):
            site._identity(Request("GET", "/identity.htm", {"idx": number, "tab": "addressbook"}, {}, {}, ""))
        for path in ("/network.htm", "/security.htm"):
            site._settings(Request("GET", path, {}, {}, {}, ""))

    damaged_files = damaged([b'{"a#1": ["b", "RW"]}', b'{"a":' * 5000])
    fuzz(st.tuples(settings | damaged_files, bonds | damaged_files, contacts | odd_json(), roots), check, 30)


class _NoSip:
    identities: dict[int, Any] = {}  # noqa: RUF012 - never written to
