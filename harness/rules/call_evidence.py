"""One call as the rules look at it: what the base sent, what it was told, and what belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from harness.rules.session import Session, sessions_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.capture.rtp import RtpStream
    from harness.rules.acts import Act, Shown
    from harness.rules.evidence import Evidence

Transaction = tuple[str, str]
"""Branch of the topmost Via and method of the CSeq."""


class CallEvidence:
    """The messages of one dialog end of the base (one Call-ID, one tag of its own), in order, with what goes with them.

    A call that was forked has one end at the base and several at the far side: `far_tags` tells them apart.
    """

    def __init__(self, evidence: Evidence, call_id: str, own_tag: str, messages: Sequence[SipMessage]) -> None:
        self.evidence = evidence
        self.call_id = call_id
        self.own_tag = own_tag
        self.messages = messages

    def __str__(self) -> str:
        return f"call {self.call_id}"

    # what was sent and heard

    @cached_property
    def sent(self) -> list[SipMessage]:
        """What the base sent, repetitions included."""
        return [m for m in self.messages if self.evidence.is_base(m.src)]

    @cached_property
    def heard(self) -> list[SipMessage]:
        """What it was sent, repetitions included."""
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
        """The request that a response answers, whoever sent it; None when it was not seen."""
        found = self._by_transaction.get(_transaction(response), ([], []))[0]
        return next((m for m in found if m.src != response.src), None)

    def responses_to(self, request: SipMessage) -> list[SipMessage]:
        """What came back to a request, repetitions included."""
        found = self._by_transaction.get(_transaction(request), ([], []))[1]
        return [m for m in found if m.src != request.src]

    def final(self, request: SipMessage) -> SipMessage | None:
        """The first final response to a request."""
        return next((m for m in self.responses_to(request) if m.status >= 200), None)

    def own_invite(self, number: int) -> SipMessage | None:
        """The base's INVITE with this CSeq number."""
        return self._own_invites.get(number)

    # how it went

    @cached_property
    def opening(self) -> SipMessage | None:
        """The INVITE that began the call; None where the trace begins inside it."""
        return next((m for m in self.messages if m.method == "INVITE" and not m.to.tag), None)

    @property
    def incoming(self) -> bool:
        """Whether the base was called; without its beginning, whether it is the one that was addressed by To."""
        first = self.opening
        if first is not None:
            return not self.evidence.is_base(first.src)
        one = self.messages[0]
        return (one.to.tag == self.own_tag) == one.is_request or one.to.tag == self.own_tag

    @cached_property
    def answer(self) -> SipMessage | None:
        """The first 2xx to an INVITE."""
        return next((m for m in self.messages if m.cseq.method == "INVITE" and 200 <= m.status < 300), None)

    @cached_property
    def bye(self) -> SipMessage | None:
        """The first BYE: its source hung up."""
        return next((m for m in self.messages if m.method == "BYE"), None)

    @cached_property
    def ended_at(self) -> float | None:
        """When the call was over at the base: BYE answered, INVITE refused or cancelled, the base without power."""
        for m in self.messages:
            if m.status >= 200 and m.cseq.method == "BYE":
                return m.at
        if self.answer is None:
            refused = [m for m in self.messages if m.cseq.method == "INVITE" and m.status >= 300]
            final = [m for m in refused if m.status not in (401, 407)]
            if final:
                return final[-1].at
        began = self.messages[0].at
        cuts = [a.at for a in self.evidence.acts_of("power-off", "reboot") if a.at >= began]
        return cuts[0] if cuts else None

    @property
    def began_at(self) -> float:
        """When its first message was seen."""
        return self.messages[0].at

    @property
    def last_at(self) -> float:
        """When its last message was seen."""
        return self.messages[-1].at

    @property
    def begins_inside(self) -> bool:
        """Whether the INVITE that began it was not seen."""
        return self.opening is None

    @property
    def ends_inside(self) -> bool:
        """Whether the trace ends before the call does."""
        return self.ended_at is None

    @cached_property
    def far_tags(self) -> list[str]:
        """The tags of the far side, in the order in which they were told; several where a call was forked."""
        tags = (m.to.tag if m.from_.tag == self.own_tag else m.from_.tag for m in self.messages)
        return list(dict.fromkeys(tag for tag in tags if tag))

    # what was agreed, done and shown

    @cached_property
    def sessions(self) -> list[Session]:
        """Each offer with its answer, in order: what was agreed from the answer on (RFC 3264)."""
        return sessions_of(self)

    def session_at(self, at: float) -> Session | None:
        """What was agreed at a moment; None before the first answer."""
        return next((s for s in reversed(self.sessions) if s.at <= at), None)

    @cached_property
    def streams(self) -> list[RtpStream] | None:
        """The RTP streams of this call; None where media were not captured."""
        streams = self.evidence.streams
        if streams is None:
            return None
        ends = {(m.address, m.port) for d in self.descriptions for m in d.sdp.media if m.port}
        begins, over = self.began_at - 1.0, self.ended_at or float("inf")
        return [
            s
            for s in streams
            if ((s.src, s.sport) in ends or (s.dst, s.dport) in ends) and s.last_at >= begins and s.first_at <= over + 1
        ]

    @property
    def base_streams(self) -> list[RtpStream] | None:
        """Those that the base sent."""
        streams = self.streams
        return None if streams is None else [s for s in streams if self.evidence.is_base(s.src)]

    @cached_property
    def descriptions(self) -> list[SipMessage]:
        """All messages that describe the session, each once."""
        return [m for m in self.messages if m.sdp_or_none is not None and not m.resend]

    def acts(self, *kinds: str) -> list[Act]:
        """The acts of these kinds on this call: named so, or on its handset while it lasted."""
        return [act for act in self.evidence.acts_of(*kinds) if act.call_id == self.call_id]

    def shown(self, kind: str, handset: int) -> list[Shown]:
        """What a handset showed of this kind while the call lasted."""
        over = self.ended_at or float("inf")
        return [
            s
            for s in self.evidence.shown or ()
            if s.kind == kind and s.handset == handset and self.began_at <= s.at <= over + 5
        ]

    # indexes

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


def _transaction(message: SipMessage) -> Transaction:
    return message.branch, message.cseq.method


OUT_OF_CALL = ("REGISTER", "OPTIONS", "SUBSCRIBE", "NOTIFY", "PUBLISH", "MESSAGE")


def calls_of(evidence: Evidence) -> list[CallEvidence]:
    """The base's calls, grouped by Call-ID and the base's own tag; linear in the messages."""
    by_id: dict[str, list[SipMessage]] = {}
    for message in evidence.sip:
        if message.call_id and (evidence.is_base(message.src) or evidence.is_base(message.dst)):
            by_id.setdefault(message.call_id, []).append(message)
    found = [
        CallEvidence(evidence, call_id, tag, messages)
        for call_id, of_one in by_id.items()
        if any(m.cseq.method not in OUT_OF_CALL for m in of_one)
        for tag, messages in by_own_tag(evidence, of_one).items()
    ]
    return sorted(found, key=lambda call: call.began_at)


def by_own_tag(evidence: Evidence, messages: Sequence[SipMessage]) -> dict[str, list[SipMessage]]:
    """The messages of one Call-ID by the base's own tag: a call between two of its handsets has two ends here.

    A request of the far end without a To tag belongs to the end that answered it, by its branch.
    """
    answered = {
        (m.branch, m.cseq.method): m.to.tag
        for m in messages
        if not m.is_request and m.to.tag and evidence.is_base(m.src)
    }
    found: dict[str, list[SipMessage]] = {}
    for m in messages:
        sent = evidence.is_base(m.src)
        if m.is_request == sent:
            tag = m.from_.tag
        else:
            method = "INVITE" if m.method in ("CANCEL", "ACK") else m.cseq.method
            tag = m.to.tag or answered.get((m.branch, method), "")
        found.setdefault(tag, []).append(m)
    untagged = found.pop("", [])
    if untagged and len(found) == 1:
        (only,) = found
        found[only] = sorted([*untagged, *found[only]], key=lambda m: (m.at, m.frame))
    elif untagged:
        found[""] = untagged
    return found
