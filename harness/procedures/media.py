"""Media of a call as the wire shows it: codecs, packet lengths, ports, marks, RTCP."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.clock import WaitExpired, wait_until
from harness.errors import InvalidTest
from harness.procedures import judging
from harness.procedures.audio import WINDOW_MS
from harness.procedures.signalling import SignallingActs
from harness.tones import NOTHING_HEARD

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream
    from harness.tones import Tones

SETTLED_S = 0.2
"""Packets that were on their way when a change was agreed may still come for so long."""
AFTER_THE_END_S = 0.02
OVER_S = 0.4
"""Twice as long as late packets may still come."""
DEAD_PORT = 4998
RTCP_LIMIT = 9.0
"""A report comes about every 5 s (RFC 3550 §6.2), the first one after a random part of it."""


class MediaActs(SignallingActs):
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

    def carries_nothing_but_the_peer(self) -> None:
        """The handset hears the peer's tone and no progress tone beside it."""
        self.audio.alone_to_the_handset()

    def carries_audio_on_the_wire(self, codec: str) -> None:
        """The handset's tone is in the base's packets, decoded as the codec's name says, whoever hears it."""
        payload = self._agreed_payload(codec)
        self.audio.on_the_wire(lambda: self._decoded(payload, codec))

    def far_end_packs_as_aal2(self) -> None:
        """The server names the far end's G726-32 by what it is: baresip 1.0.0 packs it the AAL2 way."""
        self.desk.server.knob("g726_aal2", 1)

    def is_silent_towards_the_peer(self) -> None:
        """Nothing of the room reaches the peer."""
        self.audio.silent_towards_the_peer()

    def gets_early_media_from_the_peer(self) -> None:
        """The peer answers 183 with a description before it answers the call."""
        since = self.wire.mark()
        self.leg.early_media()
        with self.desk.leaning_on_the_server("183, the first or a further one,"):
            self._witness_response(183, since)

    def sends_nothing_while_held(self) -> None:
        """With the far end holding, a talking handset makes no RTP packet."""
        self.base_stream()  # witness: before the hold it did send
        since = self.wire.mark() + SETTLED_S
        self.audio.silent_towards_the_peer()
        until = self.wire.mark()
        for stream in self.base_streams():
            sent = stream.between(since, until)
            if sent:
                seen = f"{sent} packets in {until - since:.1f} s: {stream}"
                self.desk.broken("nothing is sent to a far end that holds", "no RTP packet of the base", seen)

    def is_over(self) -> None:
        """After BYE and its 200 the base says nothing more in this call, by SIP or by RTP."""
        bye = self.dialog.bye
        assert bye is not None
        ended = next((m.at for m in self.dialog.messages if m.cseq.method == "BYE" and m.status >= 200), bye.at)
        self.wire.sip.never(
            source=self.base,
            within=self.dialog,
            since=ended + AFTER_THE_END_S,
            during=OVER_S,
            claim="a call that has ended is over",
            cites="RFC 3261 §15",
        )
        late = [(s.between(ended + SETTLED_S, ended + 60), s) for s in self.base_streams()]
        for packets, stream in late:
            if packets:
                self.desk.broken("media end with the call", "no RTP packet of the base", f"{packets} packets: {stream}")

    # streams

    def peer_hides_its_media_port(self) -> None:
        """The peer's description names a port at which nobody listens; its packets come from another (as with NAT)."""
        self.peer_edits.append((r"^m=audio \d+", f"m=audio {DEAD_PORT}"))

    def peer_numbers_events(self, payload_type: int) -> None:
        """The peer's description gives telephone-event this number."""
        self.peer_edits += [
            (r"^(m=audio .*) \d+(?=\s*$)", rf"\1 {payload_type}"),
            (r"rtpmap:\d+ telephone-event", f"rtpmap:{payload_type} telephone-event"),
            (r"fmtp:\d+ 0-1", f"fmtp:{payload_type} 0-1"),
        ]

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

    def sends_one_unbroken_stream(self, seconds: float) -> None:
        """For so long: one SSRC, no gap in sequence."""

        def lasted() -> bool:
            streams = self.base_streams()
            passed = max((s.last_at for s in streams), default=0.0) - min((s.first_at for s in streams), default=0.0)
            return passed >= seconds

        try:
            wait_until(lasted, what="a stream of that length", within=seconds + self.desk.answer, poll=0.2)
        except WaitExpired:
            self.desk.broken("the base goes on sending", f"a stream of {seconds:g} s", self.base_stream())
        self.desk.same("number of SSRCs", len({stream.ssrc for stream in self.base_streams()}), 1)
        self.desk.same("packets missing in the base's stream", self.base_stream().lost, 0)

    @contextlib.contextmanager
    def blames_the_base(self) -> Iterator[None]:
        """As for messages: a far end may leave for the sake of a packet it was never told of (baresip does)."""
        try:
            with super().blames_the_base():
                yield
        except InvalidTest:
            if self._dialog is not None:
                self.keeps_to_the_rules_of_media()
            raise

    def keeps_to_the_rules_of_media(self) -> None:
        """What the base has sent by RTP in this call keeps to every rule of the profile that looks at media."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.desk, call_id=self.dialog.call_id, media=True)

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
        streams = self.base_streams()
        self.desk.same("source of the report", report.ssrc, [stream.ssrc for stream in streams], report)
        sent = sum(stream.packets for stream in streams if stream.first_at <= report.at)
        if report.sender_packets > sent + 1:
            self.desk.broken("the report counts the packets", f"{sent} at most", report.sender_packets, [report])

    def takes_leave_by_rtcp(self) -> None:
        """The base's stream ends with an RTCP BYE."""
        bye = self.wire.rtcp.expect(
            type=203,
            source=self.base,
            since=self.began,
            timeout=self.desk.answer,
            claim="a stream that ends is taken leave of",
            cites="RFC 3550 §6.6",
        )
        known = [stream.ssrc for stream in self.base_streams()]
        if bye.ssrc:
            self.desk.same("source that takes leave", bye.ssrc, known, bye)
        late = sum(stream.between(bye.at + SETTLED_S, bye.at + 60) for stream in self.base_streams())
        self.desk.same("packets after the leave-taking", late, 0, bye)

    def marks_signalling(self, tos: int) -> None:
        """Type-of-service byte of the base's SIP packets."""
        self.desk.same("TOS of signalling", self._tos("sip"), [{tos}])

    def marks_media(self, tos: int) -> None:
        """Type-of-service byte of the base's RTP packets."""
        self.desk.same("TOS of media", self._tos("rtp"), [{tos}])

    def _decoded(self, payload: int, codec: str) -> Tones:
        """The tones in the last window of what the base has sent so far."""
        from harness.capture.audio import decode
        from harness.tones import measured

        sent = [stream for stream in self.wire.rtp(self.dialog) if stream.src in self.base]
        sounds = [sound for stream in sent if (sound := decode(stream, {payload: codec})) is not None]
        if not sounds:
            return NOTHING_HEARD
        return measured(sounds[-1].samples[-sounds[-1].rate * WINDOW_MS // 1000 :], sounds[-1].rate)

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
