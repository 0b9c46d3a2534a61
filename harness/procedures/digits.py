"""Digits pressed in a call, by telephone-event and by INFO, in both directions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.clock import WaitExpired, wait_until
from harness.errors import InvalidTest
from harness.procedures.media import MediaActs

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
        self.wire.mark()
        self.handset.press(*digits)

    def peer_got_digits(self, digits: str) -> None:
        """The far end has got these digits, once each and in order, by telephone-event on the wire."""
        self.sent_telephone_events(digits)
        try:
            self.leg.expect_digits(digits, within=DIGIT_LIMIT)
        except InvalidTest:
            self.desk.broken("every digit arrives", digits, self.leg.digits or "nothing")

    def sent_telephone_events(self, digits: str, end_packets: int | None = None) -> None:
        """One RFC 4733 event a digit, in order, with one timestamp, rising duration and so many end packets."""
        events = self._events_of(digits)
        self.desk.same("telephone events", "".join(event.digit for event in events), digits)
        for event in events:
            if end_packets is not None:
                self.desk.same(f"end packets of digit {event.digit}", event.ends, end_packets)
            self.desk.same(f"duration of digit {event.digit} rises", event.rising, True)

    def sent_no_telephone_event(self) -> None:
        """No RFC 4733 event of the base in this call."""
        self.desk.same("telephone events", len(self._events()), 0)

    def sent_info_digit(self, digit: str, content_type: str) -> None:
        """The base's INFO names the digit in this body type."""
        info = self.wire.sip.expect(
            method="INFO",
            source=self.base,
            within=self.dialog,
            since=self.began,
            timeout=self.desk.answer,
            claim="a digit is sent by INFO",
            **self.desk.cites(),
        )
        self.desk.same("body type of INFO", next(iter(info.header("content-type")), ""), content_type, info)
        body = info.body.decode("ascii", "replace").replace(" ", "")
        if f"Signal={digit}" not in body:
            self.desk.broken("the digit in INFO", f"Signal={digit}", body.strip() or "no body", [info])

    def peer_sends_digits(self, digits: str, method: str) -> None:
        """The peer sends digits; INFO of it must be answered 200."""
        since = self.wire.mark()
        self.leg.send_dtmf(digits, method=method)
        if method == "info":
            self._expect_response(200, "INFO is answered", since, method="INFO")
        else:
            self.wire.fence()

    def _events(self) -> list[DtmfEvent]:
        return [event for stream in self.base_streams() for event in stream.dtmf]

    def _events_of(self, digits: str) -> list[DtmfEvent]:
        """The telephone events once there are as many as digits, and the last one has all its end packets."""
        limit = DIGIT_LIMIT + len(digits)
        with contextlib.suppress(WaitExpired):  # what there is, is judged by the caller
            wait_until(lambda: len(self._events()) >= len(digits), what="telephone events", within=limit, poll=0.1)
            wait_until(lambda: self._events()[-1].ends >= END_PACKETS, what="its end", within=END_WITHIN, poll=0.05)
        return self._events()
