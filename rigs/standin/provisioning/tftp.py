"""A TFTP reader (RFC 1350, octet mode, 512-byte blocks), as boot ROMs and small phones have it."""

from __future__ import annotations

import asyncio
import socket
import struct

from rigs.standin.provisioning.http import FetchFailed

BLOCK = 512
RRQ, DATA, ACK, ERROR = 1, 3, 4, 5
TRY_SECONDS = 1.0
TRIES = 4


async def get(address: str, port: int, name: str, limit: int) -> bytes:
    """The file's bytes; FetchFailed with the server's own text, or if it falls silent.

    The server answers from a port of its own, which then is the only one listened to (RFC 1350 section 4).
    """
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as line:
        line.setblocking(False)
        message = struct.pack("!H", RRQ) + name.encode() + b"\0octet\0"
        peer: tuple[str, int] = (address, port)
        known = False
        body = bytearray()
        block = 1
        while True:
            data, sender = await _exchange(loop, line, message, peer, known, block)
            peer, known = sender, True
            body += data
            if len(body) > limit:
                raise FetchFailed(f"{name}: the file is too large")
            message = struct.pack("!HH", ACK, block & 0xFFFF)
            if len(data) < BLOCK:
                await loop.sock_sendto(line, message, peer)
                return bytes(body)
            block += 1


async def _exchange(
    loop: asyncio.AbstractEventLoop,
    line: socket.socket,
    message: bytes,
    peer: tuple[str, int],
    known: bool,
    block: int,
) -> tuple[bytes, tuple[str, int]]:
    """Sends a request or acknowledgement until the wanted block comes."""
    for _ in range(TRIES):
        try:
            await loop.sock_sendto(line, message, peer)
            async with asyncio.timeout(TRY_SECONDS):
                while True:
                    packet, sender = await loop.sock_recvfrom(line, BLOCK + 4)
                    if sender[0] != peer[0] or (known and sender[1] != peer[1]) or len(packet) < 4:
                        continue
                    kind, number = struct.unpack_from("!HH", packet)
                    if kind == ERROR:
                        text = packet[4:].rstrip(b"\0").decode("utf-8", "replace")
                        raise FetchFailed(f"TFTP error {number}: {text}", status=404 if number == 1 else 500)
                    if kind == DATA and number == block & 0xFFFF:
                        return packet[4:], (sender[0], sender[1])
        except TimeoutError:
            continue
        except OSError as error:
            raise FetchFailed(f"TFTP {peer[0]}: {error.strerror}", answered=known) from error
    raise FetchFailed(f"TFTP {peer[0]}: no answer", answered=known)
