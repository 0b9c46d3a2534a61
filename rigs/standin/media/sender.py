"""The outgoing RTP stream: what the handset says, digits, and silence when the handset brings nothing."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass

from rigs.standin.core.replacing import seam
from rigs.standin.core.strategies import Choices

from . import rtp
from .clock import Metronome
from .codecs import BY_NAME, AirToNetwork
from .dtmf import PAUSE_MS, SendingDigit
from .rtp import Address, PortPair
from .spandsp import FRAME_SAMPLES
from .strategies import (
    ContinuityStrategy,
    DestinationStrategy,
    DtmfStrategy,
)
from .tones import Tone, dtmf_tone

_SILENT_PCM = bytes(2 * FRAME_SAMPLES)
_FRAME_MS = 20
_SLACK_MS = 80


@dataclass(frozen=True, slots=True)
class Format:
    """What the answer settled: codec, the number in the packets, ms a packet, the number of events (None: none)."""

    codec: str
    payload_type: int
    ptime: int
    telephone_event: int | None


class Sender:
    """One stream of one session; its RTP clock runs on while nothing is sent, so that a pause stays a pause."""

    def __init__(self, ports: PortPair, strategies: Choices) -> None:
        self._ports = ports
        self._strategies = strategies
        self._metronome: Metronome | None = None
        self._running = False
        self._format: Format | None = None
        self._path: AirToNetwork | None = None
        self._speech = bytearray()
        self._filling = True
        self._margin_ms = _FRAME_MS
        self._first = True
        self._digits: deque[tuple[str, int]] = deque()
        self._digit: SendingDigit | None = None
        self._pause_ms = 0
        self._inband: tuple[Tone, int, int] | None = None
        self.ssrc = random.getrandbits(32)
        self._sequence = random.getrandbits(15)
        self.timestamp = random.getrandbits(31)
        self.sending = False
        self.target: Address | None = None
        self.first: Address | None = None
        self.seen: Address | None = None
        self.packets = 0
        self.octets = 0

    @property
    def destination(self) -> Address | None:
        """Where packets go now; None before the far end is known."""
        if self.target is None:
            return None
        chosen = self._strategies.get(DestinationStrategy)
        return chosen.target(self.target, self.seen, first=self.first or self.target)

    def configure(self, form: Format, path: AirToNetwork) -> None:
        """Takes the format of a new answer; the stream goes on with its numbers."""
        if self._format is None or self._format.codec != form.codec:
            self._speech.clear()
            self._filling = True
            self._path = path
        self._format = form
        if self._metronome is not None and self._metronome.milliseconds != form.ptime:
            self.stop()
            self.start()
        elif self._running:
            self.start()

    def start(self) -> None:
        """Packets are due from now on, or from the first format on: the answer to a late offer comes with the ACK."""
        self._running = True
        if self._metronome is None and self._format is not None:
            self._metronome = Metronome(self._format.ptime, self._beat)

    def stop(self) -> None:
        """No packet is due any more."""
        self._running = False
        if self._metronome is not None:
            self._metronome.stop()
            self._metronome = None

    def turn(self, sending: bool) -> None:
        """Whether packets are sent from now on."""
        self.sending = sending

    def speak(self, frame: bytes | None) -> None:
        """One 20 ms air frame of the handset; None stands for a silent one."""
        if self._path is None or self._format is None or not self.sending:
            return
        inband = self._inband_frame()
        if inband is not None or frame is None:
            self._speech += self._path.encode(_SILENT_PCM if inband is None else inband)
        else:
            self._speech += self._path.convert(frame)
        per_ms = BY_NAME[self._format.codec.upper()].bytes_per_ms
        most = (self._format.ptime + _SLACK_MS) * per_ms
        if len(self._speech) > most:
            del self._speech[: len(self._speech) - (self._format.ptime + self._margin_ms) * per_ms]

    def dial(self, digit: str, ms: int) -> None:
        """Queues a digit, for the speech band where there is no telephone-event; ValueError if it is no key."""
        self._strategies.get(DtmfStrategy).event(digit)
        self._digits.append((digit, ms))

    def _inband_frame(self) -> bytes | None:
        """The next 20 ms of a digit in the speech band, where the far end knows no telephone-event."""
        assert self._format is not None
        if self._inband is None and self._digits and self._format.telephone_event is None:
            digit, ms = self._digits.popleft()
            self._inband = dtmf_tone(digit), 0, max(ms, PAUSE_MS)
        if self._inband is None:
            return None
        tone, frame, ms = self._inband
        self._inband = (tone, frame + 1, ms) if (frame + 1) * _FRAME_MS < ms + PAUSE_MS else None
        return tone.frame(frame) if frame * _FRAME_MS < ms else _SILENT_PCM

    def _beat(self, missed: int) -> None:
        form = self._format
        assert form is not None
        step = self._strategies.get(ContinuityStrategy).step(form.ptime)
        self.timestamp = (self.timestamp + step * (1 + missed)) & 0xFFFFFFFF
        if not self.sending or self.destination is None:
            self._first = True
            self._speech.clear()
            self._filling = True
            return
        payload = self._cut(form)
        if not self._event(form):
            self._send(form.payload_type, self.timestamp, payload, self._first)
        self._first = False

    def _event(self, form: Format) -> bool:
        """Sends a packet of the digit under way, if there is one."""
        shape = self._strategies.get(DtmfStrategy)
        first = False
        if form.telephone_event is None:  # a new answer may take events away in the middle of a digit
            self._digit = None
            return False
        if self._digit is None:
            self._pause_ms = max(0, self._pause_ms - form.ptime)
            if self._pause_ms or not self._digits:
                return False
            self._digit = SendingDigit.of(*self._digits.popleft(), self.timestamp)
            first = True
        digit = self._digit
        payload = digit.packet(form.ptime, shape)
        self._send(form.telephone_event, digit.began, payload, first)
        if digit.over(shape):
            self._digit, self._pause_ms = None, PAUSE_MS
        return True

    def _cut(self, form: Format) -> bytes:
        """The speech of one packet; silence when the air brought too little, until a frame (later two) is in hand."""
        per_ms = BY_NAME[form.codec.upper()].bytes_per_ms
        needed = form.ptime * per_ms
        if self._filling:
            self._filling = len(self._speech) < needed + self._margin_ms * per_ms
        elif len(self._speech) < needed:
            self._filling, self._margin_ms = True, 2 * _FRAME_MS
        if self._filling:
            assert self._path is not None
            silence = b"".join(self._path.encode(_SILENT_PCM) for _ in range(-(-form.ptime // _FRAME_MS)))
            return silence[:needed]
        payload = bytes(self._speech[:needed])
        del self._speech[:needed]
        return payload

    def _send(self, payload_type: int, timestamp: int, payload: bytes, marker: bool) -> None:
        destination = self.destination
        if destination is None:
            return
        self._sequence = self._strategies.get(ContinuityStrategy).sequence(self._sequence)
        made = rtp.RtpPacket(payload_type, marker, self._sequence, timestamp, self.ssrc, payload)
        packet = self.outgoing(made)
        self._ports.send(packet.data, destination)
        self.packets += 1
        self.octets += len(payload)

    @seam
    def outgoing(self, packet: rtp.RtpPacket) -> rtp.RtpPacket:
        """The packet that is sent for this one; its numbers and time are those of its turn."""
        return packet
