"""dnsmasq's log as typed events: the base's requests by DHCP, DNS and TFTP, and the answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class DhcpExchange:
    """The data of one DHCP transaction, collected from several log lines and shared by its events."""

    transaction: str
    host_name: str = ""
    vendor_class: str = ""
    requested: list[int] = field(default_factory=list)
    sent: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class DhcpEvent:
    """One DHCP or DHCPv6 message: kind such as DISCOVER, OFFER, REQUEST, ACK, NAK, RELEASE, SOLICIT, REPLY."""

    at: float
    kind: str
    mac: str
    address: str = ""
    ignored: bool = False
    exchange: DhcpExchange = field(default_factory=lambda: DhcpExchange(""), compare=False)

    def __str__(self) -> str:
        name = f" {self.exchange.host_name!r}" if self.exchange.host_name else ""
        return f"DHCP{self.kind} {self.mac} {self.address}{name}{' (ignored)' if self.ignored else ''}"


@dataclass(frozen=True)
class DnsEvent:
    """A DNS query (`answer` empty) or one answer record; `type` such as A, AAAA, SRV, NAPTR."""

    at: float
    client: str
    type: str
    name: str
    answer: str = ""

    def __str__(self) -> str:
        return f"DNS {self.client} {self.type} {self.name}" + (f" is {self.answer}" if self.answer else "?")


@dataclass(frozen=True)
class TftpEvent:
    """A TFTP transfer: `kind` is sent, not found or failed."""

    at: float
    client: str
    kind: str
    path: str

    def __str__(self) -> str:
        return f"TFTP {self.path} to {self.client}: {self.kind}"


@dataclass(frozen=True)
class RouterEvent:
    """A router solicitation received or an advertisement sent."""

    at: float
    kind: str
    who: str

    def __str__(self) -> str:
        return f"{self.kind} {self.who}"


NetworkEvent = DhcpEvent | DnsEvent | TftpEvent | RouterEvent

_LINE = re.compile(r"^dnsmasq(?P<part>-dhcp|-tftp|-script)?(?:\[\d+\])?: (?P<text>.*)$")
_DHCP4 = re.compile(r"^(?P<id>\d+) DHCP(?P<kind>[A-Z]+)\(\S+?\)\s*(?P<rest>.*)$")
_DHCP_NOTE = re.compile(r"^(?P<id>\d+) (?P<key>client provides name|vendor class|requested options): (?P<value>.*)$")
_DHCP_SENT = re.compile(r"^(?P<id>\d+) sent size:\s*\d+ option:\s*(?P<number>\d+) (?P<name>\S+)\s*(?P<value>.*)$")
_MAC = re.compile(r"(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b", re.IGNORECASE)
_IPV4 = re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9a-f]{1,4}:){1,7}:?(?:[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*)?(?![\w:])", re.IGNORECASE)
_DNS_QUERY = re.compile(r"^\d+ (?P<client>\S+)/\d+ query\[(?P<type>[^\]]+)\] (?P<name>\S+) from ")
_DNS_ANSWER = re.compile(r"^\d+ (?P<client>\S+)/\d+ (?P<origin>\S+) (?P<name>\S+) is (?P<answer>.+)$")
_TFTP = re.compile(r"^(?P<kind>sent|failed sending) (?P<path>.+) to (?P<client>\S+)$")
_TFTP_MISSING = re.compile(r"^file (?P<path>.+) not found(?: for (?P<client>\S+))?$")
_ROUTER = re.compile(r"^(?P<kind>RTR-SOLICIT|RTR-ADVERT)\(\S+?\) ?(?P<who>.*)$")


class LogReader:
    """Turns log lines into events; keeps open transactions, so that later lines complete their events.

    `types` of DNS answers are those of the preceding query, as the log does not repeat them.
    """

    def __init__(self) -> None:
        self._exchanges: dict[str, DhcpExchange] = {}
        self._asked: dict[tuple[str, str], str] = {}

    def read(self, line: str, at: float) -> NetworkEvent | None:
        """The event in a line; None for a line that adds details to an event or is not used."""
        outer = _LINE.match(line.strip())
        if outer is None:
            return None
        text = outer["text"]
        readers: dict[str | None, Callable[[str, float], NetworkEvent | None]] = {
            "-dhcp": self._dhcp,
            "-tftp": _tftp,
            None: self._dns,
        }
        reader = readers.get(outer["part"])
        return reader(text, at) if reader else None

    def _dhcp(self, text: str, at: float) -> NetworkEvent | None:
        router = _ROUTER.match(text)
        if router:
            return RouterEvent(at, router["kind"], router["who"])
        note = _DHCP_NOTE.match(text) or _DHCP_SENT.match(text)
        if note:
            self._note(note)
            return None
        message = _DHCP4.match(text)
        if message is None:
            return None
        rest = message["rest"]
        mac = _MAC.search(rest)
        address = _IPV4.search(rest) or (_IPV6.match(rest) if not mac or mac.start() > 0 else None)
        return DhcpEvent(
            at,
            message["kind"],
            mac.group(0).upper() if mac else "",
            address.group(0) if address else "",
            rest.endswith("ignored"),
            self._exchange(message["id"]),
        )

    def _exchange(self, transaction: str) -> DhcpExchange:
        return self._exchanges.setdefault(transaction, DhcpExchange(transaction))

    def _note(self, note: re.Match[str]) -> None:
        exchange = self._exchange(note["id"])
        found = note.groupdict()
        if "number" in found:
            exchange.sent[int(found["number"])] = found["value"].strip()
        elif found["key"] == "client provides name":
            exchange.host_name = found["value"]
        elif found["key"] == "vendor class":
            exchange.vendor_class = found["value"]
        else:
            exchange.requested += [int(number) for number in re.findall(r"(\d+):", found["value"])]

    def _dns(self, text: str, at: float) -> NetworkEvent | None:
        query = _DNS_QUERY.match(text)
        if query:
            self._asked[query["client"], query["name"]] = query["type"]
            return DnsEvent(at, query["client"], query["type"], query["name"])
        answer = _DNS_ANSWER.match(text)
        if answer is None:
            return None
        asked = self._asked.get((answer["client"], answer["name"]), "")
        return DnsEvent(at, answer["client"], asked, answer["name"], answer["answer"])


def _tftp(text: str, at: float) -> NetworkEvent | None:
    done = _TFTP.match(text)
    if done:
        return TftpEvent(at, done["client"], "sent" if done["kind"] == "sent" else "failed", done["path"])
    missing = _TFTP_MISSING.match(text)
    if missing:
        return TftpEvent(at, missing["client"] or "", "not found", missing["path"])
    return None
