"""The registrations of the base: what was asked for, granted and refused, and when it was refreshed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import headers
from harness.trace_report.model import Granted, Refused, RegistrationLine

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.binding import BindingEvidence

_CHALLENGES = (401, 407)


def line(binding: BindingEvidence) -> RegistrationLine:
    """One address of record with all that happened to it."""
    granted: list[Granted] = []
    refused: list[Refused] = []
    challenges = signed_off = 0
    for one in binding.transactions:
        request, response = one.request, one.final
        if response is None:
            refused.append(Refused(request.at, request.frame, 0, "no answer"))
        elif response.status in _CHALLENGES:
            challenges += 1
        elif response.status >= 300:
            refused.append(Refused(response.at, response.frame, response.status, response.reason))
        elif request.expires == 0:
            signed_off += 1
        else:
            after = response.at - granted[-1].at if granted else None
            granted.append(
                Granted(response.at, response.frame, asked(request), binding.granted(request, response), after)
            )
    server = binding.requests[0].dst if binding.requests else ""
    count = len(binding.requests)
    return RegistrationLine(binding.record, server, count, challenges, tuple(granted), tuple(refused), signed_off)


def asked(request: SipMessage) -> int | None:
    """The seconds that a REGISTER asks for: the Contact's own before the header's (RFC 3261 section 10.2.1.1)."""
    text = request.contact.params.get("expires", "") or next(iter(request.header("expires")), "")
    return headers.number(text)
