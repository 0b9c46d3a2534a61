"""The address by which a registration makes the base reachable: its own in Via and Contact, as RFC 3261 writes it."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.rules.addresses import is_literal
from harness.rules.binding import BindingEvidence, asks_for_a_binding
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.registry import rule


@rule("REG-ADDRESS", of_one_packet=True)
def addresses_are_the_bases(binding: BindingEvidence) -> Iterator[Finding]:
    """Via and Contact name the base's own address, IPv6 in brackets, or the one that a server saw it come from."""
    told: set[str] = set()
    evidence = binding.evidence
    for one in binding.transactions:
        request = one.request
        contact = request.contact.host if asks_for_a_binding(request) else ""
        named = {"Via": headers.via_host("".join(request.via[:1])), "Contact": contact}
        faults = []
        for name, host in named.items():
            if not host or evidence.is_base(host) or host in told or not is_literal(host):
                continue
            claim, source = f"{name} names the own address", "RFC 3261 §18.1.1, §10.2.1"
            if evidence.settings.known:
                faults.append(broken(request, expected=request.src, seen=host, claim=claim, source=source))
            else:
                why = "a STUN server may have named this address"
                faults.append(cannot_be_said(request, why=why, claim=claim))
        if ":" in request.src:
            faults += _without_brackets(request)
        yield from faults
        if not faults:
            yield held(request)
        told |= {address for m in one.responses if (address := _received(m))}


def _without_brackets(request: SipMessage) -> Iterator[Finding]:
    for name, text in (("Via", "".join(request.via[:1])), ("Contact", "".join(request.header("contact")[:1]))):
        if request.src in text and f"[{request.src}]" not in text:
            claim = f"an IPv6 address of {name} stands in brackets"
            yield broken(request, expected=f"[{request.src}]", seen=text, claim=claim, source="RFC 3261 §25.1")


def _received(response: SipMessage) -> str:
    """The source address of the request as the server's answer names it (RFC 3261 section 18.2.1)."""
    via = "".join(response.via[:1])
    return headers.parameters(via).get("received", "") if "received" in via.lower() else ""
