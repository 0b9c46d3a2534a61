"""The audio of one call: RTP on one side, the air on the other; and the maker of such sessions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import codecs, preference, srtp
from .clock import Metronome
from .codecs import BY_NAME, AirToNetwork
from .description import CodecSpec, Direction, MediaDescription
from .jitter import SILENT_AIR
from .listener import Listener
from .reports import Reports
from .rtp import Address, PortPair
from .sender import Format, Sender
from .spandsp import AIR_FRAME, G726Encoder
from .srtp import Crypto
from .strategies import (
    EarpieceStrategy,
    EncryptionStrategy,
    MediaTosStrategy,
    MicrophoneStrategy,
    PacketTimeStrategy,
    PortStrategy,
    SendingStrategy,
)
from .tones import Tone, ToneKind, progress_tone

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

_AIR_MS = 20


@dataclass(frozen=True, slots=True)
class Statistics:
    """A session in numbers, for the log; jitter in ms, round trip in s (None: the far end sent no report)."""

    sent: int
    received: int
    lost: int
    late: int
    concealed: int
    jitter_ms: float
    unknown: int
    round_trip: float | None


class MediaSession:
    """One audio line of one call of an identity; the ports are its own from the first moment."""

    def __init__(
        self, device: Device, identity: int, ports: PortPair, released: Callable[[MediaSession], None]
    ) -> None:
        self._device = device
        self.identity = identity
        self._ports = ports
        self._released = released
        self._choices = device.strategies.of(identity)
        self._sender = Sender(ports, self._choices)
        self._listener = Listener()
        user = device.settings.get("user_name", identity) or device.settings.get("base_name")
        cname = f"{user}@{preference.address(device)}"
        self._reports = Reports(ports, self._choices, self._sender, self._listener, cname)
        self._own_keys: tuple[Crypto, ...] = ()
        self._local: MediaDescription | None = None
        self._remote: MediaDescription | None = None
        self._left_behind: Address | None = None
        self._air: Callable[[bytes], None] | None = None
        self._air_clock: Metronome | None = None
        self._tone: tuple[Tone, int, G726Encoder] | None = None
        self._started = self._stopped = self.was_held = False
        ports.listen(self._rtp_came, self._rtcp_came)

    # --- what signalling asks

    @property
    def port(self) -> int:
        """The UDP port of RTP; RTCP is one above."""
        return self._ports.port

    @property
    def direction(self) -> Direction:
        """Our side of the line as last applied."""
        return self._local.direction if self._local else "sendrecv"

    @property
    def digits(self) -> list[tuple[str, int]]:
        """The far end's digits so far, each with its ms."""
        return self._listener.heard.digits

    def local_offer(self, direction: Direction) -> MediaDescription:
        """All enabled codecs in order; the address is the base's IPv4 address, else its first IPv6 one."""
        plain = preference.offer(self._device, self.identity, self.port, direction)
        agreed = self._remote.profile if self._remote is not None else ""
        clear = agreed and self._ports.protection is None  # a far end that knows no keys would refuse the change
        if clear or not self.encryption:
            return plain
        profile = self._choices.get(EncryptionStrategy).profile(agreed)
        return replace(plain, profile=profile, crypto=self._kept_keys())

    @property
    def encryption(self) -> bool:
        """Whether RTP Encryption is switched on for the identity."""
        return self._device.settings.bool("rtp_encryption", self.identity)

    def _kept_keys(self) -> tuple[Crypto, ...]:
        """The keys of this side: the same as long as the session lasts, so that its packet counters go on."""
        self._own_keys = self._own_keys or srtp.fresh()
        return self._own_keys

    def local_answer(self, remote: MediaDescription, direction: Direction) -> MediaDescription | None:
        """The formats of an offer that we speak, under the offer's numbers; None if there is none (488)."""
        plain = preference.offer(self._device, self.identity, self.port, direction)
        own = preference.answer(plain, remote, self._device, self.identity)
        if own is None or not (remote.encrypted or remote.crypto):
            return own
        if self.encryption and self._choices.get(EncryptionStrategy).encrypts(remote):
            return replace(own, profile=remote.profile, crypto=(self.key_for(remote.crypto[0]),))
        return None if remote.encrypted else own

    def key_for(self, theirs: Crypto) -> Crypto:
        """The answer to a line of an offer: its tag and suite, and our key of this suite."""
        own = next(key for key in self._kept_keys() if key.suite == theirs.suite)
        return replace(own, tag=theirs.tag)

    def apply(self, local: MediaDescription, remote: MediaDescription) -> None:
        """Takes an offer and its answer into use at once, running or not; ValueError if no codec is common to both."""
        chosen = next((theirs for theirs in remote.codecs if any(_same(theirs, ours) for ours in local.codecs)), None)
        if chosen is None:
            raise ValueError("offer and answer have no codec in common")
        self._protect(local, remote)
        if self._remote is not None and (self._remote.address, self._remote.port) != (remote.address, remote.port):
            self._far_end_moves()
        self._local, self._remote = local, remote
        self._sender.target = (remote.address, remote.port)
        self._sender.first = self._sender.first or self._sender.target
        self._listener.expect(local)
        form = self._format(chosen)
        self._sender.configure(form, AirToNetwork(*codecs.coding(form.codec)))
        self._turn()
        what = f"{form.codec}/{form.payload_type} {form.ptime} ms {local.direction}"
        self._log(f"media to {remote.address} port {remote.port}, {what}")

    def _protect(self, local: MediaDescription, remote: MediaDescription) -> None:
        """Encrypts from now on with the agreed keys, or not; ValueError if one side insists and there is no key."""
        pair = srtp.common(local.crypto, remote.crypto)
        if pair is None and (local.encrypted or remote.encrypted):
            raise ValueError("encrypted media without a key that both sides know")
        known = self._ports.protection
        if pair is None:
            self._ports.protection = None
        elif known is None or known.pair != pair:
            self._ports.protection = srtp.Protection(*pair)
            self._log(f"media encrypted with {pair[0].suite}")

    def set_direction(self, direction: Direction) -> None:
        """Our side turns at once, before the far end has agreed: the one who presses hold is not heard any more."""
        if self._local is not None:
            self._local = replace(self._local, direction=direction)
            self._turn()

    async def start(self) -> None:
        """Packets flow from now on; calling it again changes nothing."""
        if not self._started:
            self._started = True
            self.begin()

    def begin(self) -> None:
        """Both streams begin, unless the session is over."""
        if not self._stopped:
            self._sender.start()
            self._reports.start()

    async def stop(self) -> None:
        """Ends both streams, takes leave by RTCP BYE, gives the ports back; calling it again changes nothing."""
        if self._stopped:
            return
        self._stopped = True
        self._sender.stop()
        self._reports.stop()
        if self._air_clock is not None:
            self._air_clock.stop()
        self._ports.close()
        self._air = None
        self._log(f"media ended, {self.statistics}")
        self._released(self)

    def send_dtmf(self, digit: str, ms: int) -> None:
        """Sends a digit by RFC 4733, in the speech band where the far end has no events; ValueError if it is no key."""
        self._sender.dial(digit, ms)

    # --- what the exchange asks

    def connect_air(self, send: Callable[[bytes], None] | None) -> None:
        """The handset's ear: `send` gets 80 bytes each 20 ms until stop; None takes the handset away."""
        self._air = send
        if send is not None and self._air_clock is None and not self._stopped:
            self._air_clock = Metronome(_AIR_MS, self._air_beat)

    def receive_air(self, frame: bytes) -> None:
        """The handset's microphone: one frame of 80 bytes; others are passed over."""
        if len(frame) == AIR_FRAME:
            carries = self._choices.get(MicrophoneStrategy).carries(self.direction, self.was_held)
            self._sender.speak(frame if carries else None)

    def play_tone(self, kind: ToneKind) -> None:
        """A call progress tone in the handset's ear instead of what the network brings, until `stop_tone`."""
        self._tone = progress_tone(self._device.settings.get("tones"), kind), 0, G726Encoder()

    def stop_tone(self) -> None:
        """The network is heard again."""
        self._tone = None

    @property
    def statistics(self) -> Statistics:
        """The session so far."""
        reception, buffer = self._listener.reception, self._listener.buffer
        return Statistics(
            sent=self._sender.packets,
            received=reception.packets,
            lost=reception.lost,
            late=buffer.late,
            concealed=buffer.concealed,
            jitter_ms=round(reception.jitter / 8, 1),
            unknown=self._listener.unknown,
            round_trip=self._reports.far.round_trip,
        )

    # --- streams

    def _format(self, theirs: CodecSpec) -> Format:
        """What is sent: the far end's number, since it says what it wants to receive (RFC 3264 section 5.1)."""
        assert self._remote is not None
        setting = self._device.settings.int("packet_length", self.identity)
        ptime = self._choices.get(PacketTimeStrategy).sending(setting, self._remote.ptime, was_held=self.was_held)
        return Format(BY_NAME[theirs.name.upper()].name, theirs.payload, ptime, self._remote.telephone_event)

    def _far_end_moves(self) -> None:
        """New address by re-INVITE: used at once; stragglers of the old one must not draw us back (profiles, RTP-8).

        Only the old address is left behind. Where packets came from may be a NAT, from which they go on coming.
        """
        self._left_behind = self._sender.target
        self._sender.seen = self._reports.seen = None

    def _turn(self) -> None:
        assert self._local is not None
        assert self._remote is not None
        self.was_held |= self.direction != "sendrecv"
        self._sender.turn(self._choices.get(SendingStrategy).sends(self._local.direction, self._remote))
        if not self._audible:
            self._listener.buffer.reset()

    @property
    def _audible(self) -> bool:
        return self._choices.get(EarpieceStrategy).plays(self.direction, self.was_held)

    def _rtp_came(self, data: bytes, source: Address) -> None:
        protection = self._ports.protection
        if protection is not None and not data and protection.unread <= srtp.MOST_TOLD:
            self._log(f"a packet of {source[0]} cannot be decrypted: wrong key, changed, or sent again")
        belongs, digit = self._listener.take(data, self._audible)
        if belongs and source != self._left_behind:
            self._sender.seen = source
        if digit is not None:
            self._log(f"digit {digit[0]} heard, {digit[1]} ms")

    def _rtcp_came(self, data: bytes, source: Address) -> None:
        if self._reports.take(data) and (source[0], source[1] - 1) != self._left_behind:
            self._reports.seen = source

    def _air_beat(self, missed: int) -> None:
        frame = self._listener.buffer.frame() if self._audible else SILENT_AIR
        if self._tone is not None:
            tone, number, encoder = self._tone
            self._tone = tone, number + 1 + missed, encoder
            frame = encoder.encode(tone.frame(number))
        if self._air is not None:
            self._air(frame)

    def _log(self, text: str) -> None:
        self._device.log.write("media", 5, f"Identity {self.identity}: {text}")


def _same(one: CodecSpec, other: CodecSpec) -> bool:
    return one.name.upper() == other.name.upper() and one.rate == other.rate and one.name.upper() in BY_NAME


class Media:
    """The base's media component: gives ports to sessions and takes them back."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._next = 0
        self.sessions: list[MediaSession] = []

    async def start(self) -> None:
        """Nothing to wait for: ports are opened call by call."""

    async def stop(self) -> None:
        """Ends what still runs."""
        for session in tuple(self.sessions):
            await session.stop()

    def new_session(self, identity: int) -> MediaSession:
        """A session with a pair of ports from rtp_port_start..rtp_port_end; NoPortLeft when all are taken."""
        settings, strategies = self._device.settings, self._device.strategies
        first, last = settings.int("rtp_port_start"), settings.int("rtp_port_end")
        pairs = strategies.get(PortStrategy).pairs(first, last, self._next)
        tos = strategies.get(MediaTosStrategy).value(settings.int("tos_rtp"))
        ports = PortPair(pairs, tos, self._device.network.interface)
        session = MediaSession(self._device, identity, ports, self.sessions.remove)
        self._next = session.port + 2
        self.sessions.append(session)
        return session
