"""RTP streams as columns over their packets: loss, jitter, packet time, pauses, telephone events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Literal

from harness.capture import rtp_figures
from harness.capture.messages import endpoint
from harness.capture.naming import EVENT
from harness.capture.rtp_columns import Event, Rows, RtpColumns, RtpRow, columns_of
from harness.capture.rtp_events import DIGITS, DtmfEvent, dtmf_of
from harness.capture.rtp_figures import unwrapped
from harness.capture.sdp import Codec

__all__ = ["CLOCK_RATE", "DIGITS", "DtmfEvent", "Protection", "RtpRow", "RtpStream", "unwrapped"]

CLOCK_RATE = 8000
"""The clock of a payload type without a description."""
Protection = Literal["none", "srtp", "unknown"]


@dataclass(frozen=True)
class RtpStream:
    """One direction from one source during one call. Telephone events count as packets, not as audio.

    `codecs` has the codec of each payload type by its receiver's description. `protection` says whether the payload can
    be read: `unknown` without a description, if the lengths fit neither.
    """

    src: str
    sport: int
    dst: str
    dport: int
    ssrc: int
    columns: RtpColumns = field(repr=False, compare=False)
    codecs: Mapping[int, Codec] = field(default_factory=dict, compare=False)
    protection: Protection = "none"
    described: bool = True

    @classmethod
    def of_rows(
        cls, ends: tuple[str, int, str, int], ssrc: int, rows: Sequence[RtpRow], codecs: Mapping[int, Codec]
    ) -> RtpStream:
        """A stream of single packets."""
        return cls(*ends, ssrc, columns_of(rows), codecs)

    def with_rows(self, rows: Sequence[RtpRow]) -> RtpStream:
        """The same stream with other packets."""
        return replace(self, columns=columns_of(rows))

    def cut_at(self, moments: Sequence[float]) -> list[RtpStream]:
        """Its parts between these moments, in order, without empty parts."""
        import numpy as np

        places = [0, *np.searchsorted(self.columns.at, sorted(moments)).tolist(), self.packets]
        return [replace(self, columns=self.columns.part(a, b)) for a, b in pairwise(places) if a < b]

    # what was sent

    @cached_property
    def first_of_each_type(self) -> dict[int, float]:
        """The payload types in the order in which they appeared, and when."""
        import numpy as np

        kinds, places = np.unique(self.columns.payload_type, return_index=True)
        return {int(kinds[i]): float(self.columns.at[places[i]]) for i in np.argsort(places)}

    @property
    def payload_types(self) -> tuple[int, ...]:
        """The payload types in the order in which they appeared."""
        return tuple(self.first_of_each_type)

    @property
    def audio_types(self) -> tuple[int, ...]:
        """Payload types other than those of the telephone events."""
        events = {int(self.columns.payload_type[place]) for place in self.events}
        return tuple(kind for kind in self.payload_types if kind not in events)

    def lengths_of(self, payload_type: int) -> list[int]:
        """The different payload lengths of one type, sorted."""
        import numpy as np

        of_type = self.columns.payload_type == payload_type
        return [int(length) for length in np.unique(self.columns.length[of_type])]

    @property
    def rows(self) -> Rows:
        """The packets one by one; whole columns are much faster to judge."""
        return Rows(self.columns, self.events)

    @cached_property
    def events(self) -> Mapping[int, Event]:
        """The packets with telephone events, by their index."""
        if self.columns.events is not None:
            return self.columns.events
        kinds = [kind for kind, codec in self.codecs.items() if codec.name.lower() == EVENT]
        return self.columns.events_of(kinds) if kinds and self.protection != "srtp" else {}

    @cached_property
    def heard(self) -> Any:
        """A mask of the packets that are no telephone events."""
        import numpy as np

        mask = np.ones(len(self.columns), dtype=bool)
        mask[list(self.events)] = False
        return mask

    @cached_property
    def dtmf(self) -> tuple[DtmfEvent, ...]:
        """The telephone events, each with its packets."""
        return tuple(dtmf_of(self.rows, self.events, self.rate_of))

    @property
    def digits(self) -> str:
        """The digits that were sent, in order."""
        return "".join(event.digit for event in self.dtmf)

    def rate_of(self, payload_type: int) -> int:
        """The clock of a payload type in Hz."""
        codec = self.codecs.get(payload_type)
        return codec.rate if codec and codec.rate else CLOCK_RATE

    # how it went

    @property
    def packets(self) -> int:
        """The number of packets, duplicates included."""
        return len(self.columns)

    @property
    def arrivals(self) -> Any:
        """The times of the packets in epoch seconds."""
        return self.columns.at

    @cached_property
    def sequences(self) -> Any:
        """The sequence numbers, unwrapped."""
        return unwrapped(self.columns.sequence, 16)

    @cached_property
    def timestamps(self) -> Any:
        """The timestamps of the audio packets, unwrapped."""
        return unwrapped(self.columns.timestamp[self.heard], 32)

    @cached_property
    def rates(self) -> Any:
        """The clock of each audio packet."""
        import numpy as np

        table = np.array([self.rate_of(kind) for kind in range(128)], dtype=np.float64)
        return table[self.columns.payload_type[self.heard]]

    @cached_property
    def _counts(self) -> rtp_figures.Counts:
        return rtp_figures.counts(self.sequences, self.columns.at, self.ptime_ms / 1000)

    @property
    def lost(self) -> int:
        """The number of missing packets."""
        return self._counts.lost

    @property
    def duplicates(self) -> int:
        """The number of duplicates."""
        return self._counts.duplicates

    @property
    def reordered(self) -> int:
        """The number of packets that came after one that was sent later."""
        return self._counts.reordered

    @property
    def restarts(self) -> int:
        """How often the source restarted its sequence numbers."""
        return self._counts.restarts

    @cached_property
    def jitter_ms(self) -> float:
        """The interarrival jitter after the last packet (RFC 3550 §6.4.1)."""
        return rtp_figures.jitter_ms(self.columns.at[self.heard], self.timestamps, self.rates)

    @cached_property
    def ptime_ms(self) -> float:
        """The usual time from packet to packet, by the timestamps."""
        return rtp_figures.ptime_ms(self.timestamps, self.rates)

    @cached_property
    def payload_length(self) -> int:
        """The most frequent payload length of audio packets."""
        import numpy as np

        lengths, times = np.unique(self.columns.length[self.heard], return_counts=True)
        return int(lengths[np.argmax(times)]) if len(lengths) else 0

    @cached_property
    def max_gap_ms(self) -> float:
        """The longest time without a packet."""
        import numpy as np

        gaps = np.diff(self.columns.at[self.heard])
        return float(gaps.max()) * 1000 if len(gaps) else 0.0

    @property
    def first_at(self) -> float:
        """The time of its first packet."""
        return float(self.columns.at[0])

    @property
    def last_at(self) -> float:
        """The time of its last packet."""
        return float(self.columns.at[-1])

    @property
    def first_frame(self) -> int:
        """The frame of its first packet."""
        return int(self.columns.frame[0])

    @property
    def duration(self) -> float:
        """Seconds from the first packet to the last."""
        return self.last_at - self.first_at

    @property
    def loss(self) -> float:
        """Share of packets that are missing, 0 to 1."""
        return self.lost / (self.packets + self.lost) if self.packets else 0.0

    def between(self, start: float, end: float) -> int:
        """The number of packets between two moments."""
        return int(((self.columns.at >= start) & (self.columns.at <= end)).sum())

    @cached_property
    def is_cut(self) -> bool:
        """Whether the capture kept only the beginning of its packets."""
        return bool((self.columns.kept < self.columns.length).any())

    @property
    def unreadable(self) -> str:
        """Why its payload cannot be judged or decoded; empty if it can."""
        if self.protection == "srtp":
            return "encrypted (SRTP)"
        if self.is_cut:
            return "the capture cut its packets short"
        return "" if self.protection == "none" else "not described, and its lengths do not show whether it is encrypted"

    def __str__(self) -> str:
        ends = f"{endpoint(self.src, self.sport)} → {endpoint(self.dst, self.dport)}"
        types = "/".join(str(kind) for kind in self.payload_types)
        return (
            f"RTP {ends} ssrc {self.ssrc:08x} type {types}: {self.packets} packets, {self.lost} lost, "
            f"jitter {self.jitter_ms:.1f} ms, ptime {self.ptime_ms:g} ms"
        )
