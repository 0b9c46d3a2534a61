"""A leg: one dialog of the server with one end, and the other leg that it is joined to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from harness.dialect import values
from harness.dialect.message import Message
from harness.dialect.rewrite import Changes
from harness.dialect.transactions import ServerTransaction
from harness.dialect.transports import Flow


class Owner(Protocol):
    """Who answers the requests within a dialog."""

    def within(self, leg: Leg, server: ServerTransaction) -> None:
        """A request, or an ACK, has come within the dialog."""


@dataclass
class Leg:
    """What a dialog consists of (RFC 3261 section 12); `local` and `remote` are values of From and To without a tag."""

    owner: Owner
    sender: str
    call_id: str
    local: str
    local_tag: str
    remote: str
    remote_tag: str
    target: str
    flow: Flow
    user: str
    """The user part of the server's own Contact here: whom this end talks to."""
    serves: str = ""
    """The user at this end."""
    routes: list[str] = field(default_factory=list)
    cseq: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    """CSeq numbers of requests of this leg, by those of the requests of the other leg that they stand for."""
    moved: str = ""
    closed: bool = False
    timed: bool = False
    """Whether the server asked for a session timer that the other end knows nothing of."""
    late: bytes = b""
    """What the caller had offered where the INVITE here went without an offer: its number, and the offer that came."""
    late_number: int = 0
    offered: bytes = b""
    described: bytes = b""
    """The last description that the end here has sent."""
    pair: Leg | None = None
    opening: Callable[[str], None] | None = None
    """Makes the pair for a request of the far end, by its tag, that comes before any answer."""

    @property
    def key(self) -> tuple[str, str]:
        """How requests within it are found."""
        return self.call_id, self.local_tag

    def next_cseq(self, of: int = 0) -> int:
        """The number of a new request here, which stands for request number `of` of the other leg."""
        self.cseq += 1
        self.numbers[of] = self.cseq
        return self.cseq

    def own_request(self, number: int, method: str) -> dict[str, list[str]]:
        """The headers that name this dialog in a request of the server's."""
        return {
            "route": self.routes,
            "from": [values.with_tag(self.local, self.local_tag)],
            "to": [values.with_tag(self.remote, self.remote_tag)],
            "call-id": [self.call_id],
            "cseq": [f"{number} {method}"],
        }

    def learn(self, message: Message) -> None:
        """A message of the far end may name another target (section 12.2), and describe its media."""
        contact = next(iter(message.listed("contact")), "")
        if contact and message.method in ("INVITE", "UPDATE", "SUBSCRIBE", "NOTIFY", "REFER"):
            self.target = values.address(contact)
        if message.body and message.get("content-type").lower().startswith("application/sdp"):
            self.described = message.body

    def join(self, other: Leg) -> None:
        """Both are ends of one conversation."""
        self.pair, other.pair = other, self


def answering(request: Message, tag: str) -> Changes:
    """The headers by which an answer names its request; `tag` is for a To without one."""
    to = request.get("to")
    return {
        "via": request.all("via"),
        "from": [request.get("from")],
        "to": [to if request.to_tag else values.with_tag(to, tag)],
        "call-id": [request.call_id],
        "cseq": [request.get("cseq")],
    }


class Dialogs:
    """The dialogs of the server by Call-ID and own tag; a request that forks behind us has several of these."""

    def __init__(self) -> None:
        self._legs: dict[tuple[str, str], list[Leg]] = {}

    def add(self, leg: Leg) -> None:
        """Requests within it are found from now on."""
        self._legs.setdefault(leg.key, []).append(leg)

    def remove(self, leg: Leg) -> None:
        """It is no more."""
        left = [one for one in self._legs.pop(leg.key, []) if one is not leg]
        if left:
            self._legs[leg.key] = left

    def find(self, call_id: str, tag: str, remote_tag: str = "") -> Leg | None:
        """The leg of a Call-ID and an own tag, best the one with this far tag."""
        found = self._legs.get((call_id, tag), [])
        return next((leg for leg in found if leg.remote_tag == remote_tag), found[0] if found else None)

    def replaced(self, invite: Message) -> Leg | None:
        """The far end's leg of the call that Replaces names as one end knows it (RFC 3891)."""
        value = invite.get("replaces")
        named = values.parameters(value) if value else {}
        leg = self.find(value.split(";")[0].strip(), named.get("to-tag", ""), named.get("from-tag", ""))
        return leg.pair if leg is not None else None

    @property
    def all(self) -> list[Leg]:
        """Every leg, the latest last."""
        return [leg for legs in self._legs.values() for leg in legs]

    def of_user(self, user: str) -> list[Leg]:
        """The legs in which a user is the far end, the latest last."""
        return [leg for leg in self.all if leg.serves == user and not leg.closed]


def replaces(leg: Leg, value: str) -> str:
    """The value of Replaces as this leg's far end knows its dialog."""
    flag = ";early-only" if "early-only" in values.parameters(value) else ""
    return f"{leg.call_id};to-tag={leg.remote_tag};from-tag={leg.local_tag}{flag}"
