"""Defects of the network side: DHCP, DNS."""

from __future__ import annotations

from rigs.standin.base.dhcp import (
    HostNameStrategy,
    OptionStrategy,
    RenewalStrategy,
    RouterDiscoveryStrategy,
    SourceStrategy,
)
from rigs.standin.base.dhcpclient import Option
from rigs.standin.base.dns import CacheStrategy, QueryStrategy
from rigs.standin.web.strategies import ListenStrategy


class ForeignHostName(HostNameStrategy):
    """The base calls itself something else by DHCP, so that servers which sort by snom-m9 give it the wrong options."""

    feature = "dhcp-host-name"

    def host_name(self, base_name: str) -> str:
        return "dect-base"


class SettingsOptionsNotAskedFor(OptionStrategy):
    """A DHCP server that sends only what was asked for names no settings server."""

    feature = "dhcp-options"

    def requested(self, options: tuple[Option, ...]) -> tuple[Option, ...]:
        return tuple(option for option in options if option not in (Option.TFTP_SERVER_NAME, Option.BOOTFILE_NAME))


class Option67Ignored(OptionStrategy):
    """The file name of option 67 is not asked for; the base takes its default name."""

    feature = "boot-file"

    def file(self, option67: str) -> str:
        return ""


class Option66WithoutQuery(OptionStrategy):
    """What stands behind the question mark of option 66 is lost: generated settings come without their key."""

    feature = "option66-query"

    def server(self, option66: str) -> str:
        return option66.partition("?")[0]


class SecondNameServerLost(OptionStrategy):
    """Only the first DNS server of DHCP is used: when it is down, no name resolves."""

    feature = "dns-servers"

    def dns(self, servers: list[str]) -> list[str]:
        return servers[:1]


class DnsCacheForgets(CacheStrategy):
    """Every name is asked for again at once; the status page's DNS cache is empty."""

    feature = "dns-cache"

    def lifetime(self, ttl: int) -> int:
        return 0


class DnsCacheKeepsForADay(CacheStrategy):
    """A name that moved is reached at its old address until the next day."""

    feature = "dns-expiry"

    def lifetime(self, ttl: int) -> int:
        return 86400


class NoQuadA(QueryStrategy):
    """Settings servers with an IPv6 address only are never found."""

    feature = "ipv6-provisioning"

    def types(self) -> tuple[str, ...]:
        return ("A",)


class QuadAUnused(QueryStrategy):
    """The base asks for IPv6 addresses and makes nothing of the answer."""

    feature = "ipv6-dns"

    def used(self, kind: str, addresses: list[str]) -> list[str]:
        return [] if kind == "AAAA" else addresses


class LeaseRunsOut(RenewalStrategy):
    """The lease is not renewed in time: the server may give the address to another device."""

    feature = "dhcp-renewal"

    def renews(self) -> bool:
        return False


class FixedAddressIsForgotten(SourceStrategy):
    """With DHCP switched off and an address typed in the base goes on asking a DHCP server, and takes its answer."""

    feature = "fixed-address"

    def asks(self, dhcp: bool) -> bool:
        return True


class RouterNotHeard(RouterDiscoveryStrategy):
    """A router announces its prefix and the base makes no address of it."""

    feature = "ipv6-router-discovery"

    def listens(self) -> bool:
        return False


class PagesByIpv4Only(ListenStrategy):
    """The base has an IPv6 address, but does not answer there as soon as it has an IPv4 lease too."""

    feature = "ipv6-dual-stack"

    def by_ipv6(self) -> bool:
        return False
