"""Where a request goes (RFC 3263): NAPTR, SRV, A and AAAA, unless a port or an address skips them."""

from __future__ import annotations

import math
import random
from typing import Any, Protocol

from rigs.standin.sip.ports import is_address
from rigs.standin.sip.transport import TCP, TLS, UDP, Target
from rigs.standin.sip.values import Uri

_SERVICES = {"SIP+D2U": UDP, "SIP+D2T": TCP, "SIPS+D2T": TLS}
_RECORDS = {UDP: "_sip._udp", TCP: "_sip._tcp", TLS: "_sips._tcp"}
_PORTS = {TLS: 5061}
_PORT = 5060


class Names(Protocol):
    """The base's resolver: records with a `value`; OSError if there is no answer."""

    async def query(self, name: str, kind: str) -> list[Any]: ...


class Lifetime:
    """Names that notes how long what they answer is true, in seconds; for ever where none was asked."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self.seconds = math.inf

    async def query(self, name: str, kind: str) -> list[Any]:
        """As the names answer."""
        found = await self._names.query(name, kind)
        self.seconds = min([self.seconds, *(record.ttl for record in found)])
        return found


class NotLocated(OSError):
    """No address was found for a server."""


async def locate(uri: Uri, wanted: str, names: Names, *, prefer6: bool = False) -> list[Target]:
    """The targets to try, in order; `wanted` is UDP, TCP, TLS or nothing. Raises NotLocated."""
    if not uri.host:
        raise NotLocated(f"{uri} names no host")
    host = uri.params.get("maddr") or uri.host
    if is_address(host):
        return [Target(wanted or UDP, host, uri.port or _PORTS.get(wanted, _PORT))]
    try:
        if uri.port is not None:
            found = await _addresses(host, uri.port, wanted or UDP, names, prefer6)
        else:
            found = await by_service(host, wanted, names, prefer6)
            found = found or await _addresses(host, _PORTS.get(wanted, _PORT), wanted or UDP, names, prefer6)
    except NotLocated:
        raise
    except OSError as failed:
        raise NotLocated(str(failed)) from None
    if not found:
        raise NotLocated(f"{host} has no address")
    return found


async def by_service(host: str, wanted: str, names: Names, prefer6: bool) -> list[Target]:
    """The targets that the host's NAPTR and SRV records name; none where it has no such records."""
    for transport, name in await _services(host, wanted, names):
        records = [record.value for record in await names.query(name, "SRV")]
        targets: list[Target] = []
        for service in _ordered(records):
            if service.target not in ("", "."):
                targets += await _addresses(service.target.rstrip("."), service.port, transport, names, prefer6)
        if targets:
            return targets
    return []


async def _services(host: str, wanted: str, names: Names) -> list[tuple[str, str]]:
    """Transport and SRV name, the server's preference first."""
    if wanted:
        return [(wanted, f"{_RECORDS[wanted]}.{host}")]
    plain = [(kind, f"{_RECORDS[kind]}.{host}") for kind in (UDP, TCP)]
    pointers = [record.value for record in await names.query(host, "NAPTR")]
    known = [p for p in pointers if p.service.upper() in _SERVICES and p.flags.lower() == "s" and p.replacement]
    known.sort(key=lambda pointer: (pointer.order, pointer.preference))
    named = [(_SERVICES[p.service.upper()], p.replacement.rstrip(".")) for p in known]
    return named or plain


def _ordered(records: list[Any]) -> list[Any]:
    """By priority, within one by weighted chance (RFC 2782)."""
    ordered: list[Any] = []
    for priority in sorted({record.priority for record in records}):
        group = [record for record in records if record.priority == priority]
        while group:
            chosen = random.choices(group, [record.weight + 0.001 for record in group])[0]
            group.remove(chosen)
            ordered.append(chosen)
    return ordered


async def _addresses(host: str, port: int, transport: str, names: Names, prefer6: bool) -> list[Target]:
    if is_address(host):
        return [Target(transport, host, port)]
    found: list[Target] = []
    trouble: OSError | None = None
    for kind in ("AAAA", "A") if prefer6 else ("A", "AAAA"):
        try:
            found += [Target(transport, str(record.value), port) for record in await names.query(host, kind)]
        except OSError as failed:
            trouble = failed
    if not found and trouble is not None:
        raise NotLocated(str(trouble))
    return found
