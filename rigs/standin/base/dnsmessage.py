"""DNS messages as the base's resolver needs them (RFC 1035, 2782, 3403): one question out, records in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.rdata
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.SOA import SOA
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.NAPTR import NAPTR
from dns.rdtypes.IN.SRV import SRV


class MalformedMessage(ValueError):
    """A datagram that is no DNS message, or one that points outside itself."""


@dataclass(frozen=True)
class Service:
    """A SRV record."""

    priority: int
    weight: int
    port: int
    target: str

    def __str__(self) -> str:
        return f"{self.priority} {self.weight} {self.port} {self.target}"


@dataclass(frozen=True)
class Pointer:
    """A NAPTR record."""

    order: int
    preference: int
    flags: str
    service: str
    regexp: str
    replacement: str

    def __str__(self) -> str:
        return f"{self.order} {self.preference} {self.flags} {self.service} {self.regexp or self.replacement}"


@dataclass(frozen=True)
class Record:
    """One resource record; `ttl` in seconds, `value` after its type."""

    name: str
    type: str
    ttl: int
    value: str | Service | Pointer


@dataclass(frozen=True)
class Answer:
    """What a server said: response code, truncation, answers, and the SOA that bounds a negative answer."""

    ident: int
    code: int
    truncated: bool
    records: tuple[Record, ...]
    negative_ttl: int


def question(ident: int, name: str, kind: str) -> bytes:
    """A recursive query; ValueError for a name DNS cannot carry."""
    try:
        return dns.message.make_query(name, kind, id=ident).to_wire()
    except dns.exception.DNSException as error:
        raise ValueError(f"{name!r} is no host name") from error


def parse(data: bytes) -> Answer:
    """Reads a response; MalformedMessage for anything else."""
    try:
        message = dns.message.from_wire(data)
    except (dns.exception.DNSException, ValueError) as error:
        raise MalformedMessage(str(error)) from error
    if not message.flags & dns.flags.QR:
        raise MalformedMessage("not a response")
    negative = [min(found.ttl, item.minimum) for found in message.authority for item in found if isinstance(item, SOA)]
    records = tuple(record for found in message.answer for record in _records(found))
    return Answer(message.id, message.rcode(), bool(message.flags & dns.flags.TC), records, min(negative, default=0))


def _records(found: dns.rrset.RRset) -> Iterator[Record]:
    """The records of one name and type; none of a type that the base does not ask for."""
    kind = dns.rdatatype.to_text(found.rdtype)
    for item in found:
        value = _value(item)
        if value is not None:
            yield Record(_text(found.name), kind, found.ttl, value)


def _value(item: dns.rdata.Rdata) -> str | Service | Pointer | None:
    match item:
        case A() | AAAA():
            return str(item.address)
        case CNAME():
            return _text(item.target)
        case SRV():
            return Service(item.priority, item.weight, item.port, _text(item.target))
        case NAPTR():
            flags, service, regexp = (
                part.decode("ascii", "replace") for part in (item.flags, item.service, item.regexp)
            )
            return Pointer(item.order, item.preference, flags, service, regexp, _text(item.replacement))
        case _:
            return None


def _text(name: dns.name.Name) -> str:
    return name.to_text(omit_final_dot=True).lower().rstrip(".")
