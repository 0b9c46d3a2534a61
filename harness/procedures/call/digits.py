"""Digits of a call as the wire and the far end have them, by telephone-event and by INFO."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, RigFault
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.capture.rtp import DtmfEvent
    from harness.procedures.call.state import CallState

END_PACKETS = 3
"""RFC 4733 section 2.5.1.4."""


class Digits:
    """The digits as sent and received."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def expect_events(self, digits: str) -> None:
        """As many telephone events as digits have come, and the end of the last one; what they are is a rule's."""
        limit = limits().digits + len(digits)
        with contextlib.suppress(WaitExpired):
            wait_until(lambda: len(self._events()) >= len(digits), what="telephone events", within=limit, poll=0.1)
            ended = limits().digit_end
            wait_until(lambda: self._events()[-1].ends >= END_PACKETS, what="its end", within=ended, poll=0.05)

    def expect_at_the_peer(self, digits: str) -> None:
        """The far end has got these digits, once each and in order; the wire judges what the base sent.

        If the digits are right on the wire but not at the peer, the peer is at fault, or a PBX does not pass them on.
        """
        self.expect_events(digits)
        leg = self._state.leg
        try:
            leg.audio.expect_digits(digits, within=limits().digits)
        except InvalidTest as missing:
            self._state.rules_speak()
            if not self._context.has_transparent_pbx:
                self._context.not_passed_on("digits of the base on their way to the far end", missing)
            text = f"{leg.name} received {leg.audio.digits or 'no digit'}, the base's RTP carries {digits}"
            raise RigFault("peer", text, remedy="check the peer's log; the capture has the digits") from missing

    def expect_info(self) -> None:
        """The base sends INFO for the digit that was pressed last; what it says is a rule's."""
        self._state.await_message("a digit is sent by INFO", since=self._state.key_at, method="INFO")

    def _events(self) -> list[DtmfEvent]:
        return [event for stream in self._state.base_streams() for event in stream.dtmf]
