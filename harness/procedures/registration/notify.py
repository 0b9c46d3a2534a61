"""Requests of a server outside calls: waits for their answers and their effects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.procedures.judging import rules_first
from harness.rules.platform_requests import NO_ANSWER_S

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.readings import Readings
    from harness.procedures.registration.state import RegistrationState

LATE_S = 0.5
"""Seconds after the due time in which an answer is awaited, so that a late one is in the evidence."""


class NotifyExpectations:
    """Answers to OPTIONS and NOTIFY of the server, and the fetches and restarts that follow."""

    def __init__(self, state: RegistrationState, read: Readings) -> None:
        self._state = state
        self._context = state.context
        self._wire = state.wire
        self._read = read

    def expect_answer(self, method: str, within: float = 0.0) -> SipMessage:
        """The base answers the server's last request of this method."""
        addresses = self._context.base_addresses
        asked = self._wire.sip.require(method=method, dest=addresses, what=f"{method} of the server")
        with rules_first(self._context):
            return self._wire.sip.expect(
                cseq_method=method,
                source=addresses,
                since=asked.at,
                where=lambda m: m.status >= 200,
                timeout=(within or self._state.limit) + LATE_S,
                what=f"an answer to {method}",
            )

    def expect_answer_if_wanted(self, method: str, *, wanted: bool) -> None:
        """The server's last request of this method is answered, or gets no answer of any kind."""
        if wanted:
            self.expect_answer(method)
            return
        addresses = self._context.base_addresses
        asked = self._wire.sip.require(method=method, dest=addresses, what=f"{method} of the server")
        with rules_first(self._context):
            self._wire.sip.never(
                cseq_method=method,
                source=addresses,
                since=asked.at,
                during=NO_ANSWER_S + LATE_S,
                claim=f"{method} is never answered",
            )

    def expect_fetch(self) -> None:
        """A GET of the base follows the server's NOTIFY."""
        with rules_first(self._context):
            self._wire.http.expect(
                method="GET",
                source=self._context.base_addresses,
                timeout=self._context.rig.timing.boot,
                what="GET of the settings",
            )

    def expect_restart(self) -> None:
        """The base asks DHCP for an address, fetches its settings, and its first identity is bound.

        Inferred: it restarts without an address and does not keep its lease.
        """
        since, limit = self._wire.default_since, self._context.rig.timing.boot
        with rules_first(self._context):
            self._wire.dhcp.expect(**self._addressless(), since=since, timeout=limit, what="a DHCP request")
        self._context.base.wait_ready(since=since, users=[self._state.user], within=limit)
        self._read.uptime()

    def _addressless(self) -> dict[str, Any]:
        """The conditions on a DHCP request of a restarted base: it has no address, unlike one that renews its lease."""
        return {
            "type": ("Discover", "Request"),
            "mac": self._context.rig.base.mac.lower(),
            "where": lambda m: m.client_address in ("", "0.0.0.0"),
        }
