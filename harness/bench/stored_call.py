"""Writes the capture of a whole call without placing one: signalling, RTP both ways with tones, a key press, RTCP."""

from __future__ import annotations

import functools
import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.capture.pcap import PcapHeader, pack_record
from harness.capture.scrub import checksum

_PEER = "sip:301@198.18.9.20:5060"
_KEY_AFTER, _KEY_PACKETS = 25, 8
"""The packet of speech after which a key is pressed, and the number of its event packets, one after each of speech."""
BEGINS = 1_700_000_000.0
_BASE_MAC, _HOST_MAC = bytes.fromhex("000413300121"), bytes.fromhex("020000000001")


@dataclass(frozen=True)
class CallParties:
    """The parties; ports are those of the media."""

    base: str = "198.18.9.50"
    pbx: str = "198.18.9.11"
    peer: str = "198.18.9.20"
    base_port: int = 50000
    peer_port: int = 4000
    call_id: str = "stored-call@snom"


def write(path: Path, seconds: float, parties: CallParties | None = None, *, begins: float = BEGINS) -> int:
    """A call of so many seconds of talk; the base sends 440 Hz, the peer 1000 Hz, at -10 dBm0. Returns the frames."""
    header = PcapHeader.ethernet()
    packets = sorted(frames(seconds, parties or CallParties(), begins), key=lambda pair: pair[0])
    path.write_bytes(header.raw + b"".join(pack_record(header, at, frame) for at, frame in packets))
    return len(packets)


def frames(seconds: float, who: CallParties, begins: float) -> Iterator[tuple[float, bytes]]:
    """Time and frame of every packet, not in order."""
    offer = _description(who.base, who.base_port, "sendrecv")
    answer = _description(who.peer, who.peer_port, "sendrecv")
    out, back = (who.base, 5060, who.pbx, 5060), (who.pbx, 5060, who.base, 5060)
    talk, over = begins + 1.0, begins + 1.0 + seconds
    say = functools.partial(_message, who.call_id)
    yield begins, udp(*out, say("INVITE sip:301@198.18.9.11 SIP/2.0", "1 INVITE", "", offer))
    yield begins + 0.01, udp(*back, say("SIP/2.0 100 Trying", "1 INVITE", ""))
    yield begins + 0.1, udp(*back, say("SIP/2.0 180 Ringing", "1 INVITE", ";tag=peer"))
    yield talk - 0.02, udp(*back, say("SIP/2.0 200 OK", "1 INVITE", ";tag=peer", answer))
    yield talk - 0.01, udp(*out, say(f"ACK {_PEER} SIP/2.0", "1 ACK", ";tag=peer"))
    here, there = (who.base, who.base_port), (who.peer, who.peer_port)
    for number in range(int(seconds * 50)):
        at = talk + number * 0.02
        pressed = min(max(number - _KEY_AFTER, 0), _KEY_PACKETS)
        yield at, udp(*here, *there, _rtp(number, 0x11111111, 440.0, pressed))
        yield at + 0.0004, udp(*there, *here, _rtp(number, 0x22222222, 1000.0))
    for number in range(_KEY_PACKETS):
        yield talk + (_KEY_AFTER + number) * 0.02 + 0.001, udp(*here, *there, _event(number))
    for number in range(int(seconds // 5)):
        at = talk + 5.0 * (number + 1) - 0.005
        report = struct.pack("!BBHIIIIII", 0x80, 200, 6, 0x11111111, 0, 0, 0, 250 * (number + 1), 40_000)
        yield at, udp(who.base, who.base_port + 1, who.peer, who.peer_port + 1, report)
    yield over, udp(*out, say(f"BYE {_PEER} SIP/2.0", "2 BYE", ";tag=peer"))
    yield over + 0.01, udp(*back, say("SIP/2.0 200 OK", "2 BYE", ";tag=peer"))


def register(who: CallParties, number: int, begins: float) -> Iterator[tuple[float, bytes]]:
    """A registration that is challenged first; `number` counts them."""
    out, back = (who.base, 5060, who.pbx, 5060), (who.pbx, 5060, who.base, 5060)
    line = "REGISTER sip:198.18.9.11 SIP/2.0"
    signed = 'Authorization: Digest username="40", realm="m9", nonce="n", uri="sip:198.18.9.11", response="00"'
    for turn, (status, extra) in enumerate((("401 Unauthorized", ()), ("200 OK", (signed,)))):
        cseq, at = f"{2 * number + turn + 1} REGISTER", begins + turn * 0.02
        yield at, udp(*out, _message("register@snom", line, cseq, "", extra=extra))
        yield at + 0.005, udp(*back, _message("register@snom", f"SIP/2.0 {status}", cseq, ";tag=registrar"))


def tcp(
    source: str, sport: int, target: str, dport: int, number: int, answered: int, flags: int, payload: bytes = b""
) -> bytes:
    """An Ethernet frame with an IPv4 TCP segment."""
    ends = bytes(map(int, source.split("."))) + bytes(map(int, target.split(".")))
    carried = struct.pack("!HHIIBBHHH", sport, dport, number, answered, 0x50, flags, 65535, 0, 0) + payload
    total = checksum(ends + struct.pack("!BBH", 0, 6, len(carried)) + carried)
    carried = carried[:16] + struct.pack("!H", total) + carried[18:]
    return _ethernet(source, _internet(ends, 6, carried))


def udp(source: str, sport: int, target: str, dport: int, payload: bytes) -> bytes:
    """An Ethernet frame with an IPv4 UDP packet, checksums right."""
    ends = bytes(map(int, source.split("."))) + bytes(map(int, target.split(".")))
    length = 8 + len(payload)
    carried = struct.pack("!HHHH", sport, dport, length, 0) + payload
    total = checksum(ends + struct.pack("!BBH", 0, 17, length) + carried) or 0xFFFF
    carried = carried[:6] + struct.pack("!H", total) + payload
    return _ethernet(source, _internet(ends, 17, carried))


def _internet(ends: bytes, protocol: int, carried: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0xA0, 20 + len(carried), 1, 0, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + carried


def _ethernet(source: str, packet: bytes) -> bytes:
    macs = _HOST_MAC + _BASE_MAC if source.endswith(".50") else _BASE_MAC + _HOST_MAC
    return macs + b"\x08\x00" + packet


def alaw(samples: list[float]) -> bytes:
    """A-law of samples between -1 and 1 (ITU-T G.711)."""
    return bytes(_alaw(max(-32767, min(32767, round(sample * 32768)))) for sample in samples)


def _alaw(sample: int) -> int:
    sign = 0x80 if sample >= 0 else 0
    size = min(abs(sample) >> 3, 4095)
    if size < 32:
        return (sign | size >> 1) ^ 0x55
    segment = size.bit_length() - 5
    return (sign | segment << 4 | (size >> segment) & 0x0F) ^ 0x55


def _message(call_id: str, first: str, cseq: str, to_tag: str, body: str = "", *, extra: tuple[str, ...] = ()) -> bytes:
    answer = first.startswith("SIP/2.0")
    contact = f"<{_PEER}>" if answer else "<sip:40@198.18.9.50:5060;line=qx3k1d>;reg-id=1"
    lines = [
        first,
        "Via: SIP/2.0/UDP 198.18.9.50:5060;branch=z9hG4bK-" + f"{call_id}-{cseq}".replace(" ", "") + ";rport",
        'From: "40" <sip:40@198.18.9.11>;tag=base',
        f"To: <sip:301@198.18.9.11>{to_tag}",
        f"Call-ID: {call_id}",
        f"CSeq: {cseq}",
        *([] if answer else ["Max-Forwards: 70"]),
        f"Contact: {contact}",
        "User-Agent: snom-m9/9.2.45-a",
        *extra,
        *(["Content-Type: application/sdp"] if body else []),
        f"Content-Length: {len(body)}",
    ]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


def _description(address: str, port: int, direction: str) -> str:
    lines = ["v=0", f"o=root 4711 1 IN IP4 {address}", "s=call", f"c=IN IP4 {address}", "t=0 0",
             f"m=audio {port} RTP/AVP 8 0 101", "a=rtpmap:8 PCMA/8000", "a=rtpmap:0 PCMU/8000",
             "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=ptime:20", f"a={direction}"]  # fmt: skip
    return "\r\n".join(lines) + "\r\n"


def _rtp(number: int, ssrc: int, tone: float, pressed: int = 0) -> bytes:
    """A packet of speech; `pressed` is the number of event packets before it."""
    marker = 0x80 if number == 0 else 0
    head = struct.pack("!BBHII", 0x80, 8 | marker, (100 + number + pressed) & 0xFFFF, number * 160, ssrc)
    return head + alaw_of(number % 50, tone)


@functools.cache
def alaw_of(number: int, tone: float) -> bytes:
    """20 ms of a tone at -10 dBm0; whole numbers of Hz repeat each second."""
    level, first = 10 ** ((-10 - 3.14) / 20), number * 160
    return alaw([level * math.sin(2 * math.pi * tone * (first + index) / 8000) for index in range(160)])


def _event(number: int) -> bytes:
    """Packets of the digit 5: five of growing duration and three with the end bit, numbered among those of speech."""
    end = number >= 5
    duration = 160 * (min(number, 5) + 1)
    kind, sequence = 101 | (0x80 if number == 0 else 0), 100 + _KEY_AFTER + 1 + 2 * number
    head = struct.pack("!BBHII", 0x80, kind, sequence, _KEY_AFTER * 160, 0x11111111)
    return head + struct.pack("!BBH", 5, (0x80 if end else 0) | 10, duration)
