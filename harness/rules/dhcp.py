"""The base's DHCP requests: host name, requested options, and renewals of its lease."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping

from harness.capture.messages import DhcpMessage
from harness.rules.acts import Act
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, Occasion, broken, cannot_be_said, held, held_unless, judged
from harness.rules.intervals import between
from harness.rules.leases import DOMAIN, NAME_SERVERS, ROUTER, SUBNET_MASK, Lease
from harness.rules.registry import Expect, rule

SOON_S = 1.0
OFF = ("off", "false", "0")
GIVEN_UP = ("Discover", "Decline", "Release")
SHOWN_S = 2.0
"""Seconds after a renewal in which a page may still show the old values."""
ROWS = {"Netmask": SUBNET_MASK, "IP Gateway": ROUTER, "DNS Server": NAME_SERVERS}
"""Rows of the status page, and the options with their values."""


class NameExpect(Expect):
    """NET-HOST-NAME: the beginning of the name, and whether it follows the setting base_name."""

    prefix: str
    follows_base_name: bool


@rule("NET-HOST-NAME", reads=("dhcp", "acts"), of_one_packet=True)
def asks_under_its_own_name(evidence: Evidence, expect: NameExpect) -> Iterator[Finding]:
    """Each request for an address has the complete host name, by which servers sort."""
    acts = evidence.settings.acts_on(0, "base_name")
    for request in evidence.asked_for_an_address:
        before = [act for act in acts if act.at < request.at]
        prefix, sure = _name(before, expect)
        if request.host_name.startswith(prefix):
            yield held(request)
        elif sure:
            yield broken(request, expected=f"{prefix}…", seen=request.host_name or "none")
        else:
            yield cannot_be_said(request, why="what the base is called is not known")


def _name(acts: list[Act], expect: NameExpect) -> tuple[str, bool]:
    """The required beginning of the name, and whether it is known: only a value of the pages is surely in force."""
    if not acts or not expect.follows_base_name:
        return expect.prefix, True
    last = acts[-1].detail
    if last.get("channel", "web") == "web" and "error" not in last and last.get("value"):
        return last["value"], True
    return expect.prefix, False


class OptionsExpect(Expect):
    """NET-OPTIONS: the numbers of the options to be requested."""

    options: frozenset[int]


@rule("NET-OPTIONS", reads=("dhcp",), of_one_packet=True)
def asks_for_the_options_it_needs(evidence: Evidence, expect: OptionsExpect) -> Iterator[Finding]:
    """The parameter request list names the options that a base needs: a server need not send others."""
    for request in evidence.asked_for_an_address:
        missing = sorted(expect.options - set(request.asked_for))
        wanted = ", ".join(map(str, sorted(expect.options)))
        yield judged(not missing, request, expected=f"options {wanted}", seen=f"{request.asked_for} without {missing}")


class LeaseExpect(Expect):
    """NET-LEASE: how late the renewal may come, as a share of T1."""

    late_share: float


@rule("NET-LEASE", reads=("dhcp", "sip", "acts"), timed=True)
def a_lease_is_renewed_by_its_holder(evidence: Evidence, expect: LeaseExpect) -> Iterator[Finding]:
    """After T1 the base asks the server for a renewal, under its address, and does not release the lease."""
    own = [m for m in evidence.dhcp if m.mac in evidence.own_macs]
    for lease in evidence.leases:
        if (after := lease.renewal_after) is None:
            continue
        due = lease.at + after * expect.late_share + SOON_S
        renewal = next((m for m in between(own, lease.at + 0.001, due) if _renews(m, lease)), None)
        end = due if renewal is None else renewal.at
        if evidence.settings.restarted(lease.at + 0.001, end):
            continue
        given_up = next((m for m in between(own, lease.at, end) if m.type in GIVEN_UP), None)
        if given_up is not None:
            yield broken(lease.ack, given_up, expected="the lease is kept", seen=given_up.type)
        elif renewal is not None:
            yield held(lease.ack, renewal)
        elif evidence.has_seen(lease.at, due):
            wanted = f"a Request of {lease.ack.your_address} after {after:g} s"
            yield broken(lease.ack, expected=wanted, seen=f"none in {due - lease.at:.1f} s")


def _renews(message: DhcpMessage, lease: Lease) -> bool:
    return message.type == "Request" and message.client_address == lease.ack.your_address


@rule("NET-SHOWN", reads=("dhcp", "sip", "acts", "shown", "idle"), timed=True)
def status_page_shows_the_lease(evidence: Evidence) -> Iterator[Finding]:
    """The status page shows address, mask, router, name servers and domain of the last Ack."""
    looks: list[tuple[Occasion, Mapping[str, str]]] = [(one, one.status) for one in evidence.idle if one.status]
    looks += [(one, one.detail) for one in evidence.index.shown_between("status", 0, 0.0, float("inf"))]
    for seen, rows in looks:
        place = bisect_right(evidence.leases, seen.at, key=lambda lease: lease.at)
        lease = evidence.leases[place - 1] if place else None
        by_dhcp = evidence.settings.value("dhcp", at=seen.at, factory="true")
        if lease is None or by_dhcp is None or by_dhcp.lower() in OFF or _changed(evidence, lease, seen.at):
            continue
        yield from held_unless(_differences(lease, seen, rows), lease.ack, seen)


def _changed(evidence: Evidence, lease: Lease, until: float) -> bool:
    """Whether the base may have another lease by now, or none, or may still show the lease before its renewal."""
    renewed_now = not lease.starts and until < lease.at + SHOWN_S
    return renewed_now or evidence.settings.restarted(lease.at + 0.001, until)


def _differences(lease: Lease, seen: Occasion, rows: Mapping[str, str]) -> Iterator[Finding]:
    given = {row: lease.addresses(option) for row, option in ROWS.items()}
    domain = lease.text(DOMAIN)
    given |= {"IP Address": [lease.ack.your_address], "DNS Domain": [domain] if domain else []}
    for row, wanted in given.items():
        text = rows.get(row)
        if text is not None and any(one not in text.split() for one in wanted):
            claim = f"{row} of the status page is what DHCP gave"
            yield broken(lease.ack, seen, expected=" ".join(wanted), seen=repr(text), claim=claim)
