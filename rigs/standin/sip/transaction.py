"""Transactions (RFC 3261 section 17, RFC 6026): retransmission, absorption, ACK for failures, CANCEL matching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.transport import UDP, Source, Target
from rigs.standin.sip.values import CSeq

if TYPE_CHECKING:
    from rigs.standin.sip.layer import TransactionLayer

T2 = 4.0
T4 = 5.0
TIMER_D = 32.0
MAGIC = "z9hG4bK"

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Failure:
    """A request that got no final response: `timeout` (timer B or F) or `transport`, with the reason in words."""

    kind: str
    text: str

    @property
    def status(self) -> int:
        """The status that RFC 3261 section 8.1.3.1 treats it as."""
        return 408 if self.kind == "timeout" else 503


Outcome = Response | Failure


class _Timers:
    """The timers of one transaction, by name."""

    def __init__(self) -> None:
        self._running: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, seconds: float, then: Callable[[], None]) -> None:
        """Start a timer; a running one of this name is replaced."""
        self.cancel(name)
        self._running[name] = asyncio.get_running_loop().call_later(seconds, then)

    def cancel(self, name: str) -> None:
        """Stop a timer, if it runs."""
        if timer := self._running.pop(name, None):
            timer.cancel()

    def end(self) -> None:
        """Stop all."""
        for name in list(self._running):
            self.cancel(name)


class ClientTransaction:
    """One request of the base. `on_outcome` gets each provisional and the final response, or one Failure.

    For an INVITE it goes on getting retransmitted and further 2xx until timer M (RFC 6026).
    """

    def __init__(
        self, layer: TransactionLayer, request: Request, target: Target, on_outcome: Callable[[Outcome], None]
    ) -> None:
        self.request = request
        self.target = target
        self.state = "calling"
        self._layer = layer
        self._on_outcome = on_outcome
        self._timers = _Timers()
        self.interval = layer.t1
        self._ack: Request | None = None
        self.key = (request.via.branch, request.method)
        self.invite = request.method == "INVITE"
        self._data = layer.bytes_of(request)

    def start(self) -> None:
        """Sends the request, and over UDP again each time the interval has passed without a response."""
        self.transmit()
        self._timers.start("life", 64 * self._layer.t1, self._timed_out)
        if self.target.transport == UDP:
            self._timers.start("again", self.interval, self._retransmit)

    def transmit(self) -> None:
        """Puts the request on the wire once."""
        self._layer.transmit(self._data, self.target, self._unsent)

    def received(self, response: Response) -> None:
        """A response whose branch and method match."""
        if response.status < 200:
            self._provisional(response)
        elif self.state in ("calling", "proceeding"):
            self._final(response)
        elif self.invite and self.state == "accepted" and response.status < 300:
            self._on_outcome(response)
        elif self._ack is not None and response.status >= 300:
            self._layer.transmit(self._layer.bytes_of(self._ack), self.target, lambda text: None)

    def expire_in(self, seconds: float) -> None:
        """Gives the final response at most so long (after a CANCEL, RFC 3261 section 9.1)."""
        if self.state in ("calling", "proceeding"):
            self._timers.start("life", seconds, self._timed_out)

    def end(self) -> None:
        """Forgets the transaction; responses that come later are stray."""
        self.state = "terminated"
        self._timers.end()
        self._layer.forget_client(self)

    def _provisional(self, response: Response) -> None:
        if self.state not in ("calling", "proceeding"):
            return
        self.state = "proceeding"
        if self.invite:
            self._timers.cancel("again")
            self._timers.cancel("life")
        self._on_outcome(response)

    def _final(self, response: Response) -> None:
        self._timers.cancel("again")
        if self.invite and response.status < 300:
            self.state = "accepted"
            self._timers.start("life", 64 * self._layer.t1, self.end)
        elif self.invite:
            self.state = "completed"
            self._ack = ack_for_failure(self.request, response)
            self._layer.transmit(self._layer.bytes_of(self._ack), self.target, lambda text: None)
            self._timers.start("life", TIMER_D if self.target.transport == UDP else 0, self.end)
        else:
            self.state = "completed"
            self._timers.start("life", T4 if self.target.transport == UDP else 0, self.end)
        self._on_outcome(response)

    def _retransmit(self) -> None:
        if self.invite:
            self.interval *= 2
        else:
            self.interval = T2 if self.state == "proceeding" else min(2 * self.interval, T2)
        self.transmit()
        self._timers.start("again", self.interval, self._retransmit)

    def _timed_out(self) -> None:
        self.end()
        self._on_outcome(Failure("timeout", f"no answer to {self.request.method} from {self.target}"))

    def _unsent(self, text: str) -> None:
        if self.state in ("calling", "proceeding"):
            self.end()
            self._on_outcome(Failure("transport", text))


class ServerTransaction:
    """One request of the far end; `respond` sends and keeps the response for retransmissions."""

    def __init__(self, layer: TransactionLayer, request: Request, source: Source, key: Key) -> None:
        self.request = request
        self.source = source
        self.key = key
        self.state = "proceeding"
        self.invite = request.method == "INVITE"
        self.final: Response | None = None
        self.on_ack: Callable[[], None] = lambda: None
        self._layer = layer
        self._last = b""
        self._timers = _Timers()
        self._interval = layer.t1

    def respond(self, response: Response) -> None:
        """Sends a response; after a final one further calls do nothing, as a request has one."""
        if self.final is not None:
            return
        self._send(response)
        if response.status < 200:
            return
        self.final = response
        self.state = "accepted" if self.invite and response.status < 300 else "completed"
        reliable = self.source.target.transport != UDP
        if not self.invite:
            self._timers.start("life", 0 if reliable else 64 * self._layer.t1, self.end)
            return
        self._timers.start("life", 64 * self._layer.t1, self.end)
        if self.state == "completed" and not reliable:
            self._timers.start("again", self._interval, self._retransmit)

    def again(self, response: Response) -> None:
        """Retransmits a 2xx or a reliable 1xx: the core's job, not the transaction's (RFC 3261 section 13.3.1.4)."""
        self._send(response)

    def received_again(self) -> None:
        """The same request came once more; a 2xx is the core's to repeat (RFC 6026 section 7.1)."""
        if self._last and self.state not in ("confirmed", "accepted"):
            self._layer.answer(self._last, self.source, self.request.via)

    def acknowledged(self) -> None:
        """An ACK that belongs to this transaction: a failure response arrived."""
        if self.state == "completed":
            self.state = "confirmed"
            self._timers.cancel("again")
            self._timers.start("life", T4 if self.source.target.transport == UDP else 0, self.end)
            self.on_ack()

    def end(self) -> None:
        self.state = "terminated"
        self._timers.end()
        self._layer.forget_server(self)

    def _send(self, response: Response) -> None:
        self._last = self._layer.bytes_of(response)
        self._layer.note_sent(response, self.source.target)
        self._layer.answer(self._last, self.source, self.request.via)

    def _retransmit(self) -> None:
        self._layer.answer(self._last, self.source, self.request.via)
        self._interval = min(2 * self._interval, T2)
        self._timers.start("again", self._interval, self._retransmit)


def server_key(request: Request, method: str = "") -> Key:
    """What a request is matched by; an ACK by its INVITE. Agents of RFC 2543 have no magic branch."""
    via = request.via
    kind = method or ("INVITE" if request.method == "ACK" else request.method)
    sent_by = f"{via.host}:{via.port or ''}"
    if via.branch.startswith(MAGIC) and len(via.branch) > len(MAGIC):
        return via.branch, sent_by, kind
    old = "|".join([request.call_id, str(request.cseq.number), request.from_.tag, sent_by])
    return old, request.uri if kind != "INVITE" else "", kind


def ack_for_failure(invite: Request, response: Response) -> Request:
    """The hop-by-hop ACK (RFC 3261 section 17.1.1.3): same branch, To of the response."""
    headers = Headers([("Via", str(invite.via))])
    for value in invite.headers.all("Route"):
        headers.add("Route", value)
    for name, source in (("From", invite), ("To", response), ("Call-ID", invite)):
        headers.add(name, source.headers.get(name) or "")
    headers.add("CSeq", str(CSeq(invite.cseq.number, "ACK")))
    headers.add("Max-Forwards", "70")
    return Request(headers, method="ACK", uri=invite.uri)


def cancel_for(invite: Request) -> Request:
    """The CANCEL of an INVITE (RFC 3261 section 9.1): same branch and CSeq number."""
    headers = Headers([("Via", str(invite.via))])
    for value in invite.headers.all("Route"):
        headers.add("Route", value)
    for name in ("From", "To", "Call-ID"):
        headers.add(name, invite.headers.get(name) or "")
    headers.add("CSeq", str(CSeq(invite.cseq.number, "CANCEL")))
    headers.add("Max-Forwards", "70")
    return Request(headers, method="CANCEL", uri=invite.uri)
