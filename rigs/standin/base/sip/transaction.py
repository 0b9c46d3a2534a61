"""Transactions (RFC 3261 section 17, RFC 6026): retransmission, absorption, ACK for failures, CANCEL matching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol

from rigs.standin.base.sip.message import Headers, Message, Request, Response
from rigs.standin.base.sip.transport import UDP, Source, Target, Unreachable
from rigs.standin.base.sip.values import CSeq, ValueSyntaxError, Via

T2 = 4.0
T4 = 5.0
TIMER_D = 32.0
MAGIC = "z9hG4bK"

Key = tuple[str, str, str]


class Wire(Protocol):
    """The transport as transactions use it."""

    async def send(self, data: bytes, target: Target) -> None: ...

    async def respond(self, data: bytes, source: Source, via: Via) -> None: ...


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


class ClientTransaction:
    """One request of ours. `on_outcome` gets each provisional and the final response, or one Failure.

    For an INVITE it goes on getting retransmitted and further 2xx until timer M (RFC 6026).
    """

    def __init__(
        self, layer: TransactionLayer, request: Request, target: Target, on_outcome: Callable[[Outcome], None]
    ) -> None:
        self.request = request
        self.target = target
        self.state = "calling"
        self.provisional = False
        self._layer = layer
        self._on_outcome = on_outcome
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._interval = layer.t1
        self._ack: Request | None = None
        self.key = (request.via.branch, request.method)
        self.invite = request.method == "INVITE"
        self._data = layer.bytes_of(request)

    def start(self) -> None:
        self._layer.transmit(self._data, self.target, self._unsent)
        self._after("life", 64 * self._layer.t1, self._timed_out)
        if self.target.transport == UDP:
            self._after("again", self._interval, self._retransmit)

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
            self._after("life", seconds, self._timed_out)

    def end(self) -> None:
        """Forgets the transaction; responses that come later are stray."""
        self.state = "terminated"
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._layer.forget_client(self)

    def _provisional(self, response: Response) -> None:
        if self.state not in ("calling", "proceeding"):
            return
        self.state = "proceeding"
        self.provisional = True
        if self.invite:
            self._cancel("again")
            self._cancel("life")
        self._on_outcome(response)

    def _final(self, response: Response) -> None:
        self._cancel("again")
        if self.invite and response.status < 300:
            self.state = "accepted"
            self._after("life", 64 * self._layer.t1, self.end)
        elif self.invite:
            self.state = "completed"
            self._ack = ack_for_failure(self.request, response)
            self._layer.transmit(self._layer.bytes_of(self._ack), self.target, lambda text: None)
            self._after("life", TIMER_D if self.target.transport == UDP else 0, self.end)
        else:
            self.state = "completed"
            self._after("life", T4 if self.target.transport == UDP else 0, self.end)
        self._on_outcome(response)

    def _retransmit(self) -> None:
        if self.invite:
            self._interval *= 2
        else:
            self._interval = T2 if self.state == "proceeding" else min(2 * self._interval, T2)
        self._layer.transmit(self._data, self.target, self._unsent)
        self._after("again", self._interval, self._retransmit)

    def _timed_out(self) -> None:
        self.end()
        self._on_outcome(Failure("timeout", f"no answer to {self.request.method} from {self.target}"))

    def _unsent(self, text: str) -> None:
        if self.state in ("calling", "proceeding"):
            self.end()
            self._on_outcome(Failure("transport", text))

    def _after(self, name: str, seconds: float, what: Callable[[], None]) -> None:
        self._cancel(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, what)

    def _cancel(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


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
        self._timers: dict[str, asyncio.TimerHandle] = {}
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
            self._after("life", 0 if reliable else 64 * self._layer.t1, self.end)
            return
        self._after("life", 64 * self._layer.t1, self.end)
        if self.state == "completed" and not reliable:
            self._after("again", self._interval, self._retransmit)

    def again(self, response: Response) -> None:
        """Retransmits a 2xx or a reliable 1xx: the core's job, not the transaction's (RFC 3261 section 13.3.1.4)."""
        self._send(response)

    def received_again(self) -> None:
        """The same request came once more."""
        if self._last and self.state != "confirmed":
            self._layer.answer(self._last, self.source, self.request.via)

    def acknowledged(self) -> None:
        """An ACK that belongs to this transaction: a failure response arrived."""
        if self.state == "completed":
            self.state = "confirmed"
            self._cancel("again")
            self._after("life", T4 if self.source.target.transport == UDP else 0, self.end)
            self.on_ack()

    def end(self) -> None:
        self.state = "terminated"
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._layer.forget_server(self)

    def _send(self, response: Response) -> None:
        self._last = self._layer.bytes_of(response)
        self._layer.note_sent(response, self.source.target)
        self._layer.answer(self._last, self.source, self.request.via)

    def _retransmit(self) -> None:
        self._layer.answer(self._last, self.source, self.request.via)
        self._interval = min(2 * self._interval, T2)
        self._after("again", self._interval, self._retransmit)

    def _after(self, name: str, seconds: float, what: Callable[[], None]) -> None:
        self._cancel(name)
        self._timers[name] = asyncio.get_running_loop().call_later(seconds, what)

    def _cancel(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


class TransactionLayer:
    """Matches messages to transactions; what starts something new goes to `on_request`, strays to `on_stray`.

    `t1` is in seconds and may be changed at any time (setting retry_t1); `compact` is setting short_form.
    """

    def __init__(
        self,
        wire: Wire,
        on_request: Callable[[ServerTransaction], None],
        on_ack: Callable[[Request, Source], None] = lambda request, source: None,
        on_stray: Callable[[Response, Source], None] = lambda response, source: None,
        on_sent: Callable[[Message, Target], None] = lambda message, target: None,
    ) -> None:
        self._wire = wire
        self._on_request = on_request
        self._on_ack = on_ack
        self._on_stray = on_stray
        self.note_sent = on_sent
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._sending: set[asyncio.Task[None]] = set()
        self.t1 = 0.5
        self.compact = False

    def received(self, message: Message, source: Source) -> None:
        """Every well-formed message of the transport comes here. Raises ValueSyntaxError for an unreadable key."""
        if isinstance(message, Response):
            self._response(message, source)
        elif isinstance(message, Request):
            self._request(message, source)

    def request(self, request: Request, target: Target, on_outcome: Callable[[Outcome], None]) -> ClientTransaction:
        """Sends a request whose topmost Via is in place."""
        transaction = ClientTransaction(self, request, target, on_outcome)
        self._clients[transaction.key] = transaction
        self.note_sent(request, target)
        transaction.start()
        return transaction

    async def ask(
        self, request: Request, target: Target, on_again: Callable[[Response], None] = lambda response: None
    ) -> Outcome:
        """Sends a request and waits for its end: the final response or a Failure.

        `on_again` gets what follows the 2xx of an INVITE: its retransmissions, each of which wants an ACK.
        """
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def outcome(found: Outcome) -> None:
            if done.done():
                if isinstance(found, Response):
                    on_again(found)
            elif isinstance(found, Failure) or found.status >= 200:
                done.set_result(found)

        transaction = self.request(request, target, outcome)
        try:
            return await done
        except asyncio.CancelledError:
            transaction.end()
            raise

    def send_without_transaction(self, request: Request, target: Target) -> None:
        """The ACK of a 2xx, which is its own transaction-less message (RFC 3261 section 13.2.2.4)."""
        self.note_sent(request, target)
        self.transmit(self.bytes_of(request), target, lambda text: None)

    def invite_of(self, cancel: Request) -> ServerTransaction | None:
        """The INVITE that a CANCEL is about (RFC 3261 section 9.2)."""
        return self._servers.get(server_key(cancel, "INVITE"))

    def merged(self, transaction: ServerTransaction) -> bool:
        """Whether the same request came by another path already (RFC 3261 section 8.2.2.2)."""
        request = transaction.request
        same = (request.from_.tag, request.call_id, request.cseq)
        return any(
            other is not transaction and (other.request.from_.tag, other.request.call_id, other.request.cseq) == same
            for other in self._servers.values()
        )

    def stop(self) -> None:
        """Ends every transaction without another word."""
        for client in tuple(self._clients.values()):
            client.end()
        for server in tuple(self._servers.values()):
            server.end()
        for task in tuple(self._sending):
            task.cancel()

    def bytes_of(self, message: Message) -> bytes:
        return message.to_bytes(compact=self.compact)

    def transmit(self, data: bytes, target: Target, failed: Callable[[str], None]) -> None:
        """Hands bytes to the wire; `failed` is told, later, when the network refuses them."""
        self._later(self._transmit(data, target, failed))

    def answer(self, data: bytes, source: Source, via: Via) -> None:
        """Hands the bytes of a response to the wire; a far end that is gone will ask again."""
        self._later(self._answer(data, source, via))

    def forget_client(self, transaction: ClientTransaction) -> None:
        if self._clients.get(transaction.key) is transaction:
            del self._clients[transaction.key]

    def forget_server(self, transaction: ServerTransaction) -> None:
        if self._servers.get(transaction.key) is transaction:
            del self._servers[transaction.key]

    def _response(self, response: Response, source: Source) -> None:
        transaction = self._clients.get((response.via.branch, response.cseq.method))
        if transaction is None:
            self._on_stray(response, source)
        else:
            transaction.received(response)

    def _request(self, request: Request, source: Source) -> None:
        key = server_key(request)
        known = self._servers.get(key)
        if request.method == "ACK":
            if known is not None and known.state in ("completed", "confirmed"):
                known.acknowledged()
            else:
                self._on_ack(request, source)
        elif known is not None:
            known.received_again()
        else:
            transaction = ServerTransaction(self, request, source, key)
            self._servers[key] = transaction
            self._on_request(transaction)

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _transmit(self, data: bytes, target: Target, failed: Callable[[str], None]) -> None:
        try:
            await self._wire.send(data, target)
        except Unreachable as unreachable:
            failed(str(unreachable))

    async def _answer(self, data: bytes, source: Source, via: Via) -> None:
        try:
            await self._wire.respond(data, source, via)
        except Unreachable:
            return


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


def safe_key(message: Message) -> str:
    """Call-ID and CSeq for a log line, whatever the message looks like."""
    try:
        return f"{message.call_id} {message.cseq}"
    except ValueSyntaxError:
        return "?"
