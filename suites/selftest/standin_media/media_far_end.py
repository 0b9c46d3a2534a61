"""The other side of a session under test: a bare UDP socket that keeps what comes and sends what it is told."""

from __future__ import annotations

import asyncio
import socket
import struct
from dataclasses import dataclass

from rigs.standin.media.description import CodecSpec, MediaDescription


@dataclass(frozen=True)
class Seen:
    """An RTP packet as read from the wire, and when (loop time)."""

    at: float
    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    port: int


class FarEnd:
    """Ports of its own on loopback; `rtp` and `rtcp` hold what came."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.host = host
        self.rtp: list[Seen] = []
        self.rtcp: list[bytes] = []
        self.tos: set[int] = set()
        for _ in range(20):
            self._rtp = socket.socket(family, socket.SOCK_DGRAM)
            self._rtp.bind((host, 0))
            self._rtcp = socket.socket(family, socket.SOCK_DGRAM)
            try:
                self._rtcp.bind((host, self.port + 1))
                break
            except OSError:
                self._rtp.close()
                self._rtcp.close()
        self._came = asyncio.Event()
        loop = asyncio.get_running_loop()
        for one, take in ((self._rtp, self._take_rtp), (self._rtcp, self._take_rtcp)):
            one.setblocking(False)
            loop.add_reader(one, take)
        self._loop = loop

    @property
    def port(self) -> int:
        return int(self._rtp.getsockname()[1])

    def describes(self, *codecs: CodecSpec, ptime: int | None = None, event: int | None = 101) -> MediaDescription:
        return MediaDescription(self.host, self.port, codecs, "sendrecv", ptime, event)

    def send(self, to: int, payload_type: int, sequence: int, timestamp: int, payload: bytes, ssrc: int = 7) -> None:
        packet = struct.pack("!BBHII", 0x80, payload_type, sequence, timestamp, ssrc) + payload
        self._rtp.sendto(packet, (self.host, to))

    async def until(self, packets: int, within: float = 3.0) -> list[Seen]:
        async with asyncio.timeout(within):
            while len(self.rtp) < packets:
                self._came.clear()
                await self._came.wait()
        return self.rtp

    async def until_report(self, within: float = 4.0) -> bytes:
        async with asyncio.timeout(within):
            while not self.rtcp:
                self._came.clear()
                await self._came.wait()
        return self.rtcp[0]

    def want_tos(self) -> None:
        """Asks the kernel for the TOS byte of what comes; it lands in `tos`."""
        self._rtp.setsockopt(socket.IPPROTO_IP, socket.IP_RECVTOS, 1)

    def close(self) -> None:
        for one in (self._rtp, self._rtcp):
            self._loop.remove_reader(one)
            one.close()

    def _take_rtp(self) -> None:
        data, ancillary, _, source = self._rtp.recvmsg(2048, 64)
        self.tos.update(value[0] for _, kind, value in ancillary if kind == socket.IP_TOS)
        _, second, sequence, timestamp, ssrc = struct.unpack_from("!BBHII", data)
        self.rtp.append(
            Seen(self._loop.time(), bool(second >> 7), second & 0x7F, sequence, timestamp, ssrc, data[12:], source[1])
        )
        self._came.set()

    def _take_rtcp(self) -> None:
        self.rtcp.append(self._rtcp.recv(2048))
        self._came.set()
