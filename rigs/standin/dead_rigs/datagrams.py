"""SIP over UDP without a transaction layer, for dead rigs that answer little."""

from __future__ import annotations

import asyncio
from typing import cast

from rigs.standin.sip.message import Message
from rigs.standin.sip.reader import BadMessage, read_datagram


class SipDatagrams(asyncio.DatagramProtocol):
    """Reads each datagram; what is no SIP message is ignored."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            message = read_datagram(data)
        except BadMessage:
            return
        if message is not None:
            self.received(message, addr)

    def received(self, message: Message, source: tuple[str, int]) -> None:
        """One message from this address and port."""
        raise NotImplementedError
