"""A stored capture as messages, streams and events: `read(path)` dissects only the requested protocols."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from harness.capture import repeats, rtp_flows, sip_flows
from harness.capture.dialogs import Dialog, group
from harness.capture.frames import Frames, Integers, frames_of, open_file
from harness.capture.ldap import LdapMessage
from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, IcmpMessage, Packet, RtcpReport, SipMessage
from harness.capture.naming import Descriptions
from harness.capture.other_protocols import PROTOCOLS, others_of
from harness.capture.packets import Others, Packets, packets_of
from harness.capture.rtp import RtpStream
from harness.capture.sight import Sight
from harness.capture.sight_of import sight_of
from harness.core.errors import UsageError

SIP, RTP, RTCP, STUN, OTHER = "sip", "rtp", "rtcp", "stun", "other"
USUAL = frozenset({SIP, RTP, RTCP})
EVERYTHING = frozenset({SIP, RTP, RTCP, STUN, *PROTOCOLS})
_BY_TSHARK_ALONE = set(PROTOCOLS) - {OTHER}
E = TypeVar("E", bound=Packet)


@dataclass(frozen=True)
class Trace:
    """The requested contents of a capture, in the order of time. Frames are counted from 1 as in the file."""

    sip: list[SipMessage]
    streams: list[RtpStream]
    rtcp: list[RtcpReport]
    others: list[Packet]
    sight: Sight
    frames: int
    repeats: frozenset[int] = frozenset()
    descriptions: Descriptions = field(default_factory=Descriptions, repr=False)

    @property
    def begins(self) -> float:
        """The time of the first frame in epoch seconds."""
        return self.sight.begins

    @property
    def ends(self) -> float:
        """The time of the last frame."""
        return self.sight.ends

    @property
    def events(self) -> list[Packet]:
        """All messages, reports and other events together, in order."""
        return sorted([*self.sip, *self.rtcp, *self.others], key=lambda event: (event.at, event.frame))

    @cached_property
    def dialogs(self) -> list[Dialog]:
        """The dialogs, one for each Call-ID."""
        return group(self.sip)

    @property
    def dns(self) -> list[DnsMessage]:
        """DNS questions and answers."""
        return _of(self.others, DnsMessage)

    @property
    def dhcp(self) -> list[DhcpMessage]:
        """DHCP messages."""
        return _of(self.others, DhcpMessage)

    @property
    def http(self) -> list[HttpMessage]:
        """HTTP requests and responses."""
        return _of(self.others, HttpMessage)

    @property
    def icmp(self) -> list[IcmpMessage]:
        """ICMP messages."""
        return _of(self.others, IcmpMessage)

    @property
    def ldap(self) -> list[LdapMessage]:
        """LDAP requests and answers."""
        return _of(self.others, LdapMessage)

    @cached_property
    def _by_end(self) -> dict[tuple[str, int], tuple[list[RtpStream], Integers, Integers]]:
        """The streams of each end with the times when they began and ended."""
        found: dict[tuple[str, int], list[RtpStream]] = {}
        for stream in self.streams:
            for end in {(stream.src, stream.sport), (stream.dst, stream.dport)}:
                found.setdefault(end, []).append(stream)
        return {
            end: (streams, np.array([s.first_at for s in streams]), np.array([s.last_at for s in streams]))
            for end, streams in found.items()
        }

    def streams_in(self, dialog: Dialog) -> list[RtpStream]:
        """The streams of one call: from or to its described ends, and sent during the call."""
        messages = dialog.messages
        hung_up = dialog.bye or dialog.failure
        over = hung_up.at if hung_up is not None else float("inf")
        found: dict[int, RtpStream] = {}
        for end in dialog.media_endpoints() & self._by_end.keys():
            streams, first, last = self._by_end[end]
            while_up = np.flatnonzero((last >= messages[0].at) & (first <= over))
            found |= {id(streams[place]): streams[place] for place in while_up.tolist()}
        return sorted(found.values(), key=lambda stream: (stream.first_at, stream.first_frame))


def read(
    path: Path,
    *,
    sip_ports: Collection[int] = sip_flows.SIP_PORTS,
    keylog: Path | None = None,
    want: Collection[str] = USUAL,
    clients: Collection[str] = (),
) -> Trace:
    """Read a stored capture; `want` names the protocols, `sip_ports` are those of SIP, `keylog` opens TLS.

    `keylog` is a key log, or the private key of a server with key exchange by RSA. With `clients` only the HTTP
    requests of these addresses are read: the pages that a phone serves are most of a capture. Raises UsageError for
    other files. A damaged file is read as far as possible; `sight` names the damage.
    """
    unknown = sorted(set(want) - EVERYTHING)
    if unknown:
        raise UsageError(f"no protocol {unknown[0]}", remedy=f"choose from {', '.join(sorted(EVERYTHING))}")
    if keylog is not None and not keylog.is_file():
        raise UsageError(
            f"{keylog}: no key log file", remedy="name a file in the format of SSLKEYLOGFILE, or a server's private key"
        )
    return _read(open_file(path), sip_ports, keylog, frozenset(want), clients)


def read_octets(data: bytes, *, before: int = 0, want: Collection[str] = USUAL) -> Trace:
    """Read a capture in memory, such as a slice of a run's file; `before` is added to its frame numbers."""
    return _read(frames_of(data, before=before), sip_flows.SIP_PORTS, None, frozenset(want))


def streams_of(data: bytes, descriptions: Descriptions, *, before: int = 0) -> list[RtpStream]:
    """The RTP streams of a slice whose signalling is given."""
    packets, _ = packets_of(frames_of(data, before=before))
    return rtp_flows.media_of(packets, descriptions).streams


def _read(
    frames: Frames,
    sip_ports: Collection[int],
    keylog: Path | None,
    want: frozenset[str],
    clients: Collection[str] = (),
) -> Trace:
    packets, others = packets_of(frames)
    twice = repeats.repeats_of(packets, others)
    copies = np.concatenate((packets.row[twice.packets], twice.rows)).astype(np.int64)
    packets, others = _once(packets, others, twice, copies)
    signalling, media = sip_flows.SipFound(), rtp_flows.MediaFound()
    if want - frozenset(_BY_TSHARK_ALONE):
        with _keys(frames, keylog) as known:
            signalling = sip_flows.sip_of(packets, others, ports=sip_ports, keylog=known)
    descriptions = Descriptions(signalling.messages)
    if want & {RTP, RTCP, STUN, OTHER}:
        media = rtp_flows.media_of(packets, descriptions)
    rest: list[Packet] = media.others if STUN in want else []
    if want & frozenset(PROTOCOLS):
        rest += others_of(packets, others, want, _taken(packets, signalling, media), clients)
        rest.sort(key=lambda event: (event.at, event.frame))
    return Trace(
        sip=signalling.messages if SIP in want else [],
        streams=media.streams if RTP in want else [],
        rtcp=media.rtcp if RTCP in want else [],
        others=rest,
        sight=sight_of(frames, len(others.strange), twice, signalling, media.streams),
        frames=len(frames),
        repeats=frozenset(frames.number[copies].tolist()),
        descriptions=descriptions,
    )


@contextmanager
def _keys(frames: Frames, keylog: Path | None) -> Iterator[Path | None]:
    """The given key log, else the keys inside a pcapng."""
    if keylog is not None or not frames.keys:
        yield keylog
        return
    with tempfile.NamedTemporaryFile(suffix=".log") as file:
        file.write(frames.keys)
        file.flush()
        yield Path(file.name)


def _taken(packets: Packets, signalling: sip_flows.SipFound, media: rtp_flows.MediaFound) -> Integers:
    """A mask of the packets with SIP or media."""
    taken = np.zeros(len(packets), dtype=bool)
    taken[[*signalling.indices]] = True
    for indices in media.indices:
        taken[indices] = True
    return taken


def _once(packets: Packets, others: Others, twice: repeats.Repeats, copies: Integers) -> tuple[Packets, Others]:
    """The packets without the repeats of a mirror port."""
    if not len(twice):
        return packets, others
    keep = np.ones(len(packets), dtype=bool)
    keep[twice.packets] = False
    return packets.where(keep), Others(*(rows[~np.isin(rows, copies)] for rows in others))


def _of(events: Sequence[Packet], kind: type[E]) -> list[E]:
    return [event for event in events if isinstance(event, kind)]
