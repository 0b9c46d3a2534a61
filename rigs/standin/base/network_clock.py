"""The base's clock: it has no battery, so it knows the time only from the network (SNTP, RFC 4330).

Servers: the setting ntp_server, then those that DHCP named. Poll intervals are inferred: two seconds until the first
answer, then every fifteen.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import struct
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Strategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

NTP_PORT = 123
EPOCH = 2_208_988_800  # 1970 in seconds of NTP's era 0
FIRST_S, POLL_S, ANSWER_S = 2.0, 15.0, 1.0


class TimeStrategy(Strategy):
    """The time that handsets are told."""

    def local(self, network_time: float, gmt_offset: int) -> float:
        """Network time in seconds since the epoch, moved by the setting gmt_offset."""
        return network_time + gmt_offset


class NetworkClock:
    """Asks for the time and keeps it running; `on_set` is called when it first knows it and when it was moved."""

    def __init__(self, device: Device, on_set: Callable[[], None]) -> None:
        self._device = device
        self._on_set = on_set
        self._offset: float | None = None

    @property
    def local(self) -> float | None:
        """Local time in seconds since the epoch, None while no server has answered."""
        if self._offset is None:
            return None
        strategy = self._device.strategies.get(TimeStrategy)
        return strategy.local(time.monotonic() + self._offset, self._device.settings.int("gmt_offset"))

    async def run(self) -> None:
        """Asks for ever."""
        changed = asyncio.Event()
        self._device.on_network_change(changed.set)
        while True:
            changed.clear()
            offset = await self._ask() if self._device.network.address4 else None
            if offset is not None:
                moved = self._offset is None or abs(offset - self._offset) > 1
                self._offset = offset
                if moved:
                    self._device.log.write("general", 5, "Time set by NTP")
                    self._on_set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(FIRST_S if self._offset is None else POLL_S):
                    await changed.wait()

    async def _ask(self) -> float | None:
        """Offset of network time to the monotonic clock from the first server that answers."""
        for server in filter(None, [self._device.settings.get("ntp_server"), *self._device.network.ntp]):
            try:
                for address in (await self._device.dns.addresses(server))[:2]:
                    answered = await _query(address)
                    if answered is not None:
                        return answered
            except OSError as error:
                self._device.log.write("general", 7, f"NTP server {server}: {error}")
        return None


async def _query(address: str) -> float | None:
    """One SNTP exchange: offset to the monotonic clock, half the way there and back taken off; None without answer."""
    loop = asyncio.get_running_loop()
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_DGRAM)) as ask:
        ask.setblocking(False)
        ask.connect((address, NTP_PORT))
        cookie = secrets.token_bytes(8)
        sent = time.monotonic()
        await loop.sock_sendall(ask, b"\x23" + bytes(39) + cookie)  # version 4, client; the cookie as transmit time
        try:
            async with asyncio.timeout(ANSWER_S):
                data = await loop.sock_recv(ask, 512)
        except TimeoutError:
            return None
        now = time.monotonic()
    if len(data) < 48 or data[0] & 7 != 4 or data[1] == 0 or data[24:32] != cookie:
        return None  # no server's answer to this question, or a kiss of death
    seconds, fraction = struct.unpack("!II", data[40:48])
    return float(seconds - EPOCH + fraction / 2**32 - (sent + now) / 2)
