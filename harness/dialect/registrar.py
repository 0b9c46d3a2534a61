"""Accounts and bindings: who may log in, and where a user is reached (RFC 3261 section 10.3)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from harness.dialect import values
from harness.dialect.message import Message
from harness.dialect.transports import Flow

LONGEST = 3600
ANOTHER_PHONE = "198.51.100.9"
"""An address of a documentation network (RFC 5737): nothing is sent there."""


@dataclass
class Binding:
    """A Contact of a user: the header's value as it came, until when it holds, and the flow that it came by."""

    contact: str
    until: float
    call_id: str
    cseq: int
    flow: Flow
    agent: str = ""
    greeted: bool = False
    reachable: bool = True

    @property
    def uri(self) -> str:
        """The Contact's URI."""
        return values.address(self.contact)

    @property
    def left(self) -> float:
        """Seconds until it runs out."""
        return max(0.0, self.until - time.monotonic())

    def shown(self) -> dict[str, Any]:
        """The binding as the control socket tells it."""
        received = f"{self.flow.transport}:{values.bracketed(self.flow.host)}:{self.flow.port}"
        return {"Address": self.uri, "Expires": self.left, "User-Agent": self.agent, "Received": received}


class Refused(Exception):
    """A REGISTER that is answered with another status than 200, and the header lines that go with it."""

    def __init__(self, status: int, *lines: str) -> None:
        super().__init__(status)
        self.status = status
        self.lines = lines


@dataclass
class Terms:
    """What is granted: at least, at most, where nothing is asked for; 0 for at most is what was asked for."""

    least: int = 0
    most: int = 0
    default: int = LONGEST
    longest: int = LONGEST
    raises: bool = False
    """Whether less than the least is granted the least instead of being refused."""


@dataclass
class Registrar:
    """Passwords by login, owners of logins of another name, users of the far ends, and bindings by user."""

    passwords: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    peers: set[str] = field(default_factory=set)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    forked: dict[str, list[str]] = field(default_factory=dict)
    diverted: dict[str, str] = field(default_factory=dict)
    """Whose calls go to whom."""
    shown: dict[str, str] = field(default_factory=dict)
    """The names of users."""
    several: int = 1
    """How many bindings an account keeps: a further one takes the place of the oldest."""

    def owner(self, login: str) -> str:
        """Whose login it is."""
        return self.owners.get(login, login)

    def is_known(self, user: str) -> bool:
        """Whether it is a user of this server."""
        return user in self.passwords or user in self.owners.values()

    def bound(self, user: str) -> list[Binding]:
        """The bindings of a user that have not run out."""
        kept = [one for one in self.bindings.get(user, ()) if one.left > 0]
        self.bindings[user] = kept
        return kept

    def reached(self, user: str) -> list[Binding]:
        """Where a call to a user rings: at its own bindings, and at those that calls to it fork to."""
        names = (user, *self.forked.get(user, ()))
        return [one for name in names for one in self.bound(name) if one.reachable]

    def register(self, user: str, request: Message, flow: Flow, terms: Terms) -> list[str]:
        """Change the bindings as the request wants; the Contact lines of its 200. Raises Refused."""
        contacts = request.listed("contact")
        asked = [(contact, _asked(contact, request, terms)) for contact in contacts]
        if terms.raises:
            asked = [(contact, max(seconds, terms.least) if seconds else 0) for contact, seconds in asked]
        if any(0 < seconds < terms.least for _, seconds in asked):
            raise Refused(423, f"Min-Expires: {terms.least}")
        if "*" in contacts:
            if len(contacts) > 1 or request.get("expires") != "0":
                raise Refused(400)
            self.bindings[user] = []
        for contact, seconds in asked:
            if contact != "*":
                self._bind(user, contact, min(seconds, terms.most or seconds, terms.longest), request, flow)
        return [_line(one) for one in self.bound(user)]

    def _bind(self, user: str, contact: str, seconds: int, request: Message, flow: Flow) -> None:
        uri, bound = values.address(contact), self.bound(user)
        old = next((one for one in bound if one.uri == uri), None)
        if old is not None and old.call_id == request.call_id and request.cseq[0] <= old.cseq:
            raise Refused(500)
        bare = values.without_parameter(contact, "expires")
        until = time.monotonic() + seconds
        new = old or Binding(bare, until, "", 0, flow, request.get("user-agent"))
        new.contact, new.until, new.flow, new.reachable = bare, until, flow, True
        new.call_id, new.cseq = request.call_id, request.cseq[0]
        others = [one for one in bound if one is not old]
        if seconds:
            others = [*others, new][-self.several :]
        self.bindings[user] = others


def _asked(contact: str, request: Message, terms: Terms) -> int:
    for text in (values.parameter(contact, "expires"), request.get("expires")):
        if text:
            return int(text) if text.isdigit() else terms.default
    return terms.most or terms.default


def _line(binding: Binding) -> str:
    shown = binding.contact if binding.contact.rstrip().endswith(">") or "<" in binding.contact else f"<{binding.uri}>"
    return f"Contact: {shown};expires={round(binding.left)}"


def another_phone(user: str, seconds: int) -> str:
    """The line of a binding of another phone of the same account."""
    return f"Contact: <sip:{user}@{ANOTHER_PHONE}:5060>;expires={seconds}"
