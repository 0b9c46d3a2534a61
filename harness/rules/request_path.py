"""The path of requests: the outbound proxy that was set, the transport in Via, and the sender's names."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.capture import headers
from harness.capture.headers import parse_address
from harness.capture.messages import SipMessage
from harness.rules.acts import Shown
from harness.rules.addresses import is_literal, plain
from harness.rules.binding import PLATFORM, BindingEvidence, asks_for_a_binding
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.registry import Expect, rule
from harness.rules.settings import Settings

VERSION = re.compile(r"[^\s/()]+/[^\s/()]+")
"""Product and version; RFC 3261 section 20.41 leaves the version open, the platform's sample has one."""
SAVING_S = 1.0
"""Seconds after the save of a setting in which a request may still have the old value."""


class ProxyExpect(Expect):
    """REG-1: the transport if the proxy names none."""

    transport: str


@rule("REG-1", reads=("sip", "acts"))
def proxy_is_used_as_it_stands(binding: BindingEvidence, expect: ProxyExpect) -> Iterator[Finding]:
    """A port or an address in the outbound proxy is used unchanged, over the transport that it names.

    The removal of a binding may use the old proxy, even if the setting was changed since.
    """
    settings, identity = binding.evidence.settings, binding.identity
    if not settings.known and binding.requests:
        yield cannot_be_said(binding.requests[0], why="the outbound proxy of the base is not known")
    redirected = False
    for one in binding.transactions if identity else ():
        request = one.request
        proxy = settings.value("user_outbound", identity, at=request.at)
        if proxy and not redirected and request.expires != 0:
            yield from _as_it_stands(request, proxy, expect.transport)
        redirected = one.final is not None and 300 <= one.final.status < 400


def _as_it_stands(request: SipMessage, proxy: str, usual: str) -> Iterator[Finding]:
    address = parse_address(f"<{uri_of(proxy)}>")
    port = port_of(address.uri)
    if not is_literal(address.host) and not port:
        return  # DNS gives its address, port and transport
    transport = (address.uri_params.get("transport", "") or usual).upper()
    claims: list[tuple[str, object, object]] = [
        ("the outbound proxy is asked at its port", port or 5060, request.dport),
        (f"the outbound proxy is asked over {transport}", transport, request.transport.upper()),
    ]
    if is_literal(address.host):
        claims.insert(0, ("the outbound proxy is asked at its address", plain(address.host), plain(request.dst)))
    wrong = [claim for claim in claims if claim[1] != claim[2]]
    for claim, expected, seen in wrong:
        yield broken(request, expected=expected, seen=seen, claim=claim)
    if not wrong:
        yield held(request)


def uri_of(proxy: str) -> str:
    """A proxy as a URI; the setting may have no scheme."""
    return proxy if re.match(r"sips?:", proxy, re.IGNORECASE) else f"sip:{proxy}"


def port_of(uri: str) -> int:
    """The port of a URI; 0 when it names none."""
    host = uri.partition("?")[0].partition(";")[0].partition(":")[2].rpartition("@")[2]
    text = host.rpartition("]")[2].partition(":")[2]
    return headers.number(text) or 0


@rule("REG-DOMAIN", reads=("sip", "acts"))
def the_registrar_that_was_set(binding: BindingEvidence) -> Iterator[Finding]:
    """Request-URI and address of record name the registrar of the settings, also with an outbound proxy."""
    settings, identity = binding.evidence.settings, binding.identity
    redirected = False
    for one in binding.transactions if identity else ():
        request = one.request
        host = parse_address(f"<sip:{settings.value('user_host', identity, at=request.at) or ''}>").host
        named = parse_address(f"<{request.request_uri}>").host
        if host and not redirected and request.expires != 0:
            wrong = [seen for seen in (request.to.host, named) if plain(seen) != plain(host)]
            yield judged(not wrong, request, expected=host, seen=", ".join(wrong))
        redirected = one.final is not None and 300 <= one.final.status < 400


@rule("SIP-TRANSPORT", of_one_packet=True)
def via_and_contact_name_the_transport(binding: BindingEvidence) -> Iterator[Finding]:
    """Via names the transport of the request; over TCP the Contact asks for TCP, and there is a Content-Length."""
    for request in binding.requests:
        transport = request.transport.upper()
        via = "".join(request.via[:1])
        faults = []
        if f"/{transport}" not in via.partition(" ")[0].upper().replace(" ", ""):
            claim, source = "Via names the transport", "RFC 3261 §18.1.1"
            faults.append(broken(request, expected=transport, seen=via, claim=claim, source=source))
        if transport == "TCP":
            faults += _over_tcp(request)
        yield from faults
        if not faults:
            yield held(request)


def _over_tcp(request: SipMessage) -> Iterator[Finding]:
    """Only with a server that keeps flows (RFC 5626) could the Contact omit transport=."""
    asked = request.contact.uri_params.get("transport", "").upper()
    if asks_for_a_binding(request) and asked not in ("TCP", "TLS"):
        claim, source = "the Contact is to be reached over TCP", "RFC 3261 §19.1.1"
        yield broken(request, expected="transport=tcp", seen=asked or "none", claim=claim, source=source)
    if not request.has("content-length"):
        claim, source = "Content-Length stands in a request over TCP", "RFC 3261 §20.14"
        yield broken(request, expected="Content-Length", seen="none", claim=claim, source=source)


@rule("REG-1", of_one_packet=True)
def replies_are_asked_to_the_source_port(binding: BindingEvidence) -> Iterator[Finding]:
    """Via of each REGISTER over UDP asks for rport (RFC 3581), as the platform's sample does."""
    for request in binding.requests if not binding.of_another_device else ():
        if request.transport.lower() == "udp":
            via = "".join(request.via[:1])
            asks = re.search(r";\s*rport\b", via, re.IGNORECASE) is not None
            claim, source = "Via asks for replies to the source port", "RFC 3581 §3; vendor presentation 2011"
            yield judged(asks, request, expected=";rport", seen=via, claim=claim, source=source)


@rule("SIP-USER-AGENT", reads=("sip", "acts", "dhcp", "shown"), of_one_packet=True)
def names_product_and_version(evidence: Evidence) -> Iterator[Finding]:
    """User-Agent is product and version, the same in all requests until a restart, and as on the status page."""
    before: SipMessage | None = None
    pages = [shown for shown in evidence.shown or () if shown.kind == "version"]
    for one in evidence.asked_by_base:
        request = one.request
        name = request.user_agent
        if not name:
            continue
        fault = _wrong_name(evidence, request, before, name) or _unlike_the_page(evidence, request, pages)
        yield fault or held(request)
        before = request


def _wrong_name(evidence: Evidence, request: SipMessage, before: SipMessage | None, name: str) -> Finding | None:
    owes_a_version = evidence.settings.known or PLATFORM.match(name)
    if owes_a_version and not VERSION.match(name):
        claim, source = "User-Agent names product and version", "vendor presentation 2011, registration sample"
        return broken(request, expected="product/version", seen=name, claim=claim, source=source)
    if before is not None and before.user_agent != name and not evidence.settings.restarted(before.at, request.at):
        claim = "User-Agent is the same in all requests"
        if not evidence.settings.known:
            return cannot_be_said(before, request, why="the base may have restarted with another firmware")
        return broken(before, request, expected=before.user_agent, seen=name, claim=claim)
    return None


def _unlike_the_page(evidence: Evidence, request: SipMessage, pages: list[Shown]) -> Finding | None:
    """The nearest reading of the status page without a start in between."""
    for shown in pages:
        start, end = sorted((shown.at, request.at))
        expected = f"{shown.detail.get('product', '')}/{shown.value}"
        if not evidence.settings.restarted(start, end) and request.user_agent != expected:
            claim = "User-Agent is the version that the status page shows"
            return broken(request, expected=expected, seen=request.user_agent, claim=claim)
    return None


@rule("SIP-DISPLAY-NAME", reads=("sip", "acts"))
def from_shows_the_display_name(evidence: Evidence) -> Iterator[Finding]:
    """From has the identity's complete display name in registrations and calls."""
    settings = evidence.settings
    for one in evidence.asked_by_base:
        request = one.request
        if request.method not in ("REGISTER", "INVITE") or request.to.tag or request.expires == 0:
            continue  # a de-registration may have the old name
        identity = settings.identity_of(request.from_.user, at=request.at)
        name = settings.value("user_realname", identity, at=request.at) if identity else None
        if name:
            claim = f"From of the {request.method} shows the display name of identity {identity}"
            shown = request.from_.display
            if shown and shown != name and shown == _name_before(settings, identity, request.at):
                continue  # it was sent while the name was saved
            yield judged(shown == name, request, expected=name, seen=shown or "none", claim=claim)


def _name_before(settings: Settings, identity: int, at: float) -> str | None:
    """The display name in force until a moment ago; None if none was saved just now."""
    saved = [act for act in settings.acts_on(identity, "user_realname") if act.at <= at]
    if not saved or at > saved[-1].ended + SAVING_S:
        return None
    return settings.value("user_realname", identity, at=saved[-1].at - 0.001)
