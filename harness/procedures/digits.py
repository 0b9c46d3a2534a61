"""Digits pressed in a call, by telephone-event and by INFO, in both directions."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from harness.clock import WaitExpired, wait_until
from harness.errors import InvalidTest, RigFault
from harness.procedures.media import MediaActs

if TYPE_CHECKING:
    from harness.capture.rtp import DtmfEvent

DIGIT_LIMIT = 4.0
END_PACKETS = 3
INFO_NUMBERS = {"*": ("10",), "#": ("11",)}
"""Servers take star and hash by sign and by number alike (asterisk 1.8.10 chan_sip.c, handle_request_info)."""
INFO_SHORTEST_MS, INFO_LONGEST_MS = 40, 2000
"""From the shortest digit that counts (ITU-T Q.24) to what a short press cannot be."""
END_WITHIN = 0.5
"""Seconds after a digit in which its end packets must be there; they follow each other by a packet time."""


class DigitActs(MediaActs):
    """DTMF as the wire shows it."""

    def presses_digits(self, digits: str) -> None:
        """Digit keys in the call."""
        self.key_at = self.wire.mark()
        self.handset.press(*digits)

    def peer_got_digits(self, digits: str) -> None:
        """The far end has got these digits, once each and in order, by telephone-event on the wire.

        The wire judges: digits that were right on it and that the peer does not tell of are the peer's fault.
        """
        self.sent_telephone_events(digits)
        try:
            self.leg.expect_digits(digits, within=DIGIT_LIMIT)
        except InvalidTest as missing:
            self.keeps_to_the_rules_of_media()
            text = f"{self.leg.name} tells of {self.leg.digits or 'no digit'}, the base's RTP carries {digits}"
            raise RigFault("peer", text, remedy="the capture has them; look at the peer's log") from missing

    def sent_telephone_events(self, digits: str, end_packets: int | None = None) -> None:
        """One RFC 4733 event a digit, in order, with one timestamp, rising duration and so many end packets."""
        events = self._events_of(digits)
        with self.blames_the_keys():
            self.desk.same("telephone events", "".join(event.digit for event in events), digits)
        for event in events:
            if end_packets is not None:
                self.desk.same(f"end packets of digit {event.digit}", event.ends, end_packets)
            self.desk.same(f"duration of digit {event.digit} rises", event.rising, True)

    def sent_no_telephone_event(self) -> None:
        """No RFC 4733 event of the base in this call."""
        self.desk.same("telephone events", len(self._events()), 0)

    def sent_info_digit(self, digit: str, content_type: str) -> None:
        """The base's INFO since the key was pressed names the digit and its length in this body type."""
        with self.blames_the_keys():
            info = self.wire.sip.expect(
                method="INFO",
                source=self.base,
                within=self.dialog,
                since=self.key_at,
                timeout=self.desk.answer,
                claim="a digit is sent by INFO",
                **self.desk.cites(),
            )
        self.desk.same("body type of INFO", next(iter(info.header("content-type")), ""), content_type, info)
        told = _relay(info.body)
        signals = [digit, *INFO_NUMBERS.get(digit, ())]
        self.desk.same("Signal of INFO", told.get("signal", "none"), signals, info)
        duration = told.get("duration", "")
        if not duration.isdigit() or not INFO_SHORTEST_MS <= int(duration) <= INFO_LONGEST_MS:
            wanted = f"{INFO_SHORTEST_MS} to {INFO_LONGEST_MS} ms"
            self.desk.broken("Duration of INFO", wanted, duration or "none", [info])

    def peer_sends_digits(self, digits: str, method: str) -> None:
        """The peer sends digits; INFO of it must be answered 200."""
        since = self.wire.mark()
        self.leg.send_dtmf(digits, method=method)
        if method == "info":
            self._expect_response(200, "INFO is answered", since, method="INFO")
        else:
            self._witness_far_events(digits)

    def _witness_far_events(self, digits: str) -> None:
        """The far end's telephone events have reached the base."""

        def arrived() -> str:
            streams = [stream for stream in self.wire.rtp(self.dialog) if stream.dst in self.base]
            return "".join(event.digit for stream in streams for event in stream.dtmf if event.ends)

        try:
            wait_until(lambda: arrived() == digits, what="digits at the base", within=DIGIT_LIMIT, poll=0.1)
        except WaitExpired:
            self.desk.missing(f"telephone events {digits} at the base", arrived() or "none")

    def _events(self) -> list[DtmfEvent]:
        return [event for stream in self.base_streams() for event in stream.dtmf]

    def _events_of(self, digits: str) -> list[DtmfEvent]:
        """The telephone events once there are as many as digits, and the last one has all its end packets."""
        limit = DIGIT_LIMIT + len(digits)
        with contextlib.suppress(WaitExpired):  # what there is, is judged by the caller
            wait_until(lambda: len(self._events()) >= len(digits), what="telephone events", within=limit, poll=0.1)
            wait_until(lambda: self._events()[-1].ends >= END_PACKETS, what="its end", within=END_WITHIN, poll=0.05)
        return self._events()


def _relay(body: bytes) -> dict[str, str]:
    """`Signal=5` and `Duration=160` of an INFO body, names in lower case."""
    lines = [line.partition("=") for line in body.decode("ascii", "replace").splitlines()]
    return {name.strip().lower(): value.strip() for name, _, value in lines}
