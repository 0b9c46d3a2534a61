"""Where requests within a dialog are sent: to the first hop that their route names (RFC 3261 section 8.1.2)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from harness.capture import headers
from harness.rules.addresses import is_literal, plain
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, judged
from harness.rules.registry import rule


@rule("SIP-ROUTE")
def goes_to_the_first_hop(call: CallEvidence) -> Iterator[Finding]:
    """A request with a Route whose first host is an address goes to that address."""
    for request in call.requests:
        routes = request.header("route")
        host = _address_of(routes[0]) if routes and request.to.tag else ""
        if not host:
            continue
        claim = f"{request.method} is sent to the first host of its Route"
        yield judged(plain(host) == plain(request.dst), request, expected=host, seen=request.dst, claim=claim)


@cache
def _address_of(route: str) -> str:
    """The host of a Route if it is an address, else empty; cached, as all requests have the same few routes."""
    host = headers.parse_address(route).host
    return host if is_literal(host) else ""
