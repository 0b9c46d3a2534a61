"""One SIP call as the rules look at it: what the base sent, what it was told, and what belongs together."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

from harness.capture import headers
from harness.capture.messages import SipMessage
from harness.errors import Expectation


@dataclass(frozen=True)
class Talk:
    """The messages of one Call-ID on the base's wire, in order; `base` are its addresses."""

    messages: Sequence[SipMessage]
    base: Collection[str]

    @cached_property
    def sent(self) -> list[SipMessage]:
        """What the base sent, repetitions included."""
        return [message for message in self.messages if message.src in self.base]

    @cached_property
    def heard(self) -> list[SipMessage]:
        """What it was sent."""
        return [message for message in self.messages if message.dst in self.base]

    @cached_property
    def requests(self) -> list[SipMessage]:
        """The base's requests, each once."""
        return [message for message in self.sent if message.is_request and not message.resend]

    @cached_property
    def responses(self) -> list[SipMessage]:
        """The base's responses, each once."""
        return [message for message in self.sent if not message.is_request and not message.resend]

    def is_base(self, address: str) -> bool:
        """Whether an address, however it is written, is the base's."""
        return plain(address) in {plain(own) for own in self.base}

    def asked(self, response: SipMessage) -> SipMessage | None:
        """The request of the far end that a response of the base answers, by branch and method."""
        return next(
            (
                m
                for m in self.heard
                if m.is_request and m.branch == response.branch and m.method == response.cseq.method
            ),
            None,
        )

    def answers_to(self, request: SipMessage) -> list[SipMessage]:
        """What came back to a request of the base, repetitions included."""
        return [
            m for m in self.heard if not m.is_request and m.branch == request.branch and m.cseq.method == request.method
        ]

    def invite_numbered(self, number: int) -> SipMessage | None:
        """The base's INVITE with this CSeq number."""
        return next((m for m in self.requests if m.method == "INVITE" and m.cseq.number == number), None)


def plain(address: str) -> str:
    """An IP address in its shortest form; anything else as it is."""
    try:
        return str(ipaddress.ip_address(address.strip("[]")))
    except ValueError:
        return address


def broken(claim: str, expected: object, seen: object, source: str, *messages: SipMessage) -> Expectation:
    """What broke, with the messages that show it."""
    shown = "".join(f"\n            {message}" for message in messages)
    return Expectation(claim, str(expected), f"{seen}{shown}", source=source, frames=tuple(m.frame for m in messages))


def same_uri(one: str, other: str) -> bool:
    """Whether two SIP URIs are one, whatever the order of parameters and the case of the host (RFC 3261 §19.1.4)."""
    return _comparable(one) == _comparable(other)


def _comparable(uri: str) -> tuple[str, str, str, frozenset[tuple[str, str]]]:
    plain = uri.strip().partition("?")[0]
    scheme, _, rest = plain.partition(":")
    address, _, parameters = rest.partition(";")
    user, at, host = address.rpartition("@")
    found = headers.parameters(parameters)
    return (
        scheme.lower(),
        f"{user}{at}",
        host.lower(),
        frozenset((name, value.lower()) for name, value in found.items()),
    )


def same_list(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of header values say the same, whatever their white space."""
    return [squeezed(value) for value in one] == [squeezed(value) for value in other]


def squeezed(value: str) -> str:
    """A header value without white space that means nothing."""
    return re.sub(r"\s*([;,<>=])\s*", r"\1", re.sub(r"\s+", " ", value.strip()))
