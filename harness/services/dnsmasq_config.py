"""The configuration and hosts file of dnsmasq as text, made from the rig's addresses and names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network
from pathlib import Path

from harness.core.errors import UsageError
from harness.services.names import Names

ROUTER, NAME_SERVERS, DOMAIN, RENEWAL_TIME = 3, 6, 15, 58
ADDRESS_LISTS = (ROUTER, NAME_SERVERS, 42)
"""Options whose value is a list of IPv4 addresses (RFC 2132: router, name servers, time servers)."""
SECONDS = (RENEWAL_TIME, 59)
"""Options whose value is a time in seconds (RFC 2132: T1, T2)."""


@dataclass(frozen=True)
class Serving:
    """The services of one dnsmasq. `options` are DHCP options by number, sent even if not requested: raw strings,
    addresses with commas between them for routers, name and time servers, seconds for T1 and T2.

    `first`/`last` bound the leases; `lease` is in seconds (dnsmasq's shortest is 120); `ra_prefix` such as
    `fd00:9::` (64 bits) turns on router advertisement with SLAAC and, with `dhcp6`, DHCPv6; `ignored` MACs and all
    MACs that are not in `macs` get no answer.
    """

    interface: str
    address: str
    first: str
    last: str
    macs: tuple[str, ...]
    lease: int = 3600
    options: dict[int, str] = field(default_factory=dict)
    names: Names = field(default_factory=Names)
    ra_prefix: str = ""
    dhcp6: bool = True
    tftp_root: Path | None = None
    dhcp: bool = True
    ttl: int = 60
    lease_file: Path = Path("leases")


def configuration(serving: Serving, directory: Path) -> str:
    """The whole configuration file."""
    lines = [
        "keep-in-foreground",
        "pid-file",
        "user=",  # keep the user: a user namespace has only this one
        "group=",
        f"interface={serving.interface}",
        "except-interface=lo",
        "bind-interfaces",
        "no-resolv",
        "no-hosts",
        "no-poll",
        "local=/#/",  # unknown names do not exist: no query leaves the segment
        f"addn-hosts={directory / 'hosts'}",
        f"local-ttl={serving.ttl}",
        f"neg-ttl={serving.ttl}",
        "log-facility=-",
        "log-queries=extra",
        *_naming(serving.names),
    ]
    if serving.dhcp:
        lines += _dhcp(serving)
    if serving.ra_prefix:
        lines += _ipv6(serving)
    if serving.tftp_root is not None:
        lines += ["enable-tftp", f"tftp-root={serving.tftp_root}"]
    return "\n".join(lines) + "\n"


def hosts_file(hosts: dict[str, list[str]]) -> str:
    """The hosts file: re-read by dnsmasq on SIGHUP."""
    return "".join(f"{address} {name}\n" for name, addresses in hosts.items() for address in addresses)


def _naming(names: Names) -> Iterable[str]:
    if names.domain:
        yield f"domain={names.domain}"
    for s in names.services:
        yield f"srv-host={s.name},{s.target},{s.port},{s.priority},{s.weight}"
    for p in names.pointers:
        yield f"naptr-record={p.name},{p.order},{p.preference},{p.flags},{p.service},,{p.replacement}"


def _dhcp(serving: Serving) -> Iterable[str]:
    yield from (
        "log-dhcp",
        "no-ping",
        "dhcp-authoritative",
        "dhcp-no-override",  # options 66 and 67 are not moved into the BOOTP fields sname and file
        "dhcp-ignore=tag:!known",
        f"dhcp-leasefile={serving.lease_file}",
        f"dhcp-range={serving.first},{serving.last},{serving.lease}",
    )
    for mac in serving.macs:
        yield f"dhcp-host={mac.lower()}"
    for number, text in sorted(serving.options.items()):
        yield f"# option {number}: {text}"
        yield f"dhcp-option-force={number},{_written(number, text)}"


def _written(number: int, text: str) -> str:
    if number in ADDRESS_LISTS:
        return addresses(text)
    return str(int(text)) if number in SECONDS else raw_option(text)


def addresses(text: str) -> str:
    """A list of IPv4 addresses in dnsmasq's notation; UsageError for another text."""
    try:
        return ",".join(str(IPv4Address(word.strip())) for word in text.split(","))
    except ValueError as error:
        raise UsageError(f"DHCP option of addresses: {text!r}: {error}", remedy="write 198.18.9.1,198.18.9.2") from None


def raw_option(text: str) -> str:
    """A DHCP option's text as dnsmasq's quoted string, in which a comma is a plain character and a backslash escapes.

    dnsmasq 2.90 ends options 66 and 67 with a zero byte on the wire, in any notation.
    """
    length = len(text.encode())
    if not 1 <= length <= 254 or any(not char.isprintable() for char in text):
        raise UsageError(
            f"DHCP option text of {length} bytes: {text[:40]!r}", remedy="write 1 to 254 bytes of printable UTF-8"
        )
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _ipv6(serving: Serving) -> Iterable[str]:
    network = IPv6Network(f"{serving.ra_prefix}/64", strict=False)
    mode = "slaac" if serving.dhcp6 else "ra-only"
    yield "enable-ra"
    yield f"ra-param={serving.interface},10,1800"
    if serving.dhcp6:
        first, last = (IPv6Address(int(network.network_address) + host) for host in (0x50, 0x5F))
        yield f"dhcp-range={first},{last},{mode},64,{serving.lease}"
    else:
        yield f"dhcp-range={network.network_address},{mode},64"
