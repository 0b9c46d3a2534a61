"""Requests with their repetitions and responses, one hop each (RFC 3261 section 17)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

Key = tuple[str, str, str, int]


class Transaction:
    """One request as first sent, all its packets, and the responses in order, repetitions included."""

    __slots__ = ("_final", "responses", "sends")

    def __init__(self, request: SipMessage) -> None:
        self.sends = [request]
        self.responses: list[SipMessage] = []
        self._final: SipMessage | None = None

    @property
    def request(self) -> SipMessage:
        """The request as first sent."""
        return self.sends[0]

    @property
    def at(self) -> float:
        """The time when it was first sent."""
        return self.sends[0].at

    @property
    def final(self) -> SipMessage | None:
        """The first final response; None if there is none."""
        if self._final is None:
            self._final = next((m for m in self.responses if m.status >= 200), None)
        return self._final

    @property
    def answered_at(self) -> float | None:
        """The time of the first response of any kind."""
        return self.responses[0].at if self.responses else None

    @property
    def over_udp(self) -> bool:
        """Whether it went over UDP: a reliable transport repeats nothing."""
        return self.request.transport.lower() == "udp"


class Transactions:
    """The transactions whose request `asks` accepts, in the order of their beginnings; messages are added in order.

    A repetition is identical: a changed request is another one, even with the same branch. ACK has no answer
    and is left out.
    """

    def __init__(self, asks: Callable[[SipMessage], bool]) -> None:
        self.found: list[Transaction] = []
        self._asks = asks
        self._latest: dict[Key, Transaction] = {}

    def add(self, message: SipMessage) -> None:
        """The next message."""
        key = (message.call_id, message.branch, message.cseq.method, message.cseq.number)
        there = self._latest.get(key)
        if not message.is_request:
            if there is not None and message.src != there.request.src:
                there.responses.append(message)
        elif message.method != "ACK" and self._asks(message):
            if there is not None and _same(message, there.request):
                there.sends.append(message)
            else:
                self._latest[key] = Transaction(message)
                self.found.append(self._latest[key])


def transactions(messages: Iterable[SipMessage], asks: Callable[[SipMessage], bool]) -> list[Transaction]:
    """The transactions of some messages, in linear time."""
    known = Transactions(asks)
    for message in messages:
        known.add(message)
    return known.found


def _same(one: SipMessage, other: SipMessage) -> bool:
    return one.src == other.src and one.headers == other.headers and one.body == other.body
