"""The transaction layer (RFC 3261 section 17): matches what comes in, hands out what goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Protocol

from rigs.standin.core.owner import Owner
from rigs.standin.core.replacing import seam
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.transaction import ClientTransaction, Failure, Key, Outcome, ServerTransaction, server_key
from rigs.standin.sip.transport import Source, Target
from rigs.standin.sip.values import Via


class Wire(Protocol):
    """The transport as transactions use it."""

    async def send(self, data: bytes, target: Target) -> None: ...

    async def respond(self, data: bytes, source: Source, via: Via) -> None: ...


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
        owner: Owner | None = None,
    ) -> None:
        self._wire = wire
        self._on_request = on_request
        self._on_ack = on_ack
        self._on_stray = on_stray
        self.note_sent = on_sent
        self._clients: dict[tuple[str, str], ClientTransaction] = {}
        self._servers: dict[Key, ServerTransaction] = {}
        self._owner = owner or Owner(lambda text: None)
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
        """The message as it goes on the wire."""
        return self.outgoing(message).to_bytes(compact=self.compact)

    @seam
    def outgoing(self, message: Message) -> Message:
        """The message that goes on the wire for this one."""
        return message

    def transmit(self, data: bytes, target: Target, failed: Callable[[str], None]) -> None:
        """Hands bytes to the wire; `failed` is told, later, when the network refuses them."""
        self._later(self._transmit(data, target, failed), partial(failed, "it cannot be sent"))

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
        if len(response.headers.values("Via")) != 1:  # meant for a hop behind the base (RFC 3261 section 8.1.3.3)
            self._on_stray(response, source)
            return
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

    def _later(self, work: Coroutine[None, None, None], failed: Callable[[], None] = lambda: None) -> None:
        task = self._owner.spawn(work, "sending of a SIP message", failed=failed)
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
