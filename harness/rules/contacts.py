"""Each message that opens or refreshes a dialog has one Contact, with the base's address."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.headers import number
from harness.capture.messages import SipMessage
from harness.rules.addresses import is_literal
from harness.rules.call_evidence import CallEvidence
from harness.rules.findings import Finding, broken, cannot_be_said, held
from harness.rules.nat import beyond_nat, media_lead_here, requests_lead_here, told_for_media
from harness.rules.registry import rule

DEFAULT_PORTS = {"sip": 5060, "sips": 5061}


@rule("SIP-CONTACT", of_one_packet=True)
def contact(call: CallEvidence) -> Iterator[Finding]:
    """The Contact names an address at which the far end's next requests reach the base."""
    reached = frozenset({m.sport for m in call.sent} | {m.dport for m in call.heard if _was_taken(call, m)})
    for message in [*call.requests, *call.responses]:
        if _names_target(message):
            yield _contact(call, message, reached)


def _was_taken(call: CallEvidence, message: SipMessage) -> bool:
    """Whether a message reached the base: an answer at the address in its Via, a request if it was answered."""
    return not message.is_request or any(True for _ in call.responses_to(message))


def _names_target(message: SipMessage) -> bool:
    if message.is_request:
        return message.method in ("INVITE", "UPDATE")
    if message.cseq.method == "INVITE":
        return 200 <= message.status < 300 or (100 < message.status < 200 and bool(message.to.tag))
    return message.cseq.method == "UPDATE" and 200 <= message.status < 300


def _contact(call: CallEvidence, message: SipMessage, reached: frozenset[int]) -> Finding:
    if len(message.contacts) != 1:
        claim = "a dialog is opened and refreshed with one Contact"
        return broken(message, expected=1, seen=len(message.contacts), claim=claim)
    uri, host = message.contact.uri, message.contact.host
    scheme, port = _scheme_and_port(uri)
    if scheme in DEFAULT_PORTS and not is_literal(host):
        return cannot_be_said(message, why=f"the Contact names the host {host}, whose address the trace does not tell")
    lost = message.transport.lower() == "udp" and port not in reached  # by TCP it may listen elsewhere
    own = call.evidence.is_base(host)
    if scheme in DEFAULT_PORTS and own and not lost:
        return held(message)
    by_nat = _by_nat(call, message, host) if scheme in DEFAULT_PORTS and not own else None
    if by_nat is not None:
        return by_nat
    where = " or ".join(f"{address}:{one}" for address in sorted(call.evidence.base) for one in sorted(reached))
    return broken(message, expected=where, seen=uri, claim="Contact is where the base is reached")


def _by_nat(call: CallEvidence, message: SipMessage, host: str) -> Finding | None:
    """Whether the trace allows a Contact to be an address of the other side of a NAT."""
    if requests_lead_here(call, host):
        return held(message)
    if why := beyond_nat(call.evidence, message, host):
        return cannot_be_said(message, why=f"the Contact {why}")
    if host in told_for_media(call) and media_lead_here(call):
        return cannot_be_said(message, why=f"media for {host} came to the base, so a NAT may stand for it")
    return None


def _scheme_and_port(uri: str) -> tuple[str, int]:
    scheme, _, rest = uri.partition(":")
    place = rest.rpartition("@")[2].partition(";")[0].partition("?")[0].rpartition("]")[2]
    _, colon, text = place.rpartition(":")
    named = number(text) if colon else None
    return scheme.lower(), DEFAULT_PORTS.get(scheme.lower(), 0) if named is None else named
