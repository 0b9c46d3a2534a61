"""Files over TFTP, put together from their blocks, so that a secret over two blocks is one (RFC 1350)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.capture.layers import Carried

_DATA, _HEAD = b"\x00\x03", 4
_WHOLE, _HALF = 1 << 16, 1 << 15


class Octets(Protocol):
    """Octets that can be replaced: of a datagram, or of a part of it."""

    @property
    def ports(self) -> tuple[int, int]:
        """Of source and destination."""

    @property
    def payload(self) -> bytes:
        """Its octets."""

    def put(self, payload: bytes) -> None:
        """Replace them by as many others."""


class Datagram(Octets, Protocol):
    """A datagram with its place in the frame."""

    where: Carried | None


class Block:
    """A block of a file inside a datagram; `position` is where it begins in the file."""

    def __init__(self, datagram: Datagram, position: int) -> None:
        self._datagram = datagram
        self.position = position

    @property
    def ports(self) -> tuple[int, int]:
        """Of source and destination."""
        return self._datagram.ports

    @property
    def payload(self) -> bytes:
        """Its part of the file."""
        return self._datagram.payload[_HEAD:]

    def put(self, payload: bytes) -> None:
        """Replace it by as many other octets."""
        self._datagram.put(self._datagram.payload[:_HEAD] + payload)


def transfers(datagrams: Sequence[Datagram]) -> Iterator[list[Block]]:
    """The blocks of each transfer that has several, in order of their coming."""
    flows: dict[bytes, list[Datagram]] = {}
    for one in datagrams:
        payload = one.payload
        if one.where is not None and payload.startswith(_DATA) and len(payload) > _HEAD:
            flows.setdefault(one.where.flow, []).append(one)
    for blocks in flows.values():
        if len(blocks) > 1:
            yield _placed(blocks)


def _placed(datagrams: Sequence[Datagram]) -> list[Block]:
    """Each block at its number times the length of a block, which all but the last have; numbers go round."""
    size = max(len(one.payload) for one in datagrams) - _HEAD
    found: list[Block] = []
    latest = 1
    for one in datagrams:
        number = int.from_bytes(one.payload[2:_HEAD], "big")
        latest += (number - latest + _HALF) % _WHOLE - _HALF
        found.append(Block(one, (latest - 1) * size))
    return found
