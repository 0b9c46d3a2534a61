"""Servers with a name are looked up by SRV; the preferred one is tried first, the next one if it fails (RFC 3263)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from harness.capture.headers import parse_address
from harness.capture.messages import DnsMessage
from harness.rules.acts import Act
from harness.rules.addresses import is_literal, plain
from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, held
from harness.rules.registry import rule
from harness.rules.request_path import port_of, uri_of
from harness.rules.retransmission import GIVES_UP_AFTER_T1, T1_S, t1_of
from harness.rules.sign_out import REGISTERS_WITHIN_S
from harness.rules.transactions import Transaction

_SERVICE = re.compile(r"^(\S+): type SRV,.*priority (\d+),.*port (\d+), target (\S+)$", re.IGNORECASE)
_ADDRESS = re.compile(r"^(\S+): type (?:A|AAAA),.*addr(?:ess)? (\S+)$", re.IGNORECASE)
NEXT_WITHIN_S = 5.0
End = tuple[str, int]


@dataclass(frozen=True)
class ServerSet:
    """The servers of a service in order of preference, as DNS answers to the base named them."""

    at: float
    name: str
    transport: str
    servers: tuple[tuple[int, str, int], ...]
    """Priority, target, port."""

    def preferred(self, addresses: dict[str, set[str]]) -> set[End]:
        """Address and port of the servers of the lowest priority; empty while one of their names is not resolved."""
        first = min(priority for priority, _, _ in self.servers)
        targets = [(target, port) for priority, target, port in self.servers if priority == first]
        if any(target not in addresses for target, _ in targets):
            return set()
        return {(address, port) for target, port in targets for address in addresses[target]}

    def ends(self, addresses: dict[str, set[str]]) -> set[End]:
        """Address and port of all servers whose names are resolved."""
        return {(address, port) for _, target, port in self.servers for address in addresses.get(target, ())}


def sets_of(evidence: Evidence) -> tuple[list[ServerSet], dict[str, set[str]]]:
    """All sets of servers in DNS answers to the base, in order, and the addresses of names."""
    sets: list[ServerSet] = []
    addresses: dict[str, set[str]] = {}
    for message in evidence.dns:
        if not message.response or not evidence.is_base(message.dst):
            continue
        found = [match.groups() for text in message.answers if (match := _SERVICE.match(text.strip()))]
        for text in message.answers:
            if match := _ADDRESS.match(text.strip()):
                addresses.setdefault(match[1].lower().rstrip("."), set()).add(plain(match[2]))
        if found:
            servers = tuple(
                (int(priority), target.lower().rstrip("."), int(port)) for _, priority, port, target in found
            )
            transport = message.name.lower().partition("._")[2].partition(".")[0]
            sets.append(ServerSet(message.at, message.name.lower(), transport, servers))
    return sets, addresses


@rule("SIP-SRV", reads=("sip", "dns", "acts"), timed=True)
def services_are_looked_up(evidence: Evidence) -> Iterator[Finding]:
    """A server with a name and without a port is looked up by its service records."""
    settings = evidence.settings
    for identity in settings.identities:
        for act in settings.acts_on(identity, "user_active"):
            proxy = settings.value("user_outbound", identity, at=act.at) or ""
            address = parse_address(f"<{uri_of(proxy)}>")
            named = bool(proxy) and not is_literal(address.host) and not port_of(address.uri)
            due = act.at + REGISTERS_WITHIN_S
            if not named or act.detail.get("value", "").lower() in ("off", "false", "0"):
                continue
            question = _question(evidence, address.host.lower(), due)
            if question is not None:
                yield held(question, act)
            elif evidence.saw_all(act.at, due) or _tried_without(evidence, act, identity, due):
                expected = f"a question for the SRV records of {address.host}"
                yield broken(act, expected=expected, seen="none")


def _question(evidence: Evidence, domain: str, due: float) -> DnsMessage | None:
    """The first question for the services of a domain; an earlier one is sufficient, as its answer may be cached."""
    for message in evidence.dns:
        if message.at > due:
            return None
        name = message.name.lower().rstrip(".")
        if evidence.is_base(message.src) and message.type == "SRV" and name.endswith(f".{domain}"):
            return message
    return None


def _tried_without(evidence: Evidence, act: Act, identity: int, due: float) -> bool:
    user = evidence.settings.value("user_name", identity, at=act.at)
    binding = evidence.binding_of(user) if user else None
    return binding is not None and any(one.at <= due for one in binding.after(act.at))


@rule("SIP-SRV-ORDER", reads=("sip", "dns"), timed=True)
def the_preferred_server_first(evidence: Evidence) -> Iterator[Finding]:
    """Of a set the server of the lowest priority is asked first (RFC 2782)."""
    sets, addresses = sets_of(evidence)
    waiting = [one for one in sets if len({priority for priority, _, _ in one.servers}) > 1]
    asked = iter(evidence.asked_by_base)
    pending = next(asked, None)
    for one in waiting:
        while pending is not None and pending.at < one.at:
            pending = next(asked, None)
        if pending is None or pending.at > one.at + NEXT_WITHIN_S:
            continue
        request = pending.request
        end = (plain(request.dst), request.dport)
        preferred = one.preferred(addresses)
        if end not in one.ends(addresses) or not preferred:
            continue
        if end in preferred:
            yield held(request)
        elif request.transport.lower() == "udp":  # the request of a connection that failed is not seen
            expected = " or ".join(f"{address}:{port}" for address, port in sorted(preferred))
            yield broken(request, expected=expected, seen=f"{end[0]}:{end[1]}")


@rule("SIP-FAILOVER", reads=("sip", "dns", "acts", "dhcp"), timed=True)
def the_next_server_of_a_set(binding: BindingEvidence) -> Iterator[Finding]:
    """If a server of a set refuses temporarily or does not answer, the next one of the set is asked at once."""
    evidence = binding.evidence
    sets, addresses = sets_of(evidence)
    for one in binding.transactions if sets else ():
        if not asks_for_a_binding(one.request) or (failed := _failed_at(binding, one)) is None:
            continue
        end = (plain(one.request.dst), one.request.dport)
        told = next((known for known in reversed(sets) if known.at <= one.at and end in known.ends(addresses)), None)
        others = told.ends(addresses) - {end} if told is not None else set()
        due = failed + NEXT_WITHIN_S
        again = binding.next_after(one.at)
        if not others or evidence.sight.ends < due or binding.touched(one.at, due):
            continue
        if again is not None and again.at <= due and (plain(again.request.dst), again.request.dport) in others:
            yield held(one.request, again.request)
        elif _untried(binding, one, others):
            expected = " or ".join(f"{address}:{port}" for address, port in sorted(others))
            seen = "none in time" if again is None or again.at > due else f"{again.request.dst}:{again.request.dport}"
            yield broken(one.request, expected=f"a REGISTER to {expected}", seen=seen)


def _failed_at(binding: BindingEvidence, one: Transaction) -> float | None:
    if one.final is not None:
        return one.final.at if one.final.status == 503 else None
    over = one.at + GIVES_UP_AFTER_T1 * (t1_of(binding.evidence, one.at) or T1_S)
    return over if binding.evidence.saw_all(one.at, over) else None


def _untried(binding: BindingEvidence, one: Transaction, others: set[End]) -> bool:
    """Whether another server of the set was not asked just before; if all were, the round is over."""
    earlier = [
        (plain(before.request.dst), before.request.dport)
        for before in binding.transactions
        if one.at - 2 * GIVES_UP_AFTER_T1 * T1_S <= before.at < one.at
    ]
    return not others <= set(earlier)
