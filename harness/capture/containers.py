"""Reads the files that captures come in: classic pcap, pcapng with any number of interfaces, either of them gzipped."""

from __future__ import annotations

import gzip
import zlib

from harness.capture import pcapng
from harness.capture.pcap import Record, Splitter
from harness.core.errors import UsageError

GZIP = b"\x1f\x8b"


def unpacked(data: bytes) -> bytes:
    """The bytes of a capture file without gzip; one that was cut off gives what is there."""
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error):
        return zlib.decompressobj(wbits=31).decompress(data)


def records(data: bytes) -> list[Record]:
    """All frames of a capture file; a last one that was cut off is left out. Raises UsageError for any other file."""
    data = unpacked(data)
    if data.startswith(pcapng.MAGIC):
        return [
            Record(stamp, data[start : start + kept], b"", length, linktype)
            for stamp, start, kept, length, linktype in pcapng.Blocks(data)
        ]
    splitter = Splitter()
    found = list(splitter.feed(data))
    if splitter.header is None:
        raise UsageError("not a capture file", remedy="convert it: editcap -F pcap IN OUT")
    return found
