"""Evidence: acts and packets between two moments, divided into calls and bindings."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from harness.capture import headers
from harness.capture.sight import Sight
from harness.rules.act_index import ActIndex
from harness.rules.action_urls import ActionUrls
from harness.rules.addresses import plain
from harness.rules.binding import BindingEvidence, bindings_of
from harness.rules.call_evidence import CallEvidence, conversations_of
from harness.rules.fetches import Fetch, gets_of
from harness.rules.leases import NO_ADDRESS, Lease, leases_of
from harness.rules.lookups import Lookups
from harness.rules.passwords import NO_PASSWORDS, Passwords
from harness.rules.settings import Settings
from harness.rules.signed_requests import Signed, signed_requests
from harness.rules.sources import Source, sources_of
from harness.rules.starts import Start, starts_of
from harness.rules.transactions import Transaction, transactions

if TYPE_CHECKING:
    from harness.capture.ldap import LdapMessage
    from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, IcmpMessage, RtcpReport, SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.acts import Act, ActKind, Shown
    from harness.rules.conversation import Conversation
    from harness.rules.idle_state import IdleState

PORTS = {"http": 80, "https": 443}
End = tuple[str, int]
"""Address and port."""
Streams = Callable[[], Sequence["RtpStream"]]


class Evidence:
    """Everything known between two moments, in order; `base` are the addresses of the base.

    `streams` is called once, when a rule first needs media; None if media were not captured. `acts` and `shown` are
    None for a foreign trace without acts: a rule that needs an act returns "cannot be said".
    `idle` are the states between tests. Calls that were over before `since` are left out. `passwords` are those that
    digests are computed with.
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
        ldap: Sequence[LdapMessage] = (),
        acts: Sequence[Act] | None = None,
        shown: Sequence[Shown] | None = None,
        idle: Sequence[IdleState] = (),
        sight: Sight | None = None,
        since: float = 0.0,
        passwords: Passwords = NO_PASSWORDS,
    ) -> None:
        self.base = frozenset(plain(address) for address in base)
        self.sip = sorted(sip, key=lambda message: message.at)
        self.rtcp, self.dns, self.dhcp, self.http, self.icmp, self.ldap = rtcp, dns, dhcp, http, icmp, ldap
        self.acts, self.shown, self.idle = acts, shown, idle
        self.sight = sight or Sight.whole(self.sip)
        self.since = since
        self.passwords = passwords
        self._streams = streams
        self._index = ActIndex(acts, shown)
        self._rtcp_by_port: dict[tuple[str, int], list[RtcpReport]] = {}
        self._rtcp_indexed = 0
        self._is_base: dict[str, bool] = {}

    @cached_property
    def conversations(self) -> list[Conversation]:
        """All SIP conversations: calls, registrations, OPTIONS and NOTIFY."""
        return [one for one in conversations_of(self) if one.last_at >= self.since]

    @cached_property
    def calls(self) -> list[CallEvidence]:
        """The base's calls: one for each Call-ID and tag of the base, in the order in which they began."""
        return [one for one in self.conversations if isinstance(one, CallEvidence)]

    @cached_property
    def bindings(self) -> list[BindingEvidence]:
        """The base's registrations: one for each address of record."""
        return bindings_of(self)

    def binding_of(self, user: str) -> BindingEvidence | None:
        """The registration of an account; None if it was never seen."""
        return next((one for one in self.bindings if one.user == user), None)

    def user_at(self, uri: str) -> str:
        """The account whose Contact a Request-URI names, by its line= or else its user part; empty if none does."""
        called = headers.parse_address(f"<{uri}>")
        line = called.uri_params.get("line", "")
        contacts = [(one.user, one.requests[-1].contact) for one in self.bindings if one.requests]
        by_line = [user for user, contact in contacts if line and contact.uri_params.get("line", "") == line]
        by_user = [user for user, contact in contacts if called.user in (contact.user, user)]
        return next(iter(by_line or by_user), "")

    @cached_property
    def settings(self) -> Settings:
        """The base's settings and restarts, by the acts."""
        return Settings(self)

    @cached_property
    def asked_by_base(self) -> list[Transaction]:
        """The base's own requests of any method but ACK, with their answers."""
        return transactions(self.sip, lambda m: self.is_base(m.src))

    @cached_property
    def asked_of_base(self) -> list[Transaction]:
        """The requests to the base, with its answers."""
        return transactions(self.sip, lambda m: self.is_base(m.dst) and not self.is_base(m.src))

    @cached_property
    def asked_in_turn(self) -> list[list[Transaction]]:
        """The base's requests of one Call-ID and method, in order."""
        found: dict[tuple[str, str], list[Transaction]] = {}
        for one in self.asked_by_base:
            found.setdefault((one.request.call_id, one.request.method), []).append(one)
        return list(found.values())

    @cached_property
    def signed_requests(self) -> list[Signed]:
        """All credentials of the base's requests, in the order of the requests."""
        return list(signed_requests(self))

    @cached_property
    def hosts_in_via(self) -> frozenset[str]:
        """The sender addresses that the base's requests name, even if the trace shows others."""
        return frozenset(plain(headers.via_host("".join(one.request.via[:1]))) for one in self.asked_by_base)

    @cached_property
    def own_macs(self) -> frozenset[str]:
        """The base's hardware addresses, as far as DHCP gave them one of its addresses."""
        return frozenset(m.mac for m in self.dhcp if m.type == "Ack" and self.is_base(m.your_address))

    @cached_property
    def asked_for_an_address(self) -> list[DhcpMessage]:
        """The base's DHCP requests without an address, as after a start; renewals have one."""
        return [
            m
            for m in self.dhcp
            if m.mac in self.own_macs and m.type in ("Discover", "Request") and m.client_address in NO_ADDRESS
        ]

    @cached_property
    def leases(self) -> list[Lease]:
        """The addresses that DHCP gave the base, in order."""
        return leases_of(self)

    @cached_property
    def gets(self) -> list[Fetch]:
        """The base's HTTP requests, in order."""
        return gets_of(self)

    @cached_property
    def fetches(self) -> list[Fetch]:
        """Those of them that fetch documents; the others only tell of an event, or fetch a caller's picture."""
        parts = [urlsplit(act.detail.get("url", "")) for act in self.acts_of("picture")]
        pictures = {(one.hostname or "", one.port or PORTS.get(one.scheme, 0)) for one in parts}
        gets = [get for get in self.gets if not self.action_urls.concerns(get.request)]
        return [get for get in gets if (get.request.dst, get.request.dport) not in pictures]

    @cached_property
    def action_urls(self) -> ActionUrls:
        """The action URLs of identities, and the requests for them."""
        return ActionUrls(self)

    @cached_property
    def lookups(self) -> Lookups:
        """The base's DNS questions and the answers."""
        return Lookups(self)

    @cached_property
    def starts(self) -> list[Start]:
        """The times from one start of the base to the next in which it fetched anything."""
        return starts_of(self)

    def alive_after(self, at: float) -> bool:
        """Whether the base sent any SIP later than a moment."""
        return bool(self._sent_at) and self._sent_at[-1] > at

    def is_up(self, at: float) -> bool | None:
        """Whether the base runs at a moment: it has sent SIP since it last started; None if that is not known."""
        before = bisect_right(self._sent_at, at)
        if before == 0:
            return None
        return not self.settings.restarted(self._sent_at[before - 1], at)

    @cached_property
    def _sent_at(self) -> list[float]:
        return [message.at for message in self.sip if self.is_base(message.src)]

    @cached_property
    def streams(self) -> Sequence[RtpStream] | None:
        """The RTP streams from or to the base; None where media were not captured."""
        if self._streams is None:
            return None
        return [stream for stream in self._streams() if self.is_base(stream.src) or self.is_base(stream.dst)]

    def streams_between(self, start: float, end: float) -> Sequence[RtpStream] | None:
        """Those of the streams that were sent between two moments; None where media were not captured."""
        streams = self.streams
        if not streams:
            return streams
        first, last = self._spans
        return [streams[place] for place in ((last >= start) & (first <= end)).nonzero()[0].tolist()]

    @cached_property
    def _spans(self) -> tuple[Any, Any]:
        """When each stream began and ended, as arrays: thousands of calls ask."""
        import numpy as np

        streams = self.streams or ()
        return np.array([s.first_at for s in streams]), np.array([s.last_at for s in streams])

    def streams_of(self, ends: Collection[End], start: float, end: float) -> list[RtpStream] | None:
        """Those from or to one of these ends (address and port) that were sent between two moments."""
        if self.streams is None:
            return None
        found = {id(s): s for one in ends for s in self._streams_by_end.get(one, ())}
        return sorted((s for s in found.values() if s.last_at >= start and s.first_at <= end), key=lambda s: s.first_at)

    @cached_property
    def _streams_by_end(self) -> dict[End, list[RtpStream]]:
        found: dict[End, list[RtpStream]] = {}
        for stream in self.streams or ():
            found.setdefault((stream.src, stream.sport), []).append(stream)
            found.setdefault((stream.dst, stream.dport), []).append(stream)
        return found

    @cached_property
    def sources_of_no_call(self) -> list[Source]:
        """The RTP of the base in a foreign trace that no captured call describes."""
        if self.acts is not None:
            return []
        known = {id(stream) for call in self.calls for source in call.sources for stream in source.streams}
        lone = [s for s in self.streams or () if self.is_base(s.src) and id(s) not in known]
        return sources_of(self, None, lone)

    def is_base(self, address: str) -> bool:
        """Whether an address, however it is written, is the base's."""
        found = self._is_base.get(address)
        if found is None:
            found = self._is_base[address] = plain(address) in self.base
        return found

    def saw_all(self, start: float, end: float) -> bool:
        """Whether all SIP messages between two moments were captured completely: then a missing one was never sent."""
        return self.sight.covers(start, end) and not self._has_cut_messages

    @cached_property
    def _has_cut_messages(self) -> bool:
        return any(message.cut for message in self.sip)

    def acts_of(self, *kinds: ActKind) -> list[Act]:
        """The acts of these kinds, in order; none where no act is known."""
        return self.index.of_kinds(kinds)

    @property
    def index(self) -> ActIndex:
        """Acts and what was shown, by call, kind and handset."""
        if not self._index.is_of(self.acts, self.shown):
            self._index = ActIndex(self.acts, self.shown)
        return self._index

    def rtcp_from(self, address: str, port: int) -> list[RtcpReport]:
        """The RTCP packets that were sent from a port, in order."""
        if len(self.rtcp) != self._rtcp_indexed:
            self._rtcp_by_port = {}
            for report in self.rtcp:
                self._rtcp_by_port.setdefault((report.src, report.sport), []).append(report)
            self._rtcp_indexed = len(self.rtcp)
        return self._rtcp_by_port.get((address, port), [])

    def has_seen(self, start: float, end: float) -> bool:
        """Whether the evidence between two moments has no gap: then a missing packet did not come."""
        return end <= self.sight.ends and not self.has_lost(start, end)

    def has_lost(self, start: float, end: float) -> bool:
        """Whether packets between two moments may be missing from the capture."""
        return self.sight.has_lost(start, end)
