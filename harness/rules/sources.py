"""The packets of one source of the base in a call, as columns, to all destinations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.capture.rtp import unwrapped

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.rules.call_evidence import CallEvidence
    from harness.rules.evidence import Evidence

CLOCK_RATE = 8000
TICKS_PER_BYTE = {"PCMU": 1, "PCMA": 1, "G722": 1, "G726-32": 2, "AAL2-G726-32": 2}
"""The codecs with an RTP clock of 8 kHz, G.722 included (RFC 3551 section 4.5.2)."""


@dataclass(frozen=True)
class Packets:
    """Packets of a source as an occasion: time, place in the capture, and text."""

    at: float
    frame: int
    call_id: str
    told: object
    """Their source; its text is made only when it is shown."""

    def __str__(self) -> str:
        return str(self.told)


class Source:
    """The streams that have one port and one source identifier at the base, in the order of time.

    A source goes on without a gap when its destination changes, so its numbers are judged over all destinations.
    """

    def __init__(self, evidence: Evidence, call: CallEvidence | None, streams: Sequence[RtpStream]) -> None:
        self.evidence = evidence
        self.call = call
        self.streams = streams

    def __str__(self) -> str:
        return "\n            ".join(map(str, self.streams))

    @property
    def may_lack_packets(self) -> bool:
        """Whether sent packets may be missing: lost on the way to a foreign trace, or by the capture."""
        sight, begins, ends = self.evidence.sight, float(self.at[0]), float(self.at[-1])
        gaps = any(gap_begins <= ends and begins <= gap_ends for gap_begins, gap_ends in sight.gaps)
        return self.evidence.acts is None or bool(sight.lost_packets) or gaps

    @property
    def protected(self) -> str:
        """Why the payload lengths do not give the samples; empty if they do."""
        kinds = {stream.protection for stream in self.streams}
        if "srtp" in kinds:
            return "it is encrypted (SRTP)"
        return "no description is in sight, and it may be encrypted" if "unknown" in kinds else ""

    def occasion(self, place: int = 0) -> Packets:
        """The packet at an index."""
        call_id = self.call.call_id if self.call else ""
        return Packets(float(self.at[place]), int(self.frame[place]), call_id, self)

    # one entry for each packet

    @cached_property
    def _order(self) -> Any:
        import numpy as np

        return np.argsort(np.concatenate([s.columns.at for s in self.streams]), kind="stable")

    def _column(self, name: str) -> Any:
        if len(self.streams) == 1:
            return getattr(self.streams[0].columns, name)
        import numpy as np

        return np.concatenate([getattr(s.columns, name) for s in self.streams])[self._order]

    @cached_property
    def at(self) -> Any:
        """The times of the packets."""
        return self._column("at")

    @cached_property
    def frame(self) -> Any:
        """Its number in the capture."""
        return self._column("frame")

    @cached_property
    def kind(self) -> Any:
        """Its payload type."""
        return self._column("payload_type")

    @cached_property
    def marker(self) -> Any:
        """Whether it is marked."""
        return self._column("marker")

    @cached_property
    def length(self) -> Any:
        """Octets of its payload."""
        return self._column("length")

    @cached_property
    def tos(self) -> Any:
        """Its type of service; -1 where the IP header was not seen."""
        return self._column("tos")

    @cached_property
    def sequence(self) -> Any:
        """Its number, unwrapped."""
        return unwrapped(self._column("sequence"), 16)

    @cached_property
    def timestamp(self) -> Any:
        """Its timestamp, unwrapped."""
        return unwrapped(self._column("timestamp"), 32)

    @cached_property
    def audio(self) -> Any:
        """Whether it is speech of a codec whose samples can be counted."""
        return self._joined(lambda stream, ticks: stream.heard & (ticks[stream.columns.payload_type] > 0))

    @cached_property
    def ticks(self) -> Any:
        """The clock steps of its samples; 0 if they cannot be counted."""
        return self._joined(lambda stream, ticks: ticks[stream.columns.payload_type] * stream.columns.length)

    def _joined(self, column_of: Callable[[RtpStream, Any], Any]) -> Any:
        """A column made of each stream and its table of ticks: a number may have another codec in each."""
        import numpy as np

        parts = []
        for stream in self.streams:
            ticks = np.zeros(256, dtype=np.int64)
            for kind, codec in stream.codecs.items():
                ticks[kind] = TICKS_PER_BYTE.get(codec.name.upper(), 0)
            parts.append(column_of(stream, ticks))
        return parts[0] if len(parts) == 1 else np.concatenate(parts)[self._order]

    @cached_property
    def names(self) -> Mapping[int, str]:
        """The codec of each payload type by its receiver's description, in upper case."""
        return {kind: codec.name.upper() for s in self.streams for kind, codec in s.codecs.items()}

    @cached_property
    def rate(self) -> int:
        """The clock of most of its packets, in Hz: speech, or video."""
        import numpy as np

        kinds, times = np.unique(self.kind, return_counts=True)
        kind = int(kinds[np.argmax(times)])
        return next((stream.rate_of(kind) for stream in self.streams if kind in stream.codecs), CLOCK_RATE)

    @cached_property
    def is_gapless(self) -> bool:
        """Whether the number of each packet is one higher than that of the packet before."""
        import numpy as np

        return bool((np.diff(self.sequence) == 1).all())


def sources_of_call(call: CallEvidence) -> list[Source]:
    """What the base sent in a call: from the ports of its descriptions, or to those of the far end's."""
    own, far = (
        {
            (media.address, media.port)
            for message in call.descriptions
            if call.evidence.is_base(message.src) is ours
            for media in message.sdp.media
        }
        for ours in (True, False)
    )
    streams = call.base_streams or ()
    return sources_of(call.evidence, call, [s for s in streams if (s.src, s.sport) in own or (s.dst, s.dport) in far])


def sources_of(evidence: Evidence, call: CallEvidence | None, streams: Sequence[RtpStream]) -> list[Source]:
    """The sources of some streams of the base, in the order of their first packets."""
    found: dict[tuple[str, int, int], list[RtpStream]] = {}
    for stream in sorted(streams, key=lambda stream: stream.first_at):
        if stream.packets:
            found.setdefault((stream.src, stream.sport, stream.ssrc), []).append(stream)
    return [Source(evidence, call, of_one) for of_one in found.values()]
