"""The registrations of the base: what was asked for, granted and refused, and when it was refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import headers
from harness.trace_report.model import Granted, Refused, RegistrationLine

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.binding import BindingEvidence

_CHALLENGES = (401, 407)
GIVES_UP_S = 32.0
"""So long a request is repeated before its sender gives up (RFC 3261 section 17.1.2.2, timer F)."""


def line(binding: BindingEvidence) -> RegistrationLine:
    """One address of record with all that happened to it."""
    granted: list[Granted] = []
    refused: list[Refused] = []
    challenges = signed_off = 0
    lapsed = 0.0
    before: Granted | None = None
    for one in binding.transactions:
        request, response = one.request, one.final
        if response is None:
            if binding.evidence.sight.ends - request.at >= GIVES_UP_S:
                refused.append(Refused(request.at, request.frame, 0, "no answer"))
        elif response.status in _CHALLENGES:
            challenges += 1
        elif response.status >= 300:
            refused.append(Refused(response.at, response.frame, response.status, response.reason))
        elif request.expires == 0:
            signed_off += 1
            before = None
        else:
            now = _granted(binding, request, response, before)
            if before is not None and before.granted is not None and now.after is not None:
                lapsed += max(0.0, now.after - before.granted)
            granted.append(now)
            before = now
    return RegistrationLine(
        record=binding.record,
        server=binding.requests[0].dst if binding.requests else "",
        requests=len(binding.requests),
        challenges=challenges,
        granted=tuple(granted),
        refused=tuple(refused),
        signed_off=signed_off,
        lapsed=lapsed,
    )


def _granted(binding: BindingEvidence, request: SipMessage, response: SipMessage, before: Granted | None) -> Granted:
    after = response.at - before.at if before else None
    return Granted(response.at, response.frame, asked(request), binding.granted(request, response), after)


def asked(request: SipMessage) -> int | None:
    """The seconds that a REGISTER asks for: the Contact's own before the header's (RFC 3261 section 10.2.1.1)."""
    text = request.contact.params.get("expires", "") or next(iter(request.header("expires")), "")
    return headers.number(text)
