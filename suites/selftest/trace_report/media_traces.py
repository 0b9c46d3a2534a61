"""Traces with media of any codec: what other makers' calls carry, sent as it should be."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from suites.selftest.capture import frames
from suites.selftest.trace_report import traces
from suites.selftest.trace_report.traces import BASE, BEGINS, SERVER

NTP = 2_208_988_800
TALK = 15.0
STEP = 0.02
PRESSED_AT = 100
"""The packet at which a key is pressed; it is held for five packets and ended with three."""


@dataclass(frozen=True)
class Clock:
    """A codec with its clock, and the octets of a packet of 20 ms."""

    name: str
    rate: int
    octets: int
    kind: int = 97

    @property
    def step(self) -> int:
        """Ticks of a packet."""
        return int(self.rate * STEP)

    def described(self, text: str) -> str:
        """A message whose description names this codec and events of the same clock."""
        head, blank, body = text.partition("\r\n\r\n")
        if not body:
            return text
        body = body.replace("RTP/AVP 8 101", f"RTP/AVP {self.kind} 101").replace("rtpmap:8 PCMA/8000", self.rtpmap)
        body = body.replace("telephone-event/8000", f"telephone-event/{self.rate}")
        head = "\r\n".join(line for line in head.split("\r\n") if not line.startswith("Content-Length"))
        return f"{head}\r\nContent-Length: {len(body)}{blank}{body}"

    @property
    def rtpmap(self) -> str:
        """Its attribute."""
        return f"rtpmap:{self.kind} {self.name}/{self.rate}"


def write(path: Path, clock: Clock) -> Path:
    """The base calls, talks, presses 5 and hangs up; both sides send reports every five seconds."""
    sent = [(at + (TALK if "BYE" in text else 0), ours, clock.described(text)) for at, ours, text in traces.call()]
    packets = [(at, ours, (5060, 5060), text.encode()) for at, ours, text in sent]
    for ours in (True, False):
        packets += list(_media(clock, ours))
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for at, ours, ports, payload in sorted(packets, key=lambda packet: packet[0]):
        ends = (BASE, SERVER) if ours else (SERVER, BASE)
        frame = frames.ethernet(frames.datagram(payload, *ends, ports=ports))
        micro = round((BEGINS + at) * 1_000_000)
        data += struct.pack("<IIII", micro // 1_000_000, micro % 1_000_000, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def _media(clock: Clock, ours: bool):
    ssrc, octets, packets, heard = (7, 0, 0, 8) if ours else (8, 0, 0, 7)
    for number in range(int(TALK / STEP)):
        at, stamp = 0.1 + number * STEP + (0 if ours else 0.001), 1000 + number * clock.step
        key = number - PRESSED_AT
        if ours and 0 <= key < 8:
            told = (5, (0x80 if key >= 5 else 0) | 10, clock.step * (min(key, 5) + 1))
            head = struct.pack(
                "!BBHII", 0x80, 101 | (0x80 if not key else 0), number, 1000 + PRESSED_AT * clock.step, ssrc
            )
            payload = struct.pack("!BBH", *told)
        else:
            head = struct.pack("!BBHII", 0x80, clock.kind | (0 if number else 0x80), number, stamp, ssrc)
            payload = bytes(range(clock.octets % 251)) + bytes(clock.octets - clock.octets % 251)
        yield at, ours, (50000, 50000), head + payload
        packets, octets = packets + 1, octets + len(payload)
        if number % 250 == 249:
            yield at + 0.001, ours, (50001, 50001), _report(ssrc, heard, at + 0.001, stamp, number, packets, octets)


def _report(ssrc: int, heard: int, at: float, stamp: int, number: int, packets: int, octets: int) -> bytes:
    """A sender report with one block, and the sender's name."""
    seconds = BEGINS + at + NTP
    fraction = int(seconds % 1 * 2**32)
    block = struct.pack("!IIIIII", heard, 0, number, 0, 0, 0)
    report = struct.pack("!BBHIIIIII", 0x81, 200, 12, ssrc, int(seconds), fraction, stamp, packets, octets) + block
    name = b"\x01\x03a@b\x00\x00\x00"
    return report + struct.pack("!BBHI", 0x81, 202, 1 + len(name) // 4, ssrc) + name
