"""Messages that tshark has to find: inside TLS with its keys, in IP fragments, on links that we do not know.

tshark exports each message it has put together with its ends and the frame that completed it.
"""

from __future__ import annotations

import ipaddress
import struct
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np

from harness.capture import pcapng, tshark
from harness.capture.frames import Frames, Integers
from harness.core.errors import RigFault

_END, _PROTOCOL, _SRC4, _DST4, _SRC6, _DST6, _KIND, _SPORT, _DPORT, _FRAME = 0, 12, 20, 21, 22, 23, 24, 25, 26, 30
_TRANSPORTS = {2: "tcp", 3: "udp"}


class Exported(NamedTuple):
    """One message: the row of the frame that completed it, its ends, its octets."""

    row: int
    src: str
    sport: int
    dst: str
    dport: int
    transport: str
    protocol: str
    octets: bytes


def reduced(frames: Frames, rows: Integers, into: IO[bytes]) -> None:
    """Write these frames, of one link type, as a pcap of nanoseconds."""
    linktype = int(frames.linktype[rows[0]]) if len(rows) else 1
    into.write(struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, linktype))
    for row in rows.tolist():
        seconds, rest = divmod(int(frames.stamp[row]), 1_000_000_000)
        octets = frames.frame(row)
        into.write(struct.pack("<IIII", seconds, rest, len(octets), int(frames.length[row])) + octets)
    into.flush()


def by_link(frames: Frames, rows: Integers) -> Iterator[Integers]:
    """The rows of each link type: a pcap has one."""
    kinds = frames.linktype[rows]
    for kind in np.unique(kinds).tolist():
        yield rows[kinds == kind]


def exported(
    frames: Frames, rows: Integers, *, keylog: Path | None = None, ports: Iterable[int] = ()
) -> Iterator[Exported]:
    """The SIP messages that tshark finds in these frames; `ports` speak SIP too, `keylog` opens TLS."""
    options = ["-o", "tcp.reassemble_out_of_order:TRUE"]
    options += tshark.opening(keylog) if keylog else []
    for port in ports:
        options += ["-d", f"udp.port=={port},sip", "-d", f"tcp.port=={port},{'tls' if keylog else 'sip'}"]
    for of_link in by_link(frames, rows):
        with ExitStack() as stack:
            source = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".pcap"))
            target = stack.enter_context(tempfile.NamedTemporaryFile(suffix=".pcapng"))
            reduced(frames, of_link, source)
            _run(["tshark", "-r", source.name, "-n", *options, "-U", "OSI layer 7", "-w", target.name])
            data = Path(target.name).read_bytes()
        for place in pcapng.Blocks(data):
            found = _read(data[place.start : place.start + place.kept], of_link.tolist())
            if found is not None and found.protocol == "sip":
                yield found


def _run(command: Sequence[str]) -> None:
    process = tshark.start(command, errors=subprocess.PIPE)
    _, said = process.communicate()
    if process.returncode not in (0, 2):  # 2: the capture was cut off inside a packet
        lines = [line for line in said.decode("utf-8", "replace").splitlines() if "root" not in line]
        raise RigFault(
            "capture", f"tshark: {lines[-1] if lines else process.returncode}", remedy="run tshark by hand on the file"
        )


def _read(packet: bytes, rows: Sequence[int]) -> Exported | None:
    """One exported message: tags of type, length and value, then its octets."""
    tags: dict[int, bytes] = {}
    position = 0
    while position + 4 <= len(packet):
        kind, length = struct.unpack_from("!HH", packet, position)
        if kind == _END:
            break
        tags[kind] = packet[position + 4 : position + 4 + length]
        position += 4 + length
    if _FRAME not in tags:
        return None
    src, dst = (tags.get(four) or tags.get(six) or bytes(4) for four, six in ((_SRC4, _SRC6), (_DST4, _DST6)))
    numbers = [int.from_bytes(tags.get(kind, b""), "big") for kind in (_KIND, _SPORT, _DPORT, _FRAME)]
    return Exported(
        rows[numbers[3] - 1],
        str(ipaddress.ip_address(src)),
        numbers[1],
        str(ipaddress.ip_address(dst)),
        numbers[2],
        _TRANSPORTS.get(numbers[0], ""),
        tags.get(_PROTOCOL, b"").rstrip(b"\0").decode("ascii", "replace"),
        packet[position + 4 :],
    )
