"""Packets of known content: shows that the installed tshark says what we read, whatever its version."""

from __future__ import annotations

import ipaddress
import struct

from harness.capture import dissect, tshark
from harness.capture.dissect import FENCE_TYPE
from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, IcmpMessage, Packet, SipMessage
from harness.capture.pcap import PcapHeader, pack_record
from harness.core.errors import RigFault

_AT = 1_700_000_000.25
_BASE, _SERVER = "192.0.2.50", "192.0.2.11"
_TOKEN = b"m9-known-packet"
_SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.50\r\ns=-\r\nc=IN IP4 192.0.2.50\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 96\r\n"
_SDP += "a=rtpmap:96 telephone-event/8000\r\na=sendonly\r\n"
_INVITE = (
    "INVITE sip:301@192.0.2.11 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.50:5060;branch=z9hG4bKknown\r\n"
    'From: "Jürgen" <sip:40@192.0.2.11>;tag=a\r\nTo: <sip:301@192.0.2.11>\r\nCall-ID: known\r\nCSeq: 7 INVITE\r\n'
    f"Content-Type: application/sdp\r\nContent-Length: {len(_SDP)}\r\n\r\n{_SDP}"
)
_GET = "GET /snom.htm?mac=000413 HTTP/1.1\r\nHost: 192.0.2.11\r\n\r\n"
_ANSWER = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nab\nc"
_QUESTION = b"\x03pbx\x07example\x00" + struct.pack("!2H", 1, 1)
_DNS = struct.pack("!6H", 7, 0x8180, 1, 1, 0, 0) + _QUESTION
_DNS += b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, 60, 4) + bytes([192, 0, 2, 11])
_DHCP = struct.pack("!4BI", 2, 1, 6, 0, 0x1234ABCD) + bytes(8) + bytes([192, 0, 2, 50]) + bytes(8)
_DHCP += bytes.fromhex("000413300001") + bytes(202) + b"\x63\x82\x53\x63\x35\x01\x05\xff"


def require_dissection() -> str:
    """The version of tshark, when it reads the known packets; RigFault that names what it reads otherwise."""
    version = tshark.versions()["tshark"]
    output, _ = tshark.start(tshark.messages_command("-")).communicate(_capture())
    seen: list[tuple[object, ...]] = []
    try:
        for line in output.splitlines():
            fence = dissect.fence_of(line)
            seen += [("fence", fence[0])] if fence else [_told(event) for event in dissect.events(line)]
    except ValueError as error:
        seen.append((f"{error}",))
    for number, known in enumerate(_EXPECTED):
        read = seen[number] if number < len(seen) else ("nothing",)
        if read != known:
            wrong = f"known packet {number + 1} is read as {read}, not as {known}"
            raise RigFault("capture", f"tshark {version}: {wrong}", remedy="install tshark 4.0 to 4.6")
    return version


def _told(event: Packet) -> tuple[object, ...]:
    """What is compared of an event."""
    ends = (event.at, event.src, event.sport, event.dst, event.dport, event.transport)
    match event:
        case SipMessage():
            media = event.sdp_or_none.media[0] if event.sdp_or_none and event.sdp_or_none.media else None
            described = (media.port, media.payloads, media.direction) if media else ()
            return (*ends, event.method, event.cseq.number, event.from_.display, *described)
        case HttpMessage():
            return (*ends, event.method, event.uri, event.status, event.body)
        case DnsMessage():
            return (*ends, event.name, event.type, event.answers, event.ttl)
        case DhcpMessage():
            return (*ends, event.type, event.xid, event.mac, event.your_address)
        case IcmpMessage():
            return (*ends, event.type, event.code)
    return ends


def _internet(source: str, target: str, protocol: int, carried: bytes) -> bytes:
    """An Ethernet frame with an IP packet; nobody checks its sums."""
    ends = ipaddress.ip_address(source).packed + ipaddress.ip_address(target).packed
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(carried), 1, 0, 64, protocol, 0) + ends
    return bytes.fromhex("0200000000010004133000010800") + head + carried


def _udp(source: str, sport: int, target: str, dport: int, payload: bytes) -> bytes:
    return _internet(source, target, 17, struct.pack("!4H", sport, dport, 8 + len(payload), 0) + payload)


def _tcp(source: str, sport: int, target: str, dport: int, payload: bytes, number: int, seen: int) -> bytes:
    head = struct.pack("!HHIIBBHHH", sport, dport, number, seen, 0x50, 0x18, 65535, 0, 0)
    return _internet(source, target, 6, head + payload)


def _capture() -> bytes:
    header, asked = PcapHeader.ethernet(), _GET.encode()
    frames = [
        _udp(_BASE, 5060, _SERVER, 5060, _INVITE.encode()),
        _tcp(_BASE, 40000, _SERVER, 80, asked, 1, 1),
        _tcp(_SERVER, 80, _BASE, 40000, _ANSWER.encode(), 1, 1 + len(asked)),
        _udp(_SERVER, 53, _BASE, 40001, _DNS),
        _udp(_SERVER, 67, _BASE, 68, _DHCP),
        _internet(_SERVER, _BASE, 1, struct.pack("!BBHI", 3, 3, 0, 0) + _udp(_BASE, 9, _SERVER, 9, b"")[14:]),
        bytes(12) + FENCE_TYPE + _TOKEN,
    ]
    return header.raw + b"".join(pack_record(header, _AT, frame) for frame in frames)


_OUT, _IN = (_AT, _BASE), (_AT, _SERVER)
_EXPECTED: list[tuple[object, ...]] = [
    (*_OUT, 5060, _SERVER, 5060, "udp", "INVITE", 7, "Jürgen", 4000, (8, 96), "sendonly"),
    (*_OUT, 40000, _SERVER, 80, "tcp", "GET", "/snom.htm?mac=000413", 0, b""),
    (*_IN, 80, _BASE, 40000, "tcp", "", "", 200, b"ab\nc"),
    (*_IN, 53, _BASE, 40001, "udp", "pbx.example", "A", ("pbx.example: type A, class IN, addr 192.0.2.11",), 60),
    (*_IN, 67, _BASE, 68, "udp", "Ack", 0x1234ABCD, "00:04:13:30:00:01", _BASE),
    (*_IN, 0, _BASE, 0, "", 3, 3),
    ("fence", _TOKEN),
]
