"""Subscriptions of an identity to its mailbox, as the packets show them (RFC 3842, RFC 6665)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.rules.evidence import Evidence

MAILBOX = "user_mailbox"
EVENT, SUMMARY = "message-summary", "application/simple-message-summary"
CHALLENGES = (401, 407)
UNKNOWN = 481
LAST_WORDS = (403, 404, 405, 489, 501, 603)
"""A server with one of these has no subscription for this phone, now or later."""


@dataclass(frozen=True)
class Subscribe:
    """One SUBSCRIBE of an account to its mailbox with its final answer; challenges are left out."""

    request: SipMessage
    final: SipMessage | None

    @property
    def begins(self) -> bool:
        """Whether it asks for a new subscription."""
        return not self.request.to.tag and not self.ends

    @property
    def ends(self) -> bool:
        """Whether it ends the subscription."""
        return _seconds(self.request) == 0

    @property
    def status(self) -> int:
        """The status of its answer; 0 without one."""
        return self.final.status if self.final is not None else 0

    @property
    def taken(self) -> bool:
        """Whether the server took it."""
        return 200 <= self.status < 300

    @property
    def at(self) -> float:
        """The time of the request."""
        return self.request.at

    @property
    def lasts_until(self) -> float:
        """When the subscription runs out, if it was taken."""
        granted = _seconds(self.final) if self.final is not None else None
        return self.at + (granted if granted is not None else _seconds(self.request) or 0)


def subscribes(evidence: Evidence) -> dict[str, list[Subscribe]]:
    """The SUBSCRIBEs of each account to its mailbox, in order."""
    found: dict[str, list[Subscribe]] = {}
    for one in evidence.asked_by_base:
        event = next(iter(one.request.header("event")), "").partition(";")[0].strip().lower()
        if (
            one.request.method == "SUBSCRIBE"
            and event == EVENT
            and (one.final is None or one.final.status not in CHALLENGES)
        ):
            found.setdefault(one.request.from_.user, []).append(Subscribe(one.request, one.final))
    return found


def _seconds(message: SipMessage) -> int | None:
    text = next(iter(message.header("expires")), "").strip()
    return int(text) if text.isascii() and text.isdigit() else None
