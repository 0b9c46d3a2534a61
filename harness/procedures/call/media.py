"""Media of a call as the wire shows it: codecs, packet lengths, ports, marks, RTCP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import InvalidTest
from harness.core.tones import NOTHING_HEARD
from harness.procedures import judging
from harness.procedures.call import occasions
from harness.procedures.call.audio import WINDOW_MS
from harness.procedures.call.signalling import SignallingActs

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.core.tones import Tones

OVER_S = 0.6
"""Three times as long as late packets may still come."""
AFTER_S = 0.001
AS_BEFORE = ("AFTER-CODEC", "AFTER-SOURCE", "AFTER-NUMBERS", "AFTER-PTIME", "AFTER-LEVEL")
DEAD_PORT = 4998
RTCP_LIMIT = 9.0
"""A report comes about every 5 s (RFC 3550 §6.2), the first one after a random part of it."""


class MediaActs(SignallingActs):
    """What flows, and how."""

    # audio

    def carries_audio_both_ways(self) -> None:
        """Tones of both are heard at the other end."""
        self.audio.both_ways()

    def carries_steady_audio(self) -> None:
        """As both ways, and for so long that the levels can be told."""
        self.audio.both_ways(more=2)

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

    def peer_speaks_g726(self) -> None:
        """The peer is one that offers G.726 and nothing else."""
        self.peer_does["offer of G726-32"] = occasions.offers_g726

    def far_end_packs_as_aal2(self) -> None:
        """The server names the far end's G726-32 by what it is: baresip 1.0.0 packs it the AAL2 way."""
        self.context.server.fault("g726_aal2", 1)

    def is_silent_towards_the_peer(self) -> None:
        """Nothing of the room reaches the peer."""
        self.audio.silent_towards_the_peer()

    def gets_early_media_from_the_peer(self) -> None:
        """The peer answers 183 with a description before it answers the call."""
        since = self.wire.mark()
        self.leg.early_media()
        with self.context.needs_server_support("183, the first or a further one,"):
            self._witness_response(183, since, where=occasions.describes)

    def talks_while_held(self) -> None:
        """With the far end holding, the handset talks; whether that makes packets is a rule's."""
        self.base_stream()  # witness: before the hold it did send
        self.audio.silent_towards_the_peer()

    def stays_over(self, seconds: float = OVER_S) -> None:
        """The call that has ended is watched for a while longer; what the base still says in it is a rule's."""
        over = clock.Deadline(seconds)
        wait_until(lambda: over.expired, what="the time after the call", within=seconds + 1.0, poll=OVER_S / 4)

    # streams

    def peer_hides_its_media_port(self) -> None:
        """The peer's description names a port at which nobody listens; its packets come from another (as with NAT)."""
        self.peer_edits.append((r"^m=audio \d+", f"m=audio {DEAD_PORT}"))
        self.peer_does["a media port of the far end's own"] = occasions.receives_at(DEAD_PORT)

    def peer_numbers_events(self, payload_type: int) -> None:
        """The peer's description gives telephone-event this number."""
        self.peer_edits += [
            (r"^(m=audio .*) \d+(?=\s*$)", rf"\1 {payload_type}"),
            (r"rtpmap:\d+ telephone-event", f"rtpmap:{payload_type} telephone-event"),
            (r"fmtp:\d+ 0-1", f"fmtp:{payload_type} 0-1"),
        ]
        self.peer_does[f"number {payload_type} of telephone-event"] = occasions.numbers_events(payload_type)

    def peer_offers(self, *codecs: str) -> None:
        """The peer will offer these codecs only."""
        self.codecs = codecs
        self.peer_does[f"offer of {', '.join(codecs)} before all others"] = occasions.prefers(codecs)

    def base_streams(self) -> list[RtpStream]:
        """The RTP streams the base has sent in this call."""
        return [stream for stream in self.wire.rtp(self.dialog) if stream.src in self.base]

    def base_stream(self) -> RtpStream:
        """The base's longest stream; that it sent none at all is the base's failure."""
        streams = sorted(self.base_streams(), key=lambda stream: stream.packets)
        if not streams:
            self.context.broken("the base sends media", "an RTP stream of the base", "no RTP packet of the base")
        return streams[-1]

    def sends_for(self, seconds: float) -> None:
        """Until the base has sent for so long; what it sent is a rule's."""

        def lasted() -> bool:
            streams = self.base_streams()
            passed = max((s.last_at for s in streams), default=0.0) - min((s.first_at for s in streams), default=0.0)
            return passed >= seconds

        with self.rules_first():
            try:
                wait_until(lasted, what="a stream of that length", within=seconds + self.context.answer, poll=0.2)
            except WaitExpired:
                self.context.broken("the base goes on sending", f"a stream of {seconds:g} s", self.base_stream())

    def keeps_to_the_rules_of_media(self) -> None:
        """What the base has sent by RTP in this call keeps to every rule of the profile that looks at media."""
        __tracebackhide__ = True
        judging.judge_every_rule(self.context, call_id=self.dialog.call_id, media=True)

    def goes_on_as_before(self, *rules: str) -> None:
        """After a change of the session the call is the one that it was before it, by these rules or every one."""
        __tracebackhide__ = True
        for rule in rules or AS_BEFORE:
            self.judge(rule)

    def sends_rtcp_reports(self, count: int = 1) -> None:
        """Until the base has sent so many sender reports; what they say is a rule's."""
        since = self.began
        for _ in range(count):
            with self.rules_first():
                report = self.wire.rtcp.expect(
                    type=200, source=self.base, since=since, timeout=RTCP_LIMIT, claim="a call reports what it sends"
                )
            since = report.at + AFTER_S

    def takes_leave_by_rtcp(self) -> None:
        """Until the base's stream ends with an RTCP BYE; whose it is, is a rule's."""
        with self.rules_first():
            self.wire.rtcp.expect(
                type=203,
                source=self.base,
                since=self.began,
                timeout=self.context.answer,
                claim="a stream that ends is taken leave of",
            )

    def marks_signalling(self, tos: int) -> None:
        """Type-of-service byte of the base's SIP packets."""
        self.context.same("TOS of signalling", self._tos("sip"), [{tos}])

    def marks_media(self, tos: int) -> None:
        """Type-of-service byte of the base's RTP packets."""
        self.context.same("TOS of media", self._tos("rtp"), [{tos}])

    def _decoded(self, payload: int, codec: str) -> Tones:
        """The tones in the last window of what the base has sent so far."""
        from harness.capture.audio import decode
        from harness.core.tones import measured

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
