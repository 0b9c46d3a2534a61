"""Addresses in the base's messages that a foreign trace does not show: those of the other side of a NAT."""

from __future__ import annotations

import ipaddress

from harness.capture.headers import parse_address
from harness.capture.messages import SipMessage
from harness.rules.addresses import is_literal, plain
from harness.rules.call_evidence import CallEvidence
from harness.rules.evidence import Evidence

OTHER_SIDE = "is an address of the other side of a NAT: the trace does not show whether it leads to the base"


def beyond_nat(evidence: Evidence, message: SipMessage, host: str) -> str:
    """Why a host that the base names may be its own although the trace shows another; empty without such a reason.

    A trace from outside of a NAT shows its address, and the base names its own in Via; one from inside shows a
    private address, and the base may name the public one that it has learnt. On a rig the addresses are known.
    """
    if evidence.acts is not None or not is_literal(host) or evidence.is_base(host):
        return ""
    told, seen = ipaddress.ip_address(plain(host)), ipaddress.ip_address(plain(message.src))
    if told.is_unspecified or told.is_loopback:
        return ""
    from_outside = plain(host) in evidence.hosts_in_via
    from_inside = seen.is_private and not told.is_private
    return f"{host} {OTHER_SIDE}" if from_outside or from_inside else ""


def requests_lead_here(call: CallEvidence, host: str) -> bool:
    """Whether a request of the far end to an address that is not the base's came to the base all the same."""
    if call.evidence.acts is not None:
        return False
    return any(plain(parse_address(f"<{m.request_uri}>").host) == plain(host) for m in call.asked_of_the_base)


def media_lead_here(call: CallEvidence) -> bool:
    """Whether RTP came to the base although its descriptions name only other addresses."""
    if call.evidence.acts is not None:
        return False
    arrives = any(call.evidence.is_base(stream.dst) for stream in call.streams or ())
    return arrives and not any(call.evidence.is_base(address) for address in told_for_media(call))


def told_for_media(call: CallEvidence) -> set[str]:
    """The addresses for media in the base's descriptions."""
    own = [m for m in call.descriptions if call.evidence.is_base(m.src)]
    return {media.address for m in own for media in m.sdp.media if media.port}
