"""The values in tshark's JSON lines (-T ek -x), as tshark 4.0 to 4.6 write them.

All numbers are read as text: a field of a hostile packet may hold more digits than Python makes a number of.
"""

from __future__ import annotations

import calendar
import json
import re
import time
from collections.abc import Iterator
from typing import Any

Layer = dict[str, Any]
_BEGINS = b'{"timestamp"'
_ISO = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(?:Z|\+00:?00)")
_EPOCH = re.compile(r"[0-9]{1,12}(\.[0-9]{1,12})?")
_DECIMAL = re.compile(r"-?[0-9]{1,20}")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]{1,16}")
_OCTETS = re.compile(r"(?:[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2})*|(?:[0-9a-fA-F]{2})*)")
_FRAME = re.compile(rb'"frame_frame_number":\s*"?([0-9]{1,12})')


def layers_of(line: bytes) -> Layer | None:
    """The layers of a packet's line; None for the index lines between packets. Raises ValueError for a broken line."""
    if not line.startswith(_BEGINS):
        return None
    packet = json.loads(line.decode("utf-8", "replace"), parse_int=str, parse_float=str, parse_constant=str)
    found = packet.get("layers")
    if not isinstance(found, dict) or not isinstance(found.get("frame"), dict):
        raise ValueError("a line of tshark without a frame")
    return found


def frame_number(line: bytes) -> int:
    """tshark's number of the packet of a line that cannot be read otherwise; 0 when it names none."""
    found = _FRAME.search(line)
    return int(found.group(1)) if found else 0


def each(layer: Any) -> Iterator[Layer]:
    """The layers under one name: a packet may have several."""
    for one in layer if isinstance(layer, list) else [layer]:
        if isinstance(one, dict):
            yield one


def texts(value: Any) -> list[str]:
    """All values of a field, in order."""
    return [] if value is None else [str(one) for one in value] if isinstance(value, list) else [str(value)]


def text(value: Any) -> str:
    """The first value of a field, empty when it has none."""
    if isinstance(value, list):
        value = value[0] if value else None
    return value if isinstance(value, str) else ""


def integer(value: Any) -> int:
    """The first value of a field as a number, decimal or hexadecimal; 0 when it is none."""
    found = text(value)
    if _HEXADECIMAL.fullmatch(found):
        return int(found, 16)
    return int(found) if _DECIMAL.fullmatch(found) else 0


def moment(value: Any) -> float:
    """Seconds since the epoch, written so (4.0) or as ISO 8601 in UTC (4.4). Raises ValueError for all else."""
    found = text(value)
    if _EPOCH.fullmatch(found):
        return float(found)
    iso = _ISO.fullmatch(found)
    if iso is None:
        raise ValueError(f"no time: {found[:40]!r}")
    return calendar.timegm(time.strptime(iso.group(1), "%Y-%m-%dT%H:%M:%S")) + float(iso.group(2) or 0)


def octets(value: Any) -> bytes:
    """The first value of a field of octets, in hexadecimal with colons or without; empty when it is none."""
    found = text(value)
    return bytes.fromhex(found.replace(":", "")) if _OCTETS.fullmatch(found) else b""


def true(value: Any) -> bool:
    """Whether a flag is set: 4.0 writes a truth value, others 1 or "True"."""
    return value is True or text(value).lower() in ("1", "true")
