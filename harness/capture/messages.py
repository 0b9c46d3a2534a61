"""What was on the wire, as typed events: one class a protocol, all with frame number, time and both ends."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Any

from harness.capture import headers
from harness.capture.headers import Address
from harness.capture.sdp import Sdp
from harness.core.errors import Expectation, ProductFailure


def clock_text(at: float) -> str:
    """Local time of day to the millisecond, as all evidence writes it."""
    milliseconds = round(at * 1000)
    return time.strftime("%H:%M:%S", time.localtime(milliseconds // 1000)) + f".{milliseconds % 1000:03d}"


def endpoint(address: str, port: int) -> str:
    """`198.18.9.50:5060` or `[fd00:9::50]:5060`."""
    host = f"[{address}]" if ":" in address else address
    return f"{host}:{port}" if port else host


@dataclass(frozen=True)
class Packet:
    """Common to all: frame in the run's capture file (0: the file could not hold it), epoch seconds, both ends."""

    frame: int
    at: float
    src: str
    sport: int
    dst: str
    dport: int
    transport: str
    protocols: str = field(default="", repr=False)
    fields: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def summary(self) -> str:
        """What it is, in a few words."""
        return self.protocols.rpartition(":")[2] or "packet"

    def __str__(self) -> str:
        ends = f"{endpoint(self.src, self.sport)} → {endpoint(self.dst, self.dport)}"
        return f"{clock_text(self.at)} packet {self.frame} {ends} {self.summary}"


@dataclass(frozen=True)
class CSeq:
    """Number and method of a transaction's CSeq."""

    number: int
    method: str

    def __str__(self) -> str:
        return f"{self.number} {self.method}"


NOBODY = Address()
NO_CSEQ = CSeq(0, "")


@lru_cache(maxsize=1024)
def _places_of(names: tuple[str, ...]) -> Mapping[str, Sequence[int]]:
    """The places of each full name among these; most messages of a trace have the headers of many others."""
    found: dict[str, list[int]] = {}
    for place, name in enumerate(names):
        found.setdefault(headers.full_name(name), []).append(place)
    return found


@dataclass(frozen=True)
class SipMessage(Packet):
    """One SIP message. `method` is empty in responses, `status` 0 in requests.

    `problems` names each field that is not written as its grammar wants it; such a number reads as 0. `surplus` counts
    the octets of a datagram behind the body (RFC 3261 §18.3), `cut` says that the capture holds only the beginning.
    """

    method: str = ""
    status: int = 0
    reason: str = ""
    request_uri: str = ""
    cseq: CSeq = NO_CSEQ
    call_id: str = ""
    from_: Address = NOBODY
    to: Address = NOBODY
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)
    first_line: str = field(default="", repr=False)
    sdp_or_none: Sdp | None = field(default=None, repr=False)
    resend: bool = False
    problems: tuple[str, ...] = ()
    surplus: int = 0
    cut: bool = False
    octets: bytes = field(default=b"", repr=False, compare=False)

    def header(self, name: str) -> list[str]:
        """All values of a header in order, compact names and comma lists resolved; empty when absent."""
        found = self._values.get(name)
        if found is None:
            wanted = headers.full_name(name)
            lines = [self.headers[place][1] for place in self._places.get(wanted, ())]
            found = self._values[name] = headers.parts(wanted, lines)
        return found.copy()

    @cached_property
    def _places(self) -> Mapping[str, Sequence[int]]:
        """Where the lines of each header stand, by its full name."""
        return _places_of(tuple([name for name, _ in self.headers]))

    @cached_property
    def _values(self) -> dict[str, list[str]]:
        """The headers that were asked for already, by the name that was asked for."""
        return {}

    def has(self, name: str, containing: str = "") -> bool:
        """Whether a header is there, and one of its values contains this text."""
        values = self.header(name)
        return any(containing.lower() in value.lower() for value in values) if containing else bool(values)

    @property
    def sdp(self) -> Sdp:
        """The session description; a ProductFailure that names the message when it carries none."""
        if self.sdp_or_none is None:
            raise ProductFailure(Expectation("the message describes the session", "a session description", f"{self}"))
        return self.sdp_or_none

    @property
    def contact(self) -> Address:
        """The first Contact; empty when there is none."""
        return self.contacts[0] if self.contacts else NOBODY

    @cached_property
    def contacts(self) -> list[Address]:
        """All Contacts."""
        return [headers.parse_address(value) for value in self.header("contact")]

    @property
    def via(self) -> list[str]:
        """All Via values, topmost first."""
        return self.header("via")

    @cached_property
    def branch(self) -> str:
        """The branch of the topmost Via: names the transaction."""
        values = self.via
        if not values:
            return ""
        parameters = values[0].partition(";")[2]
        if '"' not in parameters:
            for part in parameters.split(";"):
                if part[:7].lower() == "branch=":
                    return part[7:].strip()
        return headers.parameters(parameters).get("branch", "")

    @cached_property
    def user_agent(self) -> str:
        """User-Agent of a request, Server of a response."""
        return next(iter(self.header("user-agent") or self.header("server")), "")

    @cached_property
    def expires(self) -> int | None:
        """The expiry in seconds asked for or granted: the Contact's own before the header's (RFC 3261 §10.2.1.1)."""
        text = self.contact.params.get("expires", "") or next(iter(self.header("expires")), "")
        return headers.number(text)

    @property
    def is_request(self) -> bool:
        """Whether this is a request."""
        return bool(self.method)

    @property
    def summary(self) -> str:
        """Method or status, with the direction when media is described: `INVITE sip:301@pbx (sendonly)`."""
        what = (
            f"{self.method} {self.request_uri}" if self.method else f"{self.status} {self.reason} ({self.cseq.method})"
        )
        if self.sdp_or_none and self.sdp_or_none.media:
            what += f" [{self.sdp_or_none.media[0].direction}]"
        return what


@dataclass(frozen=True)
class HttpMessage(Packet):
    """The head of one HTTP request or response; `method` is empty in responses."""

    method: str = ""
    uri: str = ""
    status: int = 0
    reason: str = ""
    version: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    body: bytes = field(default=b"", repr=False)

    def header(self, name: str) -> list[str]:
        """All values of a header, in order."""
        return [value for there, value in self.headers if there.lower() == name.lower()]

    @property
    def host(self) -> str:
        """The Host header."""
        return next(iter(self.header("host")), "")

    @property
    def user_agent(self) -> str:
        """Who asks."""
        return next(iter(self.header("user-agent")), "")

    @property
    def summary(self) -> str:
        """`GET /path` or `200 OK`."""
        return f"{self.method} {self.uri}" if self.method else f"HTTP {self.status} {self.reason}"


DHCP_TYPES = {1: "Discover", 2: "Offer", 3: "Request", 4: "Decline", 5: "Ack", 6: "Nak", 7: "Release", 8: "Inform"}


@dataclass(frozen=True)
class DhcpMessage(Packet):
    """One DHCPv4 message; `options` holds the raw bytes of each option by its number."""

    type: str = ""
    xid: int = 0
    mac: str = ""
    your_address: str = ""
    client_address: str = ""
    host_name: str = ""
    options: dict[int, bytes] = field(default_factory=dict, repr=False, compare=False)

    @property
    def asked_for(self) -> list[int]:
        """The option numbers of the parameter request list (option 55)."""
        return list(self.options.get(55, b""))

    @property
    def summary(self) -> str:
        """`DHCP Offer 198.18.9.50`."""
        return f"DHCP {self.type} {self.your_address if self.your_address != '0.0.0.0' else ''}".strip()


DNS_TYPES = {1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 12: "PTR", 16: "TXT", 28: "AAAA", 33: "SRV", 35: "NAPTR", 41: "OPT"}


@dataclass(frozen=True)
class DnsMessage(Packet):
    """One DNS question or answer; `answers` are tshark's one-line texts.

    `ttl` is the shortest time to live of the answer section, in seconds; None where there is none.
    """

    id: int = 0
    response: bool = False
    name: str = ""
    type: str = ""
    rcode: int = 0
    answers: tuple[str, ...] = ()
    ttl: int | None = None

    @property
    def summary(self) -> str:
        """`DNS SRV _sip._udp.example → …`."""
        if not self.response:
            return f"DNS {self.type} {self.name}?"
        return f"DNS {self.type} {self.name} = {'; '.join(self.answers) or f'nothing (rcode {self.rcode})'}"


@dataclass(frozen=True)
class ReportBlock:
    """What one side received of one source (RFC 3550 §6.4.1): `fraction` of 256 and `lost` packets, jitter in ticks."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_report: int = 0
    delay: int = 0


RTCP_TYPES = {
    200: "sender report", 201: "receiver report", 202: "source description", 203: "bye", 204: "application",
    205: "transport feedback", 206: "payload feedback", 207: "extended report",
}  # fmt: skip
NTP_TO_UNIX = 2_208_988_800
"""Seconds from 1900 to 1970 (RFC 5905)."""


@dataclass(frozen=True)
class RtcpReport(Packet):
    """One RTCP packet of a compound: its type (200 sender report, 201 receiver report, 203 bye …) and its figures.

    `ntp` is seconds and fraction of a sender report, `octets` what it says to have sent, `sources` whom a bye or a
    description names. `lost` and `jitter` are those of the first block. `problem` says what in it makes no sense;
    figures of an `encrypted` one (SRTCP) cannot be read.
    """

    type: int = 0
    ssrc: int = 0
    sender_packets: int = 0
    lost: int = 0
    jitter: int = 0
    ntp: tuple[int, int] = (0, 0)
    rtp_timestamp: int = 0
    octets: int = 0
    blocks: tuple[ReportBlock, ...] = ()
    sources: tuple[int, ...] = ()
    cname: str = ""
    problem: str = ""
    encrypted: bool = False

    @property
    def unreadable(self) -> RtcpReport:
        """The same of an encrypted session: only its head is in clear."""
        head = {one.name: getattr(self, one.name) for one in fields(Packet)}
        return RtcpReport(**head, type=self.type, ssrc=self.ssrc, encrypted=True)

    @property
    def ntp_time(self) -> float:
        """The sender's clock in epoch seconds; 0 when it tells none."""
        seconds, fraction = self.ntp
        return seconds - NTP_TO_UNIX + fraction / 2**32 if seconds else 0.0

    @property
    def summary(self) -> str:
        """`RTCP sender report`."""
        return f"RTCP {RTCP_TYPES.get(self.type, self.type)}"


@dataclass(frozen=True)
class IcmpMessage(Packet):
    """An ICMP or ICMPv6 message; what it complains about is in `fields`."""

    type: int = 0
    code: int = 0

    @property
    def summary(self) -> str:
        """`ICMP type 3 code 3`."""
        return f"ICMP type {self.type} code {self.code}"
