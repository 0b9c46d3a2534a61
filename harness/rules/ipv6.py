"""A settings server with a name is looked up in both address families, and requested at its address."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.messages import DnsMessage
from harness.rules.addresses import is_literal, plain
from harness.rules.evidence import Evidence
from harness.rules.fetches import address_of
from harness.rules.findings import Finding, broken, held
from harness.rules.intervals import between
from harness.rules.leases import SETTINGS_SERVER
from harness.rules.registry import rule

LOOKED_UP_WITHIN_S = 2.0
"""Seconds from the question for one address family to that for the other."""
FETCHED_WITHIN_S = 8.0
"""Seconds from the answer with an address to the request."""


@rule("DNS-FAMILIES", reads=("dhcp", "dns", "acts"), timed=True)
def both_families_are_looked_up(evidence: Evidence) -> Iterator[Finding]:
    """If the IPv4 address of a settings server is looked up, its IPv6 address is too."""
    questions = evidence.lookups.questions
    for lease in evidence.leases:
        address = address_of(lease.text(SETTINGS_SERVER), {lease.ack.mac})
        if not lease.starts or address is None or is_literal(address.host):
            continue
        asked = between(questions, lease.at, lease.at + FETCHED_WITHIN_S)
        first = next((m for m in asked if m.type == "A" and m.name.lower().startswith(address.host.lower())), None)
        if first is None:
            continue
        due = first.at + LOOKED_UP_WITHIN_S
        near = between(questions, first.at - LOOKED_UP_WITHIN_S, due)
        other = next((m for m in near if m.type == "AAAA" and m.name == first.name), None)
        if other is not None:
            yield held(first, other)
        elif not evidence.settings.restarted(first.at, due) and evidence.has_seen(first.at, due):
            yield broken(first, expected=f"AAAA {first.name}?", seen="none")


@rule("DNS-FAMILIES", reads=("dhcp", "dns", "http", "acts"), timed=True)
def a_server_with_ipv6_alone_is_asked_there(evidence: Evidence) -> Iterator[Finding]:
    """A settings server with only an IPv6 address is requested over IPv6."""
    told = [m for m in evidence.dns if m.response and m.rcode == 0 and evidence.is_base(m.dst)]
    for lease in evidence.leases:
        address = address_of(lease.text(SETTINGS_SERVER), {lease.ack.mac})
        if not lease.starts or address is None or address.scheme != "http":
            continue
        near = [m for m in between(told, lease.at, lease.at + FETCHED_WITHIN_S) if _names(m, address.host)]
        six = next((m for m in near if m.type == "AAAA" and m.answers), None)
        four = [m for m in near if m.type == "A"]
        if six is None or not four or any(m.answers for m in four):
            continue
        addresses = {plain(text.rpartition(" ")[2]) for text in six.answers if ", addr " in text}
        due = six.at + FETCHED_WITHIN_S
        fetch = next((f for f in between(evidence.fetches, lease.at, due) if plain(f.request.dst) in addresses), None)
        if fetch is not None:
            yield held(six, fetch.request)
        elif not evidence.settings.restarted(six.at, due) and evidence.has_seen(six.at, due):
            yield broken(six, expected=f"a GET at {', '.join(sorted(addresses))}", seen="none")


def _names(message: DnsMessage, host: str) -> bool:
    return message.name.lower() == host.lower() or message.name.lower().startswith(f"{host.lower()}.")
