"""The registrations of the base: REGISTER transactions by address of record, and what each granted."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from harness.capture import headers

if TYPE_CHECKING:
    from harness.capture.headers import Address
    from harness.capture.messages import SipMessage
    from harness.rules.evidence import Evidence


class BindingEvidence:
    """All REGISTER messages of one address of record on the base's wire, in order."""

    def __init__(self, evidence: Evidence, record: str, messages: Sequence[SipMessage]) -> None:
        self.evidence = evidence
        self.record = record
        self.messages = messages

    def __str__(self) -> str:
        return f"registration of {self.record}"

    @cached_property
    def requests(self) -> list[SipMessage]:
        """The base's requests, each once."""
        return [m for m in self.messages if m.is_request and not m.resend and self.evidence.is_base(m.src)]

    @cached_property
    def responses(self) -> list[SipMessage]:
        """What the server answered, each once."""
        return [m for m in self.messages if not m.is_request and not m.resend]

    def response_to(self, request: SipMessage) -> SipMessage | None:
        """The final response to a request; None when none was seen."""
        return self._finals.get(request.branch)

    def granted(self, request: SipMessage, response: SipMessage) -> int | None:
        """Seconds granted to the base's own Contact: others' bindings stand beside it (RFC 3261 section 10.3 step 8).

        None where the response lists no binding of the base and has no Expires.
        """
        for contact in response.contacts:
            if same_binding(contact, request.contact):
                text = contact.params.get("expires", "")
                if headers.number(text) is not None:
                    return headers.number(text)
        text = next(iter(response.header("expires")), "")
        return headers.number(text)

    @cached_property
    def _finals(self) -> dict[str, SipMessage]:
        found: dict[str, SipMessage] = {}
        for m in self.messages:
            if not m.is_request and m.status >= 200:
                found.setdefault(m.branch, m)
        return found


def same_binding(one: Address, other: Address) -> bool:
    """Whether two Contacts are one binding: user, host and port are the same (RFC 3261 section 19.1.4, in short)."""
    return _bare(one.uri) == _bare(other.uri)


def _bare(uri: str) -> str:
    user, at, host = uri.partition("?")[0].partition(";")[0].rpartition("@")
    return f"{user}{at}{host.lower()}"


def bindings_of(evidence: Evidence) -> list[BindingEvidence]:
    """One for each address of record that the base registers."""
    found: dict[str, list[SipMessage]] = {}
    for message in evidence.sip:
        if message.cseq.method == "REGISTER" and (evidence.is_base(message.src) or evidence.is_base(message.dst)):
            found.setdefault(_bare(message.to.uri), []).append(message)
    return [BindingEvidence(evidence, record, messages) for record, messages in found.items()]
