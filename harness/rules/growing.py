"""Evidence of a running session: new packets are added, and only the conversations that they touch are rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from harness.capture.ldap import LdapMessage
from harness.capture.messages import (
    DhcpMessage,
    DnsMessage,
    HttpMessage,
    IcmpMessage,
    Packet,
    RtcpReport,
    SipMessage,
)
from harness.capture.sight import Sight
from harness.rules.binding import Registrations
from harness.rules.call_evidence import CallEvidence, conversations_of
from harness.rules.evidence import End, Evidence
from harness.rules.transactions import Transactions

if TYPE_CHECKING:
    from harness.capture.rtp import RtpStream
    from harness.core.stall import Stall
    from harness.rules.acts import Act, Shown
    from harness.rules.conversation import Conversation
    from harness.rules.idle_state import IdleState

StreamsBetween = Callable[[float, float], "Sequence[RtpStream] | None"]
"""Reads the RTP streams between two moments from where they are stored."""
_GROWING = ("conversations", "asked_by_base", "asked_of_base", "bindings")
"""Evidence that grows with each addition."""
_DERIVED = [name for name, made in vars(Evidence).items() if isinstance(made, cached_property) and name not in _GROWING]
"""Values derived from all evidence, computed again after each addition."""


class GrowingEvidence(Evidence):
    """Evidence over all packets added so far.

    A conversation is the same object until a message touches it, or until its call, still open, is looked at again.
    """

    def __init__(self, base: Collection[str], *, begins: float, streams: StreamsBetween | None = None) -> None:
        super().__init__(base, acts=[], shown=[], sight=Sight(begins, begins))
        self._lists: dict[type[Packet], list[Any]] = {
            kind: []
            for kind in (SipMessage, RtcpReport, DnsMessage, DhcpMessage, HttpMessage, IcmpMessage, LdapMessage)
        }
        self.sip = self._lists[SipMessage]
        self.rtcp, self.dns = self._lists[RtcpReport], self._lists[DnsMessage]
        self.dhcp, self.http, self.icmp = self._lists[DhcpMessage], self._lists[HttpMessage], self._lists[IcmpMessage]
        self.ldap = self._lists[LdapMessage]
        self.size = 0
        self._between = streams
        self._messages: dict[str, list[SipMessage]] = {}
        self._with: dict[str, list[Conversation]] = {}
        self._open: set[str] = set()
        self._by_base, self._of_base, self._registrations = self._tables()

    def add(
        self,
        packets: Iterable[Packet],
        *,
        acts: Sequence[Act] | None,
        shown: Sequence[Shown] | None,
        idle: Sequence[IdleState] = (),
        until: float,
    ) -> set[str]:
        """Add the new packets; `acts`, `shown` and `idle` are those of the whole session.

        Returns the Call-IDs that got messages.
        """
        touched: set[str] = set()
        for packet in sorted(packets, key=lambda packet: (packet.at, packet.frame)):
            found = self._lists.get(type(packet))
            if found is None:
                continue
            found.append(packet)
            self.size += 1
            if isinstance(packet, SipMessage):
                self._note(packet)
                if packet.call_id:
                    self._messages.setdefault(packet.call_id, []).append(packet)
                    touched.add(packet.call_id)
        self.acts, self.shown, self.idle = acts, shown, idle
        self.sight = replace(self.sight, ends=until)
        self._put_together(touched | self._open)  # a power cut ends an open call without a message
        self._open = {call_id for call_id in touched | self._open if any(map(is_open, self._with[call_id]))}
        return touched

    def with_call_id(self, call_id: str) -> list[Conversation]:
        """The conversations of one Call-ID: two if the base has both ends."""
        return self._with.get(call_id, [])

    def know_base(self, addresses: Collection[str]) -> None:
        """Add addresses of the base: conversations built without them are built again."""
        before = self.base
        self.base |= frozenset(addresses)
        if self.base != before:
            self._is_base.clear()
            self._by_base, self._of_base, self._registrations = self._tables()
            for message in self.sip:
                self._note(message)
            self._put_together(self._messages)

    def know_gaps(self, gaps: Iterable[tuple[float, float]]) -> None:
        """Spans of time in which the capture was incomplete."""
        self.sight = replace(self.sight, gaps=tuple(gaps))

    def know_stalls(self, stalls: Iterable[Stall]) -> None:
        """Spans of time in which the host stood still."""
        self.sight = replace(self.sight, stalls=tuple(stalls))

    def streams_between(self, start: float, end: float) -> Sequence[RtpStream] | None:
        """The streams of this span of time, read from the store."""
        found = self._between(start, min(end, self.sight.ends)) if self._between is not None else None
        return None if found is None else [s for s in found if self.is_base(s.src) or self.is_base(s.dst)]

    def streams_of(self, ends: Collection[End], start: float, end: float) -> list[RtpStream] | None:
        """The streams from or to one of these ends."""
        found = self.streams_between(start, end)
        if found is None:
            return None
        return [s for s in found if (s.src, s.sport) in ends or (s.dst, s.dport) in ends]

    def _tables(self) -> tuple[Transactions, Transactions, Registrations]:
        by_base = Transactions(lambda m: self.is_base(m.src))
        of_base = Transactions(lambda m: self.is_base(m.dst) and not self.is_base(m.src))
        return by_base, of_base, Registrations(self)

    def _note(self, message: SipMessage) -> None:
        for table in (self._by_base, self._of_base, self._registrations):
            table.add(message)

    def _put_together(self, call_ids: Iterable[str]) -> None:
        for call_id in call_ids:
            self._with[call_id] = conversations_of(self, self._messages[call_id])
        for name in _DERIVED:
            self.__dict__.pop(name, None)
        found = [one for several in self._with.values() for one in several]
        self.conversations = sorted(found, key=lambda one: one.began_at)
        self.asked_by_base, self.asked_of_base = self._by_base.found, self._of_base.found
        self.bindings = self._registrations.bindings


def is_open(one: Conversation) -> bool:
    """Whether it is a call that has not ended."""
    return isinstance(one, CallEvidence) and one.ended_at is None
