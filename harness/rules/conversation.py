"""The messages of one Call-ID at one end of the base, sent and received, and their transactions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import CSeq, SipMessage
    from harness.rules.evidence import Evidence

Transaction = tuple[str, str]
"""Branch of the topmost Via and method of the CSeq."""


class Conversation:
    """A call, a registration, a ping: the messages of one Call-ID and one tag of the base's own, in order."""

    def __init__(self, evidence: Evidence, call_id: str, own_tag: str, messages: Sequence[SipMessage]) -> None:
        self.evidence = evidence
        self.call_id = call_id
        self.own_tag = own_tag
        self.messages = messages

    def __str__(self) -> str:
        return f"Call-ID {self.call_id}"

    @cached_property
    def sent(self) -> list[SipMessage]:
        """The messages that the base sent, repetitions included."""
        return [m for m in self.messages if self.evidence.is_base(m.src)]

    @cached_property
    def heard(self) -> list[SipMessage]:
        """The messages to the base, repetitions included."""
        return [m for m in self.messages if not self.evidence.is_base(m.src)]

    @cached_property
    def requests(self) -> list[SipMessage]:
        """The base's requests, each once."""
        return [m for m in self.sent if m.is_request and not m.resend]

    @cached_property
    def responses(self) -> list[SipMessage]:
        """The base's responses, each once."""
        return [m for m in self.sent if not m.is_request and not m.resend]

    @cached_property
    def asked_of_the_base(self) -> list[SipMessage]:
        """The far end's requests, each once."""
        return [m for m in self.heard if m.is_request and not m.resend]

    def request_of(self, response: SipMessage) -> SipMessage | None:
        """The request of a response, from either side; None if it was not seen."""
        found = self._by_transaction.get(_transaction(response), ([], []))[0]
        return next((m for m in found if m.src != response.src), None)

    def responses_to(self, request: SipMessage) -> list[SipMessage]:
        """The responses to a request, repetitions included."""
        found = self._by_transaction.get(_transaction(request), ([], []))[1]
        return [m for m in found if m.src != request.src]

    def final(self, request: SipMessage) -> SipMessage | None:
        """The first final response to a request."""
        return next((m for m in self.responses_to(request) if m.status >= 200), None)

    def own_invite(self, number: int) -> SipMessage | None:
        """The base's INVITE with this CSeq number."""
        return self._own_invites.get(number)

    @cached_property
    def numbers_asked(self) -> frozenset[CSeq]:
        """The CSeq of each of the far end's requests."""
        return frozenset(m.cseq for m in self.asked_of_the_base)

    @property
    def began_at(self) -> float:
        """The time of its first message."""
        return self.messages[0].at

    @property
    def last_at(self) -> float:
        """The time of its last message."""
        return self.messages[-1].at

    @cached_property
    def _by_transaction(self) -> dict[Transaction, tuple[list[SipMessage], list[SipMessage]]]:
        found: dict[Transaction, tuple[list[SipMessage], list[SipMessage]]] = {}
        for m in self.messages:
            requests, responses = found.setdefault(_transaction(m), ([], []))
            (requests if m.is_request else responses).append(m)
        return found

    @cached_property
    def _own_invites(self) -> dict[int, SipMessage]:
        found: dict[int, SipMessage] = {}
        for m in self.requests:
            if m.method == "INVITE":
                found.setdefault(m.cseq.number, m)
        return found


def by_own_tag(evidence: Evidence, messages: Sequence[SipMessage]) -> dict[str, list[SipMessage]]:
    """The messages of one Call-ID by the base's own tag: a call between two of its handsets has two ends here.

    A request of the far end without a To tag belongs to the end that answered it, by its branch. A message of the base
    that bears a tag which only it names stays with the end whose dialog it means: the wrong tag is for a rule to find.
    """
    ends = _ends_of_transactions(evidence, messages)
    tags = [_own_tag(evidence, m, ends) for m in messages]
    owners = _owners(evidence, messages, tags)
    found: dict[str, list[SipMessage]] = {}
    for m, tag in zip(messages, tags, strict=True):
        found.setdefault(owners.get(tag, tag), []).append(m)
    return found


def _own_tag(evidence: Evidence, m: SipMessage, ends: dict[Transaction, str]) -> str:
    if m.is_request == evidence.is_base(m.src):
        return m.from_.tag
    method = "INVITE" if m.cseq.method in ("CANCEL", "ACK") else m.cseq.method
    return ends.get((m.branch, method)) or m.to.tag


def _ends_of_transactions(evidence: Evidence, messages: Sequence[SipMessage]) -> dict[Transaction, str]:
    """The base's tag of each transaction that the far end began: as it was asked, else as the success says it."""
    asked: dict[Transaction, str] = {}
    answered: dict[Transaction, str] = {}
    accepted: dict[Transaction, str] = {}
    for m in messages:
        if m.is_request and not evidence.is_base(m.src) and m.method != "ACK":
            asked.setdefault(_transaction(m), m.to.tag)
        elif not m.is_request and m.to.tag and evidence.is_base(m.src):
            answered.setdefault(_transaction(m), m.to.tag)
            if 200 <= m.status < 300:
                accepted.setdefault(_transaction(m), m.to.tag)
    return {**answered, **accepted, **{key: tag for key, tag in asked.items() if tag}}


def _owners(evidence: Evidence, messages: Sequence[SipMessage], tags: Sequence[str]) -> dict[str, str]:
    """The end to which messages belong whose tag opened no dialog."""
    opened: set[str] = set()
    asked: set[str] = set()
    far_tags: dict[str, set[str]] = {}
    for m, tag in zip(messages, tags, strict=True):
        if m.method == "INVITE" and not m.to.tag:
            opened.add(tag)
        if m.is_request and not evidence.is_base(m.src):
            asked.add(tag)
        far_tags.setdefault(tag, set()).add(m.to.tag if m.from_.tag == tag else m.from_.tag)
    found: dict[str, str] = {}
    for tag in far_tags.keys() - opened - (asked - {""}):
        owners = [own for own in opened if not tag or far_tags[tag] & far_tags[own] - {""}]
        if len(owners) == 1:
            found[tag] = owners[0]
    return found


def _transaction(message: SipMessage) -> Transaction:
    return message.branch, message.cseq.method
