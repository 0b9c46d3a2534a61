"""Transactions of RFC 3261 section 17, with the state Accepted of RFC 6026: repeats, time-outs and what goes with what.

Each 2xx to an INVITE is handed up, the repeated ones too: the ends of a call repeat and acknowledge, not the server.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.dialect import values
from harness.dialect.message import Message, answer
from harness.dialect.transports import Flow

T1, T2 = 0.5, 4.0
"""Timers of RFC 3261, table 4, in seconds."""
LIFE = 64 * T1
Send = Callable[[Message, Flow], None]
OnAnswer = Callable[[Message], None]


class Repeat:
    """Sends something again and again, each time after twice as long, until it is stopped."""

    def __init__(self, act: Callable[[], None], longest: float = LIFE) -> None:
        self._act, self._pause, self._longest = act, T1, longest
        self._timer: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(T1, self._again)

    def _again(self) -> None:
        self._act()
        self._pause = min(2 * self._pause, self._longest)
        self._timer = asyncio.get_running_loop().call_later(self._pause, self._again)

    def stop(self) -> None:
        """No more of it."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def slow_down(self) -> None:
        """A provisional answer has come: from now on every T2 (section 17.1.2.2)."""
        self._pause = T2


class ServerTransaction:
    """A request that came, and the answer to it."""

    def __init__(self, layer: Transactions, request: Message, flow: Flow) -> None:
        self.request = request
        self.flow = flow
        self.tag = values.token()
        self.final = 0
        self.losing = 0
        """How often the final answer gets lost on its way."""
        self.on_cancel: Callable[[Message], None] | None = None
        self._layer = layer
        self._last: Message | None = None
        self._repeat: Repeat | None = None

    def respond(self, status: int, *lines: str, reason: str = "", body: bytes = b"", tag: str = "") -> None:
        """Answer it with an answer of the server's own, under this tag or that of the transaction."""
        tag = (tag or self.tag) if status > 100 else ""
        self.send(answer(self.request, status, *lines, tag=tag, reason=reason, body=body))

    def send(self, message: Message) -> None:
        """Send this answer; after a final one only a further 2xx of an INVITE still goes out."""
        again = self.request.method == "INVITE" and 200 <= self.final < 300 and 200 <= message.status < 300
        if self.final and not again:
            return
        if message.status >= 200:
            first, self.final = not self.final, message.status
            if first:
                self._finish(message)
        self._last = message
        self._transmit(message)

    def repeated(self) -> None:
        """The request came again: so does the answer."""
        if self._last is not None and not (self.request.method == "INVITE" and 200 <= self.final < 300):
            self._transmit(self._last)

    def acknowledged(self) -> None:
        """The ACK of a final answer that is no 2xx has come."""
        if self._repeat is not None:
            self._repeat.stop()

    def _finish(self, message: Message) -> None:
        if self.request.method == "INVITE" and message.status >= 300 and not self.flow.reliable:
            self._repeat = Repeat(lambda: self._transmit(message), longest=T2)
        asyncio.get_running_loop().call_later(LIFE, self._end)

    def _transmit(self, message: Message) -> None:
        if message.status >= 200 and self.losing:
            self.losing -= 1
        else:
            self._layer.send(message, self.flow)

    def _end(self) -> None:
        self.acknowledged()
        self._layer.forget_server(self)


class ClientTransaction:
    """A request that was sent, and who hears of the answers."""

    def __init__(self, layer: Transactions, request: Message, flow: Flow, on_answer: OnAnswer, limit: float) -> None:
        self.request = request
        self.flow = flow
        self.provisional = False
        self.final = 0
        self._layer = layer
        self._on_answer = on_answer
        self._cancel_lines: list[str] | None = None
        loop = asyncio.get_running_loop()
        self._limit: asyncio.TimerHandle | None = loop.call_later(limit, self.failed, 408)
        longest = LIFE if request.method == "INVITE" else T2
        self._repeat = None if flow.reliable else Repeat(self._send, longest)
        self._send()

    def _send(self) -> None:
        self._layer.send(self.request, self.flow)

    def received(self, message: Message) -> None:
        """An answer has come."""
        status, invite = message.status, self.request.method == "INVITE"
        if self._repeat is not None and (status >= 200 or invite):
            self._repeat.stop()
        elif self._repeat is not None:
            self._repeat.slow_down()
        if status < 200:
            if not self.final:
                self._provisional(message)
            return
        if invite and status >= 300:
            self._acknowledge(message)
        if self.final and not (invite and 200 <= status < 300):
            return
        self._ended(status)
        self._on_answer(message)

    def cancel(self, lines: list[str]) -> None:
        """Take an INVITE back; before the first provisional answer that waits (section 9.1)."""
        if self.final:
            return
        self._cancel_lines = lines
        if self.provisional:
            self._send_cancel()

    def failed(self, status: int) -> None:
        """No answer came in time, or there is no way to the far end: an answer of the server's own stands for it."""
        if not self.final:
            self._ended(status)
            self._on_answer(answer(self.request, status))

    def _provisional(self, message: Message) -> None:
        if self.request.method == "INVITE" and self._limit is not None:
            self._limit.cancel()
            self._limit = None
        self.provisional = True
        if self._cancel_lines is not None:
            self._send_cancel()
        self._on_answer(message)

    def _ended(self, status: int) -> None:
        self.final = status
        for timer in (self._repeat, self._limit):
            if isinstance(timer, Repeat):
                timer.stop()
            elif timer is not None:
                timer.cancel()
        asyncio.get_running_loop().call_later(LIFE, self._layer.forget_client, self)

    def _like(self, method: str, *lines: str, to: str) -> Message:
        request = self.request
        kept = [h for h in request.headers if h.name in ("from", "call-id", "max-forwards", "route")]
        made = Message(f"{method} {request.uri} SIP/2.0", kept)
        made.headers.insert(0, next(h for h in request.headers if h.name == "via"))
        made.add(f"To: {to}", f"CSeq: {request.cseq[0]} {method}", *lines)
        return made

    def _acknowledge(self, message: Message) -> None:
        self._layer.send(self._like("ACK", to=message.get("to")), self.flow)

    def _send_cancel(self) -> None:
        lines, self._cancel_lines = self._cancel_lines or [], None
        cancel = self._like("CANCEL", *lines, to=self.request.get("to"))
        self._layer.send_request(cancel, self.flow, lambda _: None)
        # who answers the CANCEL and never the INVITE is given up (section 9.1)
        self._limit = asyncio.get_running_loop().call_later(LIFE, self.failed, 408)


class Transactions:
    """All transactions; `on_request` gets each new request, `transmit` puts a message on its flow."""

    def __init__(self, transmit: Send, on_request: Callable[[ServerTransaction], None]) -> None:
        self.send = transmit
        self._on_request = on_request
        self._servers: dict[tuple[str, str, str], ServerTransaction] = {}
        self._clients: dict[tuple[str, str], ClientTransaction] = {}

    def send_request(self, request: Message, flow: Flow, on_answer: OnAnswer, limit: float = LIFE) -> ClientTransaction:
        """Send a request with a Via; `limit` is the time to the first answer, of an INVITE, or to the final one."""
        client = ClientTransaction(self, request, flow, on_answer, limit)
        self._clients[request.branch, request.method] = client
        return client

    def received(self, message: Message, flow: Flow) -> None:
        """A message has come; an ACK that goes with no transaction is handed up as a request."""
        if not message.is_request:
            client = self._clients.get((message.branch, message.cseq[1]))
            if client is not None:
                client.received(message)
            return
        server = self._servers.get(_key(message))
        if message.method == "ACK" and server is not None and server.final >= 300:
            server.acknowledged()
        elif server is not None and message.method != "ACK":
            server.repeated()
        else:
            server = ServerTransaction(self, message, flow)
            if message.method != "ACK":
                self._servers[_key(message)] = server
            self._on_request(server)

    def of(self, request: Message) -> ClientTransaction:
        """The transaction of a request that was sent."""
        return self._clients[request.branch, request.method]

    def invite_of(self, cancel: Message) -> ServerTransaction | None:
        """The INVITE that a CANCEL takes back."""
        return self._servers.get((*_key(cancel)[:2], "INVITE"))

    def unreachable(self, flow: Flow) -> None:
        """No connection can be opened: what waits for one fails (section 8.1.3.1)."""
        for client in [one for one in self._clients.values() if one.flow == flow]:
            client.failed(503)

    def forget_server(self, server: ServerTransaction) -> None:
        """It can be repeated no longer."""
        self._servers.pop(_key(server.request), None)

    def forget_client(self, client: ClientTransaction) -> None:
        """No answer can come any more."""
        self._clients.pop((client.request.branch, client.request.method), None)


def _key(request: Message) -> tuple[str, str, str]:
    """What a request shares with its repeats, and CANCEL and ACK with their INVITE (section 17.2.3)."""
    via = next(iter(request.listed("via")), "")
    method = "INVITE" if request.method == "ACK" else request.method
    sender = via.split(";")[0]
    if not request.branch.startswith(values.MAGIC):
        sender = f"{request.call_id} {request.cseq[0]} {request.from_tag}"
    return request.branch, sender, method
