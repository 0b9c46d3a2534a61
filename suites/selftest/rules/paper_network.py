"""A base that boots on paper: DHCP, DNS, HTTP and acts, each a line, from which an evidence is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address

from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, SipMessage
from harness.capture.sight import Sight
from harness.rules.acts import Act, Shown
from harness.rules.evidence import Evidence
from harness.rules.findings import Result
from harness.rules.judge import Judgement, judge
from suites.selftest.rules.healthy_call import message

BASE, RIG, DEAD, MAC = "198.18.9.50", "198.18.9.1", "198.18.9.99", "00:04:13:30:01:21"
DIGITS = "000413300121"
AGENT = "Mozilla/4.0 (compatible; snom m9 9.2.45-a)"
NO_OPTIONS: Mapping[int, bytes] = {}
OPTIONS = (1, 3, 6, 15, 42, 51, 66, 67)


@dataclass
class Segment:
    """What is on the wire of a base, in the order in which it is told; `known` is false where no act is known."""

    known: bool = True
    now: float = 100.0
    dhcp: list[DhcpMessage] = field(default_factory=list)
    dns: list[DnsMessage] = field(default_factory=list)
    http: list[HttpMessage] = field(default_factory=list)
    sip: list[SipMessage] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    number: int = 0

    # time and acts

    def passes(self, seconds: float) -> Segment:
        """Time goes by."""
        self.now += seconds
        return self

    def act(self, kind: str, **detail: str) -> Segment:
        """Something was done to the base."""
        self.acts.append(Act(kind, self.now, self.now, detail=detail))
        return self.passes(0.1)

    def setting(self, name: str, value: str, identity: int = 0, channel: str = "web") -> Segment:
        """A setting was written."""
        return self.act("setting", name=name, value=value, identity=str(identity), channel=channel)

    def shows(self, kind: str, value: str, **detail: str) -> Segment:
        """A page was looked at."""
        self.shown.append(Shown(kind, self.now, 0, value, detail))
        return self.passes(0.1)

    # messages

    def boots(self, *, name: str = "snom-m9", asks_for: tuple[int, ...] = OPTIONS, **options: bytes) -> Segment:
        """Power, and an address: `o66=b"…"` is option 66 of the Ack."""
        self.act("power-on")
        given = {int(option[1:]): value for option, value in options.items()}
        for kind in ("Discover", "Request"):
            self._dhcp(kind, host_name=name, options={55: bytes(asks_for)})
        return self._dhcp("Ack", own=False, options=given)

    def renews(self, kind: str = "Request", **options: bytes) -> Segment:
        """The holder of the address asks for more time, and gets it."""
        self._dhcp(kind, client=BASE)
        given = {int(option[1:]): value for option, value in options.items()}
        return self._dhcp("Ack", own=False, options=given) if kind == "Request" else self

    def _dhcp(
        self,
        kind: str,
        *,
        own: bool = True,
        client: str = "",
        host_name: str = "",
        options: Mapping[int, bytes] = NO_OPTIONS,
    ) -> Segment:
        ends = (BASE, 68, RIG, 67) if own else (RIG, 67, BASE, 68)
        yours = "0.0.0.0" if own else BASE
        self.dhcp.append(
            DhcpMessage(
                self._frame(), self.now, *ends, "udp", type=kind, xid=7, mac=MAC, your_address=yours,
                client_address=client, host_name=host_name, options=dict(options),
            )
        )  # fmt: skip
        return self.passes(0.01)

    def asks_name(self, name: str, kind: str = "A", *, server: str = RIG) -> Segment:
        """A question."""
        self.number += 1
        return self._dns(name, kind, (BASE, 40000, server, 53))

    def told(self, name: str, address: str = RIG, *, ttl: int = 60, kind: str = "A") -> Segment:
        """The answer to the last question; without an address it holds nothing."""
        words = (f"{name}: type {kind}, class IN, addr {address}",) if address else ()
        lives = ttl if address else None
        return self._dns(name, kind, (RIG, 53, BASE, 40000), response=True, answers=words, ttl=lives)

    def _dns(self, name: str, kind: str, ends: tuple[str, int, str, int], **parts: object) -> Segment:
        message = DnsMessage(self._frame(), self.now, *ends, "udp", id=self.number, name=name, type=kind, **parts)  # type: ignore[arg-type]
        self.dns.append(message)
        return self.passes(0.01)

    def gets(
        self,
        uri: str,
        *,
        host: str | None = RIG,
        agent: str = AGENT,
        body: bytes = b"",
        status: int = 200,
        to: str = RIG,
        length: int | None = None,
    ) -> Segment:
        """A GET and its answer; one that promises another `length` is not in the packet as a whole."""
        headers = [("User-Agent", agent)] + ([("Host", host)] if host is not None else [])
        self.number += 1
        ports = (40000 + self.number, 80)
        self.http.append(
            HttpMessage(
                self._frame(), self.now, BASE, ports[0], to, ports[1], "tcp", method="GET", uri=uri,
                version="HTTP/1.1", headers=tuple(headers),
            )
        )  # fmt: skip
        self.passes(0.01)
        promised = (("Content-Length", str(len(body) if length is None else length)),)
        self.http.append(
            HttpMessage(
                self._frame(), self.now, to, ports[1], BASE, ports[0], "tcp", status=status, headers=promised, body=body
            )
        )
        return self.passes(0.01)

    def registers(self, user: str, name: str = "", *, expires: int = 600) -> Segment:
        """A REGISTER of one account."""
        ends = (f'From: "{name}" <sip:{user}@m9.test>;tag=b' if name else f"From: <sip:{user}@m9.test>;tag=b",)
        lines = (*ends, f"To: <sip:{user}@m9.test>", f"Expires: {expires}")
        self.sip.append(message(self.now, "REGISTER sip:m9.test SIP/2.0", "1 REGISTER", f"r{self.now:g}", *lines))
        return self.passes(0.01)

    def _frame(self) -> int:
        return len(self.dhcp) + len(self.dns) + len(self.http) + 1

    # judging

    @property
    def evidence(self) -> Evidence:
        """All of it until now."""
        acts, shown = (self.acts, self.shown) if self.known else (None, None)
        return Evidence(
            [BASE], dhcp=self.dhcp, dns=self.dns, http=self.http, sip=self.sip, acts=acts, shown=shown,
            sight=Sight(0.0, self.now),
        )  # fmt: skip

    def says_of(self, row: str) -> Judgement:
        """What one row says."""
        (found,) = judge(self.evidence, "asterisk", [row])
        return found

    def result(self, row: str) -> Result:
        """Held, broken, not exercised or cannot be said."""
        return self.says_of(row).result


def seconds(value: int) -> bytes:
    """A time as an option of DHCP has it."""
    return value.to_bytes(4, "big")


def addresses(*values: str) -> bytes:
    """A list of addresses as an option of DHCP has it."""
    return b"".join(IPv4Address(value).packed for value in values)
