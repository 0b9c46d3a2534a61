"""REFERs of a call with their answers and the NOTIFYs of their subscriptions (RFC 3515)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.rules.notify import event_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.call_evidence import CallEvidence

CHALLENGES = (401, 407)
_FRAGMENT = re.compile(rb"\s*SIP/2\.0 (\d{3})(?=\s|\Z)")


@dataclass(frozen=True)
class Refer:
    """One REFER that was not challenged, its final answer, and what was told of it, each message once."""

    request: SipMessage
    final: SipMessage | None
    notices: Sequence[SipMessage]

    @property
    def accepted(self) -> bool:
        """Whether the other end said that it will call."""
        return self.final is not None and self.final.status < 300

    @property
    def outcome(self) -> SipMessage | None:
        """The first NOTIFY that says how the call ended up."""
        return next((notice for notice in self.notices if status_of(notice) >= 200), None)

    @property
    def failure(self) -> SipMessage | None:
        """What says that it came to nothing: a refusal, or a NOTIFY."""
        if self.final is not None and self.final.status >= 300:
            return self.final
        return self.outcome if self.outcome is not None and status_of(self.outcome) >= 300 else None


def refers_of(call: CallEvidence, *, by_base: bool) -> list[Refer]:
    """The REFERs of one side within a call, in order."""
    asking, told = (call.requests, call.asked_of_the_base) if by_base else (call.asked_of_the_base, call.requests)
    found: list[Refer] = []
    for request in (m for m in asking if m.method == "REFER" and m.to.tag):
        final = call.final(request)
        if final is None or final.status not in CHALLENGES:
            found.append(Refer(request, final, [m for m in told if _is_of(m, request)]))
    return found


def _is_of(notice: SipMessage, refer: SipMessage) -> bool:
    """Whether a NOTIFY belongs to a REFER: by the id of its event, which the first one of a dialog may leave out."""
    event, parameters = event_of(notice) if notice.method == "NOTIFY" else ("", {})
    number = str(refer.cseq.number)
    return event == "refer" and notice.at >= refer.at and parameters.get("id", number) == number


def status_of(notice: SipMessage) -> int:
    """The status that a NOTIFY of a transfer tells; 0 where it tells none."""
    if notice.method != "NOTIFY" or event_of(notice)[0] != "refer":
        return 0
    found = _FRAGMENT.match(notice.body)
    return int(found[1]) if found else 0
