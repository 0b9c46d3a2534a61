"""RTP packets (RFC 3550 section 5.1) and the pair of UDP ports a session speaks from."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from .srtp import Protection

Address = tuple[str, int]
Receiver = Callable[[bytes, Address], None]

_HEADER = struct.Struct("!BBHII")


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """A packet as it came; header extension and padding are cut away."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes

    @property
    def data(self) -> bytes:
        """The packet on the wire, without CSRCs, extension or padding."""
        return build(self.payload_type, self.marker, self.sequence, self.timestamp, self.ssrc, self.payload)


def build(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int, payload: bytes) -> bytes:
    """A packet without CSRCs, extension or padding."""
    return _HEADER.pack(0x80, payload_type | marker << 7, sequence, timestamp & 0xFFFFFFFF, ssrc) + payload


def parse(data: bytes) -> RtpPacket | None:
    """None for what is no RTP version 2 packet, or one cut short."""
    if len(data) < _HEADER.size or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    start, end = _HEADER.size + 4 * (first & 0x0F), len(data)
    if first & 0x10:
        if end < start + 4:
            return None
        start += 4 + 4 * int.from_bytes(data[start + 2 : start + 4], "big")
    if first & 0x20:
        end -= data[-1]
    if start > end:
        return None
    return RtpPacket(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, data[start:end])


class NoPortLeft(OSError):
    """Every port of the configured range is taken."""


class PortPair:
    """An even UDP port for RTP and the next one for RTCP, of both address families where the kernel has IPv6.

    One socket serves IPv4 and IPv6, so that a re-INVITE may change the family without a change of port.
    """

    def __init__(self, ports: Iterable[int], tos: int, interface: str) -> None:
        self._interface = interface
        self._loop = asyncio.get_running_loop()
        self.refused = 0
        self.protection: Protection | None = None
        """Encrypts and decrypts all packets of the pair, if it is set."""
        self._sockets: list[socket.socket] = []
        for port in ports:
            with contextlib.suppress(OSError):
                self._sockets = _bind_pair(port, tos)
                self.port = port
                return
        raise NoPortLeft("no pair of RTP ports is free in rtp_port_start..rtp_port_end")

    def listen(self, rtp: Receiver, rtcp: Receiver) -> None:
        """Hands every datagram to its receiver, with the sender's address in its plain form."""
        for one, receiver in zip(self._sockets, (rtp, rtcp), strict=True):
            self._loop.add_reader(one.fileno(), self._read, one, receiver)

    def send(self, data: bytes, to: Address, *, rtcp: bool = False) -> None:
        """A datagram that the kernel does not take is lost, as on a full wire."""
        one = self._sockets[rtcp]
        if self.protection is not None:
            data = self.protection.protect(data, rtcp=rtcp)
        try:
            one.sendto(data, self._sockaddr(one, to))
        except OSError:
            self.refused += 1

    def close(self) -> None:
        """Gives the ports back."""
        for one in self._sockets:
            self._loop.remove_reader(one.fileno())
            one.close()
        self._sockets = []

    def _read(self, one: socket.socket, receiver: Receiver) -> None:
        for _ in range(16):
            try:
                data, source = one.recvfrom(2048)
            except BlockingIOError:
                return
            except OSError:
                self.refused += 1
                continue
            if one.fileno() < 0:
                return
            if self.protection is not None:  # what cannot be read is no packet
                data = self.protection.unprotect(data, rtcp=one is self._sockets[1]) or b""
            receiver(data, (source[0].removeprefix("::ffff:").partition("%")[0], source[1]))
            if one.fileno() < 0:
                return

    def _sockaddr(self, one: socket.socket, to: Address) -> tuple[str, int] | tuple[str, int, int, int]:
        host, port = to
        if one.family == socket.AF_INET:
            return host, port
        if ":" not in host:
            return f"::ffff:{host}", port, 0, 0
        scope = socket.if_nametoindex(self._interface) if host.lower().startswith("fe80:") else 0
        return host, port, 0, scope


def _bind_pair(port: int, tos: int) -> list[socket.socket]:
    bound: list[socket.socket] = []
    try:
        for number in (port, port + 1):
            bound.append(_bind(number, tos))
    except OSError:
        for one in bound:
            one.close()
        raise
    return bound


def _bind(port: int, tos: int) -> socket.socket:
    family = socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    try:
        if family == socket.AF_INET6:
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)
        one.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
        one.setblocking(False)
        one.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    except OSError:
        one.close()
        raise
    return one
