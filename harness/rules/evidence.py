"""Evidence: acts beside what was seen between two moments, and how it is divided into calls and bindings."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Collection, Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING

from harness.capture.sight import Sight
from harness.rules.binding import BindingEvidence, bindings_of
from harness.rules.call_evidence import CallEvidence, conversations_of

if TYPE_CHECKING:
    from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, IcmpMessage, RtcpReport, SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.acts import Act, Shown
    from harness.rules.conversation import Conversation

Streams = Callable[[], Sequence["RtpStream"]]


class Evidence:
    """All that is known of the time between two moments, in order; `base` are the addresses of the base.

    `streams` is asked once, when a rule first wants media; None where media were not captured. `acts` and `shown` are
    None for a trace of somebody else's, where no act is known: a rule that needs one says that it cannot be said.
    Calls that were over before `since` are left out.
    """

    def __init__(
        self,
        base: Collection[str],
        *,
        sip: Sequence[SipMessage] = (),
        streams: Streams | None = None,
        rtcp: Sequence[RtcpReport] = (),
        dns: Sequence[DnsMessage] = (),
        dhcp: Sequence[DhcpMessage] = (),
        http: Sequence[HttpMessage] = (),
        icmp: Sequence[IcmpMessage] = (),
        acts: Sequence[Act] | None = None,
        shown: Sequence[Shown] | None = None,
        sight: Sight | None = None,
        since: float = 0.0,
    ) -> None:
        self.base = frozenset(plain(address) for address in base)
        self.sip = sorted(sip, key=lambda message: message.at)
        self.rtcp, self.dns, self.dhcp, self.http, self.icmp = rtcp, dns, dhcp, http, icmp
        self.acts, self.shown = acts, shown
        self.sight = sight or Sight.whole(self.sip)
        self.since = since
        self._streams = streams
        self._is_base: dict[str, bool] = {}

    @cached_property
    def conversations(self) -> list[Conversation]:
        """All that was said by SIP: the calls, and the registrations, pings and notices beside them."""
        return [one for one in conversations_of(self) if one.last_at >= self.since]

    @cached_property
    def calls(self) -> list[CallEvidence]:
        """The base's calls: one for each Call-ID and tag of the base, in the order in which they began."""
        return [one for one in self.conversations if isinstance(one, CallEvidence)]

    @cached_property
    def bindings(self) -> list[BindingEvidence]:
        """The base's registrations: one for each address of record."""
        return bindings_of(self)

    @cached_property
    def streams(self) -> Sequence[RtpStream] | None:
        """The RTP streams from or to the base; None where media were not captured."""
        if self._streams is None:
            return None
        return [stream for stream in self._streams() if self.is_base(stream.src) or self.is_base(stream.dst)]

    def streams_between(self, start: float, end: float) -> Sequence[RtpStream] | None:
        """Those of the streams that were sent between two moments; None where media were not captured."""
        streams = self.streams
        return None if streams is None else [s for s in streams if s.last_at >= start and s.first_at <= end]

    def is_base(self, address: str) -> bool:
        """Whether an address, however it is written, is the base's."""
        found = self._is_base.get(address)
        if found is None:
            found = self._is_base[address] = plain(address) in self.base
        return found

    def saw_all(self, start: float, end: float) -> bool:
        """Whether every SIP message between two moments was seen, and whole: then what is missing was never sent."""
        return self.sight.covers(start, end) and not self._has_cut_messages

    @cached_property
    def _has_cut_messages(self) -> bool:
        return any(message.cut for message in self.sip)

    def acts_of(self, *kinds: str) -> list[Act]:
        """The acts of these kinds, in order; none where no act is known."""
        return [act for act in self.acts or () if act.kind in kinds]


@cache
def plain(address: str) -> str:
    """An IP address in its shortest form; anything else as it is."""
    try:
        return str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        return address
