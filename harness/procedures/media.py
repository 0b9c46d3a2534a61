"""Media of a call as the wire shows it: codecs, packet lengths, ports, DTMF, RTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import InvalidTest
from harness.procedures.hold import HoldActs

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream

DIGIT_LIMIT = 4.0
RTCP_LIMIT = 9.0
"""A report comes about every 5 s (RFC 3550 §6.2), the first one after a random part of it."""


class MediaActs(HoldActs):
    """What flows, and how."""

    # audio

    def carries_audio_both_ways(self) -> None:
        """Tones of both are heard at the other end."""
        self.audio.both_ways()

    def carries_audio_to_the_peer(self) -> None:
        """The handset's tone is heard at the peer."""
        self.audio.to_the_peer()

    def carries_audio_to_the_handset(self) -> None:
        """The peer's tone is heard at the handset."""
        self.audio.to_the_handset()

    def is_silent_towards_the_peer(self) -> None:
        """Nothing of the room reaches the peer."""
        self.audio.silent_towards_the_peer()

    def gets_early_media_from_the_peer(self) -> None:
        """The peer answers 183 with a description before it answers the call."""
        since = self.wire.mark()
        self.leg.early_media()
        self._witness_response(183, since)

    # streams

    def peer_offers(self, *codecs: str) -> None:
        """The peer will offer these codecs only."""
        self.codecs = codecs

    def base_streams(self) -> list[RtpStream]:
        """The RTP streams the base has sent in this call."""
        return [stream for stream in self.wire.rtp(self.dialog) if stream.src in self.base]

    def base_stream(self) -> RtpStream:
        """The base's longest stream; that it sent none at all is the base's failure."""
        streams = sorted(self.base_streams(), key=lambda stream: stream.packets)
        if not streams:
            self.desk.broken("the base sends media", "an RTP stream of the base", "no RTP packet of the base")
        return streams[-1]

    def sends(
        self,
        *,
        payload_type: int | None = None,
        payload_bytes: int | None = None,
        codec: str | None = None,
        ptime: int | None = None,
    ) -> None:
        """The base's stream has this payload type, payload length in bytes, codec name or packet time in ms."""
        stream = self.base_stream()
        if codec is not None:
            payload_type = self._agreed_payload(codec)
        if payload_type is not None:
            self.desk.same("payload types that are sent", stream.audio_types, [(payload_type,)])
        if payload_bytes is not None:
            self.desk.same("bytes of a packet's payload", stream.payload_length, payload_bytes)
        if ptime is not None:
            self.desk.same("packet time in ms", round(stream.ptime_ms), ptime)

    def lists_codecs(self, offer: SipMessage, first: list[int]) -> None:
        """The offer's payload types begin with these."""
        self.desk.same("order of the offered codecs", list(offer.sdp.audio.payloads[: len(first)]), [first], offer)

    def uses_media_ports(self, low: int, high: int) -> None:
        """The base receives on an even port of this range and sends from it."""
        description = self._own_descriptions()[-1]
        port = description.sdp.audio.port
        if port % 2 or not low <= port <= high:
            self.desk.broken("media port", f"an even port from {low} to {high}", port, [description])
        self.desk.same("port the base sends from", self.base_stream().sport, port, description)

    def sends_one_unbroken_stream(self) -> None:
        """One SSRC, no gap in sequence, no step in time."""
        streams = self.base_streams()
        self.desk.same("number of SSRCs", len({stream.ssrc for stream in streams}), 1)
        self.desk.same("packets missing in the base's stream", self.base_stream().lost, 0)

    def sends_rtcp_reports(self) -> None:
        """The base sends a sender report that counts what it has sent."""
        report = self.wire.rtcp.expect(
            type=200,
            source=self.base,
            since=self.began,
            timeout=RTCP_LIMIT,
            claim="a call reports what it sends",
            cites="RFC 3550 §6",
        )
        if report.sender_packets <= 0:
            self.desk.broken("the report counts the packets", "more than 0", report.sender_packets, [report])

    def marks_packets(self, sip: int, rtp: int) -> None:
        """Type-of-service byte of the base's signalling and media."""
        self.desk.same("TOS of signalling", self._tos("sip"), [{sip}])
        self.desk.same("TOS of media", self._tos("rtp"), [{rtp}])

    # digits

    def presses_digits(self, digits: str) -> None:
        """Digit keys in the call."""
        self.wire.mark()
        self.handset.press(*digits)

    def peer_got_digits(self, digits: str) -> None:
        """The far end has got these digits, once each and in order, by telephone-event on the wire."""
        try:
            self.leg.expect_digits(digits, within=DIGIT_LIMIT + len(digits))
        except InvalidTest:
            self.desk.broken("every digit arrives", digits, self.leg.digits or "nothing")
        self.sent_telephone_events(digits)

    def sent_telephone_events(self, digits: str, end_packets: int | None = None) -> None:
        """One RFC 4733 event a digit, in order, with one timestamp, rising duration and so many end packets."""
        self._wait_for_digits(digits)
        events = [event for stream in self.base_streams() for event in stream.dtmf]
        self.desk.same("telephone events", "".join(event.digit for event in events), digits)
        for event in events:
            if end_packets is not None:
                self.desk.same(f"end packets of digit {event.digit}", event.ends, end_packets)
            self.desk.same(f"duration of digit {event.digit} rises", event.rising, True)

    def sent_no_telephone_event(self) -> None:
        """No RFC 4733 event of the base in this call."""
        events = [event for stream in self.base_streams() for event in stream.dtmf]
        self.desk.same("telephone events", len(events), 0)

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

    def _wait_for_digits(self, digits: str) -> None:
        try:
            self.leg.expect_digits(digits, within=DIGIT_LIMIT + len(digits))
        except InvalidTest:
            self.wire.fence()  # the wire decides below

    def _tos(self, protocol: str) -> set[int]:
        """The type-of-service bytes of the base's packets of one protocol in this call."""
        self.dialog  # noqa: B018 - a call that never began has no packets to look at
        with self.wire.packets(f"{protocol} and ip.src == {self.base[0]}", since=self.began) as packets:
            return {int(packet.ip.dsfield, 16) for packet in packets}

    def _agreed_payload(self, codec: str) -> int:
        for message, description in reversed(self.dialog.descriptions()):
            found = description.audio.codec(codec)
            if found is not None and message.dst in self.base:
                return found.payload
        raise InvalidTest(f"{codec} agreed", "no description of the far end lists it")
