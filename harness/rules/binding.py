"""The registrations of the base: REGISTER transactions by address of record, and what each was granted."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from harness.capture import headers
from harness.capture.equality import canonical, same_uri
from harness.rules.transactions import Transaction, Transactions

if TYPE_CHECKING:
    from harness.capture.headers import Address
    from harness.capture.messages import SipMessage
    from harness.rules.acts import Act
    from harness.rules.evidence import Evidence


PRODUCT = "snom-m9"
PLATFORM = re.compile(rf"{PRODUCT}\b", re.IGNORECASE)
"""The base's name in User-Agent (vendor presentation 2011, registration sample)."""


@dataclass(frozen=True)
class Grant:
    """A 2xx that granted a binding for some seconds."""

    request: SipMessage
    response: SipMessage
    seconds: int

    @property
    def at(self) -> float:
        """The time of the grant."""
        return self.response.at

    @property
    def ends(self) -> float:
        """When the binding runs out, unless it is refreshed."""
        return self.response.at + self.seconds


class BindingEvidence:
    """All REGISTER messages of one address of record on the base's wire, in order."""

    def __init__(
        self, evidence: Evidence, record: str, messages: Sequence[SipMessage], asked: Sequence[Transaction]
    ) -> None:
        self.evidence = evidence
        self.record = record
        self.messages = messages
        self.transactions = asked
        """The base's requests with their answers, in order."""

    def __str__(self) -> str:
        return f"registration of {self.record}"

    @property
    def user(self) -> str:
        """The user part of the address of record: the account."""
        return self.messages[0].to.user

    @cached_property
    def identity(self) -> int:
        """The base's number of the identity, by its settings; 0 if no act shows it."""
        return self.evidence.settings.identity_of(self.user, at=self.messages[-1].at)

    # transactions

    @cached_property
    def requests(self) -> list[SipMessage]:
        """The base's requests, each once."""
        return [one.request for one in self.transactions]

    def by_call_id(self) -> dict[str, list[Transaction]]:
        """The transactions of each Call-ID: one for each start of the base, and for each change of the identity."""
        found: dict[str, list[Transaction]] = {}
        for one in self.transactions:
            found.setdefault(one.request.call_id, []).append(one)
        return found

    def after(self, at: float) -> Iterator[Transaction]:
        """The transactions that began later than a moment, in order."""
        return iter(self.transactions[bisect_right(self._times, at) :])

    def next_after(self, at: float) -> Transaction | None:
        """The first that began later than a moment."""
        return next(self.after(at), None)

    # bindings

    @cached_property
    def grants(self) -> list[Grant]:
        """Each 2xx to a request for a binding that granted one, in order of the requests."""
        found = []
        for one in self.transactions:
            final = one.final
            if final is not None and 200 <= final.status < 300 and asks_for_a_binding(one.request):
                seconds = self.granted(one.request, final)
                if seconds:
                    found.append(Grant(one.request, final, seconds))
        return found

    def granted(self, request: SipMessage, response: SipMessage) -> int | None:
        """Seconds granted to the base's own Contact: a 200 also lists other bindings (RFC 3261 section 10.3 step 8).

        If the response has no time, the requested one; None if neither has a time.
        """
        listed, own = response.contacts, request.contact
        for same in (same_binding, same_place):
            contact = next((one for one in listed if same(one, own)), None)
            told = headers.number(contact.params.get("expires", "")) if contact is not None else None
            if told is not None:
                return told
        text = next(iter(response.header("expires")), "")
        told = headers.number(text)
        return told if told is not None else request.expires

    def bound_at(self, at: float) -> Grant | None:
        """The grant in force at a moment: the last one, unless it ran out or was removed."""
        latest: Grant | None = next((one for one in reversed(self.grants) if one.at <= at), None)
        if latest is None or latest.ends < at:
            return None
        taken_back = any(latest.at < one.at <= at and one.request.expires == 0 for one in self.after(latest.at))
        return None if taken_back else latest

    @property
    def of_another_device(self) -> str:
        """Why the documented form of the platform may not be required here; empty if it is required.

        A foreign trace may be of any phone: the form is required only of one that names the product in User-Agent.
        """
        if self.evidence.settings.known or not self.requests or PLATFORM.match(self.requests[0].user_agent):
            return ""
        return f"this may be another device: User-Agent is {self.requests[0].user_agent or 'missing'}, not {PRODUCT}"

    # acts

    def acts(self, *names: str) -> list[Act]:
        """The acts on settings of this identity, by name."""
        return self.evidence.settings.acts_on(self.identity, *names) if self.identity else []

    def touched(self, start: float, end: float) -> bool:
        """Whether an act on the identity or the base between two moments may explain a change."""
        return self.evidence.settings.touched(self.identity, start, end)

    @cached_property
    def _times(self) -> list[float]:
        return [one.at for one in self.transactions]


def asks_for_a_binding(request: SipMessage) -> bool:
    """Whether a REGISTER asks for a binding: it names a Contact and does not remove one."""
    contacts = request.header("contact")
    return bool(contacts) and "*" not in contacts and request.expires != 0


def same_binding(one: Address, other: Address) -> bool:
    """Whether two Contacts are one binding: their URIs are equal (RFC 3261 section 10.3 step 7, section 19.1.4)."""
    return same_uri(one.uri, other.uri)


def same_place(one: Address, other: Address) -> bool:
    """Whether two Contacts have user, host and port in common: some servers keep no more of a Contact."""
    return canonical(one.uri) == canonical(other.uri)


class Registrations:
    """The REGISTER messages of each address of record, with their transactions; messages are added in order."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self._found: dict[str, tuple[list[SipMessage], Transactions]] = {}

    def add(self, message: SipMessage) -> None:
        """The next message, if it is of a registration of the base."""
        evidence = self._evidence
        if message.cseq.method == "REGISTER" and (evidence.is_base(message.src) or evidence.is_base(message.dst)):
            record = canonical(message.to.uri)
            if record not in self._found:
                self._found[record] = ([], Transactions(lambda m: evidence.is_base(m.src)))
            messages, asked = self._found[record]
            messages.append(message)
            asked.add(message)

    @property
    def bindings(self) -> list[BindingEvidence]:
        """One for each address of record that the base registers, as it is now."""
        found = self._found.items()
        return [BindingEvidence(self._evidence, record, of[0], of[1].found) for record, of in found]


def bindings_of(evidence: Evidence) -> list[BindingEvidence]:
    """Those of all evidence."""
    known = Registrations(evidence)
    for message in evidence.sip:
        known.add(message)
    return known.bindings
