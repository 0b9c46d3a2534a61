"""A base and its registrar on paper: requests, answers, acts and time, from which an evidence is made."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from harness.capture.messages import DhcpMessage, DnsMessage, HttpMessage, IcmpMessage, SipMessage
from harness.capture.sight import Sight
from harness.capture.sip_reader import Repetitions, sip_message
from harness.rules.acts import Act, Shown
from harness.rules.digest import response_for
from harness.rules.evidence import Evidence
from harness.rules.judge import Judgement, judge
from harness.rules.passwords import NO_PASSWORDS, Passwords

BASE, SERVER, MAC = "198.18.9.50", "198.18.9.11", "00:04:13:30:01:21"
REALM, SECRET = "m9.example", "correct horse"
INSTANCE = '"<urn:uuid:484c821f-0000-1000-8000-000413300121>"'
CHALLENGE = f'Digest realm="{REALM}", nonce="n1"'


@dataclass
class Room:
    """Messages in the order in which they are told; `known` is false for a trace of somebody else's."""

    profile: str = field(default="asterisk", kw_only=True)
    known: bool = True
    user: str = "41"
    call_id: str = "r1@snom"
    number: int = 10
    line: str = "qx3k1d"
    transport: str = "udp"
    expires: int = 3600
    address: str = BASE
    now: float = 1000.0
    sip: list[SipMessage] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    dns: list[DnsMessage] = field(default_factory=list)
    dhcp: list[DhcpMessage] = field(default_factory=list)
    http: list[HttpMessage] = field(default_factory=list)
    icmp: list[IcmpMessage] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    passwords: Passwords = NO_PASSWORDS
    branch: int = 0
    _repetitions: Repetitions = field(default_factory=Repetitions)

    def __post_init__(self) -> None:
        self._offered("user_name", self.user)
        self.now += 1

    # time and acts

    def passes(self, seconds: float) -> Room:
        """Time goes by."""
        self.now += seconds
        return self

    def setting(self, name: str, value: str, identity: int = 1, channel: str = "web") -> None:
        """Somebody saved a setting."""
        detail = {"name": name, "value": value, "identity": str(identity), "channel": channel}
        self.acts.append(Act("setting", self.now, self.now + 0.1, detail=detail))
        self.now += 0.2

    def act(self, kind: str, **detail: str) -> None:
        """Somebody did something."""
        self.acts.append(Act(kind, self.now, self.now + 0.1, detail=detail))
        self.now += 0.2

    def shows(self, kind: str, value: str, handset: int = 0, **detail: str) -> None:
        """A handset or a page was looked at."""
        self.shown.append(Shown(kind, self.now, handset, value, detail))

    def _offered(self, name: str, value: str, identity: int = 1) -> None:
        detail = {"name": name, "value": value, "identity": str(identity), "channel": "provisioning"}
        self.acts += [Act("setting", self.now, self.now, detail=detail), Act("reboot", self.now + 0.1, self.now + 0.2)]

    # messages

    def asks(self, *changed: str, expires: int | None = None, again: bool = False, **parts: Any) -> SipMessage:
        """The base's REGISTER; `changed` lines take the place of those of their name; without a value they go."""
        self.number += 0 if again else 1
        self.branch += 0 if again else 1
        asked = self.expires if expires is None else expires
        host = f"[{self.address}]" if ":" in self.address else self.address
        contact = f"<sip:{self.user}@{host}:5060;transport={self.transport};line={self.line}>;reg-id=1"
        lines = {
            "Via": f"SIP/2.0/{self.transport.upper()} {host}:5060;branch=z9hG4bK-{self.branch};rport",
            "From": f"<sip:{self.user}@{SERVER}>;tag=base",
            "To": f"<sip:{self.user}@{SERVER}>",
            "Call-ID": self.call_id,
            "CSeq": f"{self.number} REGISTER",
            "Max-Forwards": "70",
            "Contact": f"{contact};+sip.instance={INSTANCE}",
            "Supported": "path, outbound, gruu",
            "User-Agent": "snom-m9/9.2.45-a",
            "Expires": str(asked),
            "Content-Length": "0",
        }
        return self.sends(parts.pop("first", f"REGISTER sip:{SERVER} SIP/2.0"), _with(lines, changed), **parts)

    def sends(self, first: str, lines: dict[str, str], body: str = "", **parts: Any) -> SipMessage:
        """Any message of the base."""
        return self._put(first, lines, body, src=self.address, dst=parts.pop("to", SERVER), **parts)

    def hears(self, first: str, lines: dict[str, str], body: str = "", **parts: Any) -> SipMessage:
        """Any message to the base."""
        return self._put(first, lines, body, src=parts.pop("source", SERVER), dst=self.address, **parts)

    def says(self, status: int, *extra: str, to: SipMessage | None = None, after: float = 0.01) -> SipMessage:
        """What the server says to the last request of the base."""
        asked = to or next(m for m in reversed(self.sip) if m.method)
        lines = {name: value for name, value in asked.headers if name in ("Via", "From", "To", "Call-ID", "CSeq")}
        lines["To"] += ";tag=server" if "tag=" not in lines["To"] else ""
        return self.hears(
            f"SIP/2.0 {status} Said", _with(lines | {"Content-Length": "0"}, extra), source=asked.dst, after=after
        )

    def grants(self, seconds: int, *others: str, after: float = 0.01) -> SipMessage:
        """200 to the last request; `others` are Contacts that stand before the base's own."""
        asked = next(m for m in reversed(self.sip) if m.method)
        own = f"<{asked.contact.uri}>;expires={seconds}"
        return self.says(200, f"Contact: {', '.join([*others, own])}", after=after)

    def signed(self, *changed: str, nonce: str = "n1", secret: str = SECRET, **parts: Any) -> SipMessage:
        """A REGISTER with credentials for a nonce, made of a secret; `parameters` are added or take others' place."""
        given = {"username": self.user, "realm": REALM, "nonce": nonce, "uri": f"sip:{SERVER}"}
        given |= parts.pop("parameters", {})
        given.setdefault("response", response_for(given, "REGISTER", secret) or "")
        bare = ("qop", "nc", "algorithm")
        text = ",".join(f"{name}={value}" if name in bare else f'{name}="{value}"' for name, value in given.items())
        return self.asks(f"Authorization: Digest {text}", *changed, **parts)

    def binds(self, seconds: int = 3600) -> Room:
        """The whole of a registration: challenge, credentials, grant."""
        self.asks()
        self.says(401, f"WWW-Authenticate: {CHALLENGE}")
        self.signed()
        self.grants(seconds)
        return self

    def is_asked(self, method: str, *extra: str, body: str = "", number: int = 1, **parts: Any) -> SipMessage:
        """A request of the server outside any dialog, to the Contact of the base."""
        lines = {
            "Via": f"SIP/2.0/UDP {SERVER}:5060;branch=z9hG4bK-{method}-{number}",
            "From": f"<sip:{REALM}>;tag=s{number}",
            "To": f"<sip:{self.user}@{SERVER}>",
            "Call-ID": f"{method}-{number}",
            "CSeq": f"1 {method}",
            "Content-Length": str(len(body)),
        }
        uri = f"sip:{self.user}@{self.address}:5060;transport=udp;line={self.line}"
        return self.hears(f"{method} {uri} SIP/2.0", _with(lines, extra), body, **parts)

    def answers(self, status: int, *extra: str, after: float = 0.01) -> SipMessage:
        """The base's answer to the last request of the server."""
        asked = next(m for m in reversed(self.sip) if m.method and m.dst == self.address)
        lines = {name: value for name, value in asked.headers if name in ("Via", "From", "To", "Call-ID", "CSeq")}
        lines["To"] += ";tag=base"
        return self.sends(f"SIP/2.0 {status} Said", _with(lines | {"Content-Length": "0"}, extra), after=after)

    def _put(self, first: str, lines: dict[str, str], body: str, after: float = 0.01, **parts: Any) -> SipMessage:
        self.now += after
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        raw = f"{first}\r\n{head}\r\n{body}".encode()
        ends = {"sport": 5060, "dport": 5060, "transport": self.transport, **parts}
        message = sip_message(len(self.sip) + 1, self.now, octets=raw, **ends)
        self.sip.append(self._repetitions.marked(message))
        return message

    # judging

    def evidence(self, **changed: Any) -> Evidence:
        """Everything until now."""
        acts = sorted(self.acts, key=lambda act: act.at) if self.known else None
        given: dict[str, Any] = {
            "sip": self.sip, "acts": acts, "shown": self.shown, "dns": self.dns, "dhcp": self.dhcp, "http": self.http,
            "icmp": self.icmp, "sight": Sight(1000.0, self.now, gaps=tuple(self.gaps)), "passwords": self.passwords,
        }  # fmt: skip
        return Evidence([BASE, "fd00:9::50"], **(given | changed))

    def says_of(self, rule: str, **changed: Any) -> Judgement:
        """What is said of one rule."""
        (found,) = judge(self.evidence(**changed), self.profile, [rule])
        return found

    def breaks(self) -> dict[str, list[str]]:
        """The rules that are broken, with the claims that say what broke."""
        found = judge(self.evidence(), "asterisk")
        return {one.rule.id: [f.claim or one.rule.claim for f in one.broken] for one in found if one.broken}


def _with(lines: dict[str, str], changed: tuple[str, ...]) -> dict[str, str]:
    found = dict(lines)
    for line in changed:
        name, _, value = line.partition(":")
        found.pop(name, None)
        if value.strip():
            found[name] = value.strip()
    return found


def moved(message: SipMessage, seconds: float) -> SipMessage:
    """The same message at another time."""
    return replace(message, at=message.at + seconds)
