"""Digits pressed in a call, by telephone-event and by INFO, in both directions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest, RigFault
from harness.procedures.call.media import MediaActs

if TYPE_CHECKING:
    from harness.capture.rtp import DtmfEvent

DIGIT_LIMIT = 4.0
END_PACKETS = 3
END_WITHIN = 0.5
"""Seconds after a digit in which its end packets must be there; they follow each other by a packet time."""


class DigitActs(MediaActs):
    """DTMF as the wire shows it."""

    def presses_digits(self, digits: str) -> None:
        """Digit keys in the call."""
        for digit in digits:
            self.presses(digit, "digit", digit=digit)

    def peer_got_digits(self, digits: str) -> None:
        """The far end has got these digits, once each and in order; the wire judges what the base sent.

        Digits that were right on it and that the peer does not tell of are the peer's fault, or a lab's PBX keeps them.
        """
        self.sends_telephone_events(digits)
        try:
            self.leg.expect_digits(digits, within=DIGIT_LIMIT)
        except InvalidTest as missing:
            self.rules_speak()
            if not self.context.has_transparent_pbx:
                self.context.kept("digits of the base on their way to the far end", missing)
            text = f"{self.leg.name} tells of {self.leg.digits or 'no digit'}, the base's RTP carries {digits}"
            raise RigFault("peer", text, remedy="the capture has them; look at the peer's log") from missing

    def sends_telephone_events(self, digits: str) -> None:
        """Wait for as many events as digits, and for the end of the last one; what they are is a rule's."""
        limit = DIGIT_LIMIT + len(digits)
        with contextlib.suppress(WaitExpired):
            wait_until(lambda: len(self._events()) >= len(digits), what="telephone events", within=limit, poll=0.1)
            wait_until(lambda: self._events()[-1].ends >= END_PACKETS, what="its end", within=END_WITHIN, poll=0.05)

    def sends_info(self) -> None:
        """The base sends INFO for the digit that was pressed last; what it says is a rule's."""
        self.awaits("a digit is sent by INFO", since=self.key_at, method="INFO")

    def peer_sends_digits(self, digits: str, method: str) -> None:
        """The peer sends digits; INFO of it must be answered 200."""
        since = self.wire.mark()
        what = "INFO" if method == "info" else "telephone events of the far end"
        with self.context.needs_server_support(what):
            self.leg.send_dtmf(digits, method=method)
            if method == "info":
                self.wire.sip.witness(method="INFO", dest=self.base, within=self.dialog, since=since)
            else:
                self._witness_far_events(digits)
        if method == "info":
            self._expect_response(200, "INFO is answered", since, method="INFO")

    def _witness_far_events(self, digits: str) -> None:
        """The far end's telephone events have reached the base."""

        def arrived() -> str:
            streams = [stream for stream in self.wire.rtp(self.dialog) if stream.dst in self.base]
            return "".join(event.digit for stream in streams for event in stream.dtmf if event.ends)

        try:
            wait_until(lambda: arrived() == digits, what="digits at the base", within=DIGIT_LIMIT, poll=0.1)
        except WaitExpired:
            self.context.missing(f"telephone events {digits} at the base", arrived() or "none")

    def _events(self) -> list[DtmfEvent]:
        return [event for stream in self.base_streams() for event in stream.dtmf]
