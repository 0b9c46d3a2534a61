"""The time server against packets by hand, on loopback."""

from __future__ import annotations

import socket
import struct

import pytest

from harness.core import clock
from harness.services.sntp import EPOCH_1900, SntpServer, reply


def ask(server: SntpServer, packet: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(2)
        client.sendto(packet, ("127.0.0.1", server.port))
        return client.recv(512)


def test_the_time_told_follows_the_offset_and_echoes_the_originate_stamp() -> None:
    packet = bytes([0x23]) + bytes(39) + struct.pack("!Q", 0x1122334455667788)
    with SntpServer("127.0.0.1", 0) as server:
        for offset in (0.0, 86400.0 * 365):
            server.offset = offset
            answer = ask(server, packet)
            transmit = struct.unpack_from("!Q", answer, 40)[0] / 2**32 - EPOCH_1900
            assert transmit == pytest.approx(clock.now() + offset, abs=2)
            assert (answer[0], answer[1], answer[24:32]) == (0x24, 2, packet[40:48])
        assert len(server.queries) == 2


def test_a_packet_that_is_no_client_request_is_not_answered() -> None:
    assert reply(b"short", 0, 0) is None
    assert reply(bytes([0x24]) + bytes(47), 0, 0) is None


def test_the_stamp_wraps_after_2036() -> None:
    answer = reply(bytes([0x23]) + bytes(47), 2_085_978_497.0, 2_085_978_497.0)
    assert answer is not None
    assert struct.unpack_from("!I", answer, 40)[0] == 1
