"""DNS, DHCP and ICMP as read from octets: the same as tshark reads, and nothing that arrives ends the reading."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import other_protocols, trace
from harness.capture.messages import Packet
from harness.capture.small_protocols import _READERS
from suites.selftest.capture import frames as f

WANT = frozenset({"dns", "dhcp", "icmp"})
COMPARED = ("frame", "src", "sport", "dst", "dport", "transport", "summary")
OF_KIND = {
    "DnsMessage": ("id", "response", "name", "type", "rcode", "answers", "ttl"),
    "DhcpMessage": ("type", "xid", "mac", "your_address", "client_address", "host_name", "options"),
    "IcmpMessage": ("type", "code"),
}


def name(text: str) -> bytes:
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns(kind: int, *records: bytes, asked: str = "_sip._udp.pbx.example", flags: int = 0x8180) -> bytes:
    return (
        struct.pack("!6H", 7, flags, 1, len(records), 0, 0)
        + name(asked)
        + struct.pack("!2H", kind, 1)
        + b"".join(records)
    )


def record(kind: int, data: bytes, owner: bytes = b"\xc0\x0c") -> bytes:
    return owner + struct.pack("!2HIH", kind, 1, 60, len(data)) + data


def dhcp(kind: int, *options: bytes, yours: bytes = bytes(4)) -> bytes:
    head = struct.pack("!4BIHH", 1 if kind in (1, 3) else 2, 1, 6, 0, 0x1234ABCD, 0, 0)
    head += bytes(4) + yours + bytes(8) + bytes.fromhex("000413300001") + bytes(10) + bytes(192)
    return head + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + b"".join(options) + b"\xff"


SRV = record(33, struct.pack("!3H", 10, 5, 5060) + name("a.example"))
A = record(1, bytes([192, 0, 2, 11]), name("a.example"))
AAAA = record(28, bytes.fromhex("20010db8000000000000000000000011"), name("a.example"))
SERVER_SAYS = [
    dns(33, flags=0x0100),
    dns(33, SRV, A, AAAA),
    dns(1, record(5, b"\x01b\xc0\x1b"), asked="pbx.example"),
    dns(12, record(12, name("pbx.example")), asked="11.2.0.192.in-addr.arpa"),
    dns(1, flags=0x8183, asked="nowhere.example"),
]
ICMP_BODY = struct.pack("!BBHI", 3, 3, 0, 0) + f.datagram(b"OPTIONS sip:x SIP/2.0")[:28]


def packets() -> list[bytes]:
    """Whole messages of each kind."""
    found = [f.datagram(text, f.PBX, f.BASE, ports=(53, 40001)) for text in SERVER_SAYS]
    found += [f.datagram(dhcp(1), "0.0.0.0", "255.255.255.255", ports=(68, 67))]
    ack = dhcp(5, bytes([12, 5]) + b"m9-01", bytes([51, 4, 0, 0, 1, 0]), yours=bytes([192, 0, 2, 50]))
    found += [f.datagram(ack, f.PBX, f.BASE, ports=(67, 68))]
    found += [
        f.internet(f.PBX, f.BASE, 1, ICMP_BODY),
        f.internet(f.BASE6, f.PBX6, 58, struct.pack("!BBHI", 1, 4, 0, 0)),
    ]
    return found


def described(events: list[Packet]) -> list[dict[str, object]]:
    """What is compared of each typed event; frames that only tshark names (ARP and the like) are no such."""
    typed = [event for event in events if type(event).__name__ in OF_KIND]
    return [{key: getattr(e, key) for key in (*COMPARED, *OF_KIND[type(e).__name__])} for e in typed]


@pytest.mark.parametrize("link", ["ethernet", "vlan", "cooked", "raw"])
def test_they_are_read_as_tshark_reads_them(link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    linktype, wrapped = f.LINKS[link]
    capture = f.pcap([wrapped(packet) for packet in packets()], linktype)
    ours = described(trace.read_octets(capture, want=WANT).events)
    theirs = described(trace.read_octets(capture, want=WANT | {"other"}).events)
    assert len(ours) == len(packets())
    assert ours == theirs


def test_no_tshark_is_started_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def started(*words: object) -> None:
        raise AssertionError("a dissector was started")

    monkeypatch.setattr(other_protocols, "_events", started)
    capture = f.pcap([f.ethernet(packet) for packet in packets()])
    assert len(trace.read_octets(capture, want=trace.USUAL | WANT).others) == len(packets())


@given(st.sampled_from(packets()), st.integers(0, 300), st.binary(max_size=6))
def test_nothing_that_arrives_ends_the_reading(packet: bytes, at: int, octets: bytes) -> None:
    payload = bytearray(packet[28:])
    payload[at % len(payload) : at % len(payload) + len(octets)] = octets
    common = {"frame": 1, "at": 0.0, "src": "", "sport": 0, "dst": "", "dport": 0, "transport": "udp"}
    for reader in _READERS.values():
        reader(common, bytes(payload))
