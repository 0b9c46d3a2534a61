"""HTTP bodies that are packed (Content-Encoding): a secret inside is masked, and the body is packed again as long."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Iterator

Mask = Callable[[bytes], bytes]
_ENCODED = re.compile(rb"(?im)^Content-Encoding:[ \t]{0,8}([\w-]{1,20})")
_LENGTH = re.compile(rb"(?im)^Content-Length:[ \t]{0,8}([0-9]{1,12})")
_CHUNKED = re.compile(rb"(?im)^Transfer-Encoding:[^\r\n]{0,40}chunked")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})[^\r\n]{0,100}\r\n")
_END = b"\r\n\r\n"
_LARGEST = 1 << 24
"""Octets that are unpacked of one body: a longer one holds no settings."""
_GZIP, _ANY, _COMMENT = b"\x1f\x8b\x08", 32 + zlib.MAX_WBITS, 0x10
_HEAD, _TAIL = 10, 8


def hidden(data: bytes, mask: Mask) -> bytes:
    """The same octets, as long, with what `mask` finds in packed bodies masked."""
    found = bytearray(data)
    position = 0
    while encoded := _ENCODED.search(data, position):
        head, body = data.rfind(_END, 0, encoded.start()) + 1, data.find(_END, encoded.end())
        if body < 0:
            break
        position = body + len(_END)
        places = list(_places(data, data[head:body], position))
        packed = b"".join(data[begin:end] for begin, end in places)
        changed = _masked(packed, encoded.group(1).lower(), mask)
        for begin, end in places if changed != packed else ():
            found[begin:end], changed = changed[: end - begin], changed[end - begin :]
        position = max([position, *(end for _, end in places)])
    return bytes(found)


def _places(data: bytes, head: bytes, begin: int) -> Iterator[tuple[int, int]]:
    """Where the pieces of a body stand: one, or a piece for each chunk."""
    if _CHUNKED.search(head) is None:
        length = _LENGTH.search(head)
        yield begin, min(len(data), begin + int(length.group(1)) if length else len(data))
        return
    while chunk := _CHUNK.match(data, begin):
        size = int(chunk.group(1), 16)
        yield chunk.end(), min(len(data), chunk.end() + size)
        begin = chunk.end() + size + 2
        if not size or begin > len(data):
            return


def _masked(packed: bytes, encoding: bytes, mask: Mask) -> bytes:
    """A body as it is, or masked and packed again; what cannot be unpacked or packed so is made unreadable."""
    if encoding == b"identity" or not packed:
        return packed
    if encoding not in (b"gzip", b"x-gzip", b"deflate"):
        return b"*" * len(packed)
    unpacker = zlib.decompressobj(_ANY)
    try:
        plain = unpacker.decompress(packed, _LARGEST)
    except zlib.error:
        return b"*" * len(packed)
    masked = mask(plain)
    if masked == plain:
        return packed
    whole = unpacker.eof and packed.startswith(_GZIP) and not unpacker.unused_data
    return _packed(masked, len(packed)) if whole else b"*" * len(packed)


def _packed(plain: bytes, length: int) -> bytes:
    """A gzip file of exactly this length: a comment fills it up; if it would be longer, of less text."""
    while True:
        deflate = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, 9)
        body = deflate.compress(plain) + deflate.flush()
        room = length - _HEAD - _TAIL - len(body)
        if room >= 0 or not plain:
            break
        plain = plain[: len(plain) // 2]
    if room < 0:
        return b"*" * length
    comment = b"-" * (room - 1) + b"\0" if room else b""
    head = struct.pack("<3sBIBB", _GZIP, _COMMENT if room else 0, 0, 2, 255)
    return head + comment + body + struct.pack("<II", zlib.crc32(plain), len(plain) & 0xFFFFFFFF)
