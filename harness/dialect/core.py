"""What every part of the server leans on: sending, own addresses, flows, the log of what passed."""

from __future__ import annotations

import asyncio
import collections
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from harness.dialect import platform, values
from harness.dialect.dress import Dress
from harness.dialect.faults import Faults, Script
from harness.dialect.legs import Dialogs, Leg
from harness.dialect.message import Message, NotSip, parse, request
from harness.dialect.registrar import Binding, Registrar
from harness.dialect.rewrite import spelt
from harness.dialect.transactions import ClientTransaction, OnAnswer, ServerTransaction, Transactions
from harness.dialect.transports import Flow, Transports

LOG_LENGTH = 4000
_SECRETS = re.compile(r'(response=")[0-9a-f]*', re.IGNORECASE)


@dataclass(frozen=True)
class Options:
    """How the server was started."""

    hosts: tuple[str, ...]
    port: int = 5060
    realm: str = "m9.example"
    names: tuple[str, ...] = ()
    nonce_life: float = 300.0
    first_answer: float = 5.0
    """Seconds within which a far end gives any answer; the caller gets 408 after them."""
    platform: str = "plain"
    no_answer: float = 120.0
    """Seconds for which it may ring."""


@dataclass(frozen=True)
class Target:
    """Where a request outside any dialog goes: a Request-URI, its flow, and who is there."""

    uri: str
    flow: Flow
    user: str
    sender: str


class Core:
    """Transports, transactions, dialogs, accounts and what is steered, in one hand."""

    def __init__(self, options: Options, on_request: Callable[[ServerTransaction], None]) -> None:
        self.options = options
        self.platform = platform.load(options.platform)
        self.dress = Dress(self, self.platform)
        self.registrar = Registrar()
        self.dialogs = Dialogs()
        self.faults = Faults()
        self.script = Script()
        self.log: collections.deque[dict[str, Any]] = collections.deque(maxlen=LOG_LENGTH)
        self.on_message: list[Callable[[], None]] = []
        self.transactions = Transactions(self.transmit, on_request)
        self.transports = Transports(self._received, self.transactions.unreachable)

    # sending

    def transmit(self, message: Message, flow: Flow) -> None:
        """Put a message on its flow."""
        self._note("sent", message, flow)
        self.transports.send(message.octets(), flow)

    def originate(self, message: Message, flow: Flow, on_answer: OnAnswer, limit: float = 0.0) -> ClientTransaction:
        """Send a request that has its Via."""
        return self.transactions.send_request(message, flow, on_answer, limit or self.options.first_answer)

    def via(self, flow: Flow) -> str:
        """The Via of a new request on a flow."""
        here = f"{values.bracketed(self._local(flow))}:{self.options.port}"
        return f"SIP/2.0/{flow.transport.upper()} {here};branch={values.MAGIC}{values.token()};rport"

    def own_uri(self, flow: Flow, user: str = "", more: str = "") -> str:
        """A URI by which the server is reached on this flow."""
        transport = "" if flow.transport == "udp" else f";transport={flow.transport}"
        who = f"{user}@" if user else ""
        return f"sip:{who}{values.bracketed(self._local(flow))}:{self.options.port}{transport}{more}"

    def recorded(self, here: Flow, there: Flow) -> list[str]:
        """The Record-Route values of this side, the nearest first: one for each of the two transports."""
        sides = [here] if (here.transport, here.local) == (there.transport, there.local) else [here, there]
        return [f"<{self.own_uri(side)};lr>" for side in sides]

    def foreign(self, routes: list[str]) -> list[str]:
        """The routes that are not the server's own."""
        return [one for one in routes if not self.is_own(values.Uri.of(values.address(one)))]

    def is_own(self, uri: values.Uri) -> bool:
        """Whether a URI names this server."""
        if uri.scheme == "tel":
            return True
        at_home = uri.host in self.options.hosts and uri.port in (0, self.options.port)
        return at_home or uri.host.lower() in (self.options.realm, *self.options.names)

    def flow_to(self, uri: str, known: Flow) -> Flow:
        """The flow to a URI: the known one where it is that or where the URI names no address."""
        to = values.Uri.of(uri)
        transport = to.transport or "udp"
        if not values.is_address(to.host) or (known.transport == transport != "udp" and self.transports.stands(known)):
            return known
        local = known.local if (":" in known.local) == (":" in to.host) else self.transports.local_for(to.host)
        return Flow(transport, local, to.host, to.port or 5060)

    def target(self, binding: Binding, user: str) -> Target:
        """A binding as a target."""
        return Target(binding.uri, self.flow_to(binding.uri, binding.flow), user, self.sender(user))

    def sender(self, user: str) -> str:
        """Whether a user is a far end's or the base's."""
        return "peers" if user in self.registrar.peers else "base"

    def within(self, leg: Leg, method: str, *lines: str, number: int = 0, body: bytes = b"") -> tuple[Message, Flow]:
        """A request of the server's own within a dialog, with the flow that it goes by."""
        flow = self.flow_to(leg.target, leg.flow)
        named = leg.own_request(number or leg.next_cseq(), method)
        made = request(method, leg.target, f"Via: {self.via(flow)}", "Max-Forwards: 70", body=body)
        made.add(*(f"{spelt(name)}: {value}" for name, given in named.items() for value in given))
        if method not in ("ACK", "BYE"):
            made.add(f"Contact: <{self.own_uri(flow, leg.user)}>")
        made.add(*lines)
        return made, flow

    # receiving

    def _received(self, data: bytes, flow: Flow) -> None:
        try:
            message = parse(data)
        except NotSip as error:
            self.complain(f"from {flow.host}:{flow.port}: {error}")
            return
        if message.is_request:
            flow = _answered_by(message, flow)
        self._note("received", message, flow)
        self.transactions.received(message, flow)

    def complain(self, text: str) -> None:
        """A line for the server's own log."""
        sys.stderr.write(f"{time.time():.3f} {text}\n")

    def _note(self, way: str, message: Message, flow: Flow) -> None:
        text = "\r\n".join([message.start, *(header.line for header in message.headers)])
        entry = {"at": time.time(), "way": way, "transport": flow.transport, "host": flow.host, "port": flow.port}
        entry |= {"method": message.method, "status": message.status, "text": _SECRETS.sub(r"\1", text)}
        entry["body"] = message.body.decode("utf-8", "replace")
        self.log.append(entry)
        for waiting in tuple(self.on_message):
            waiting()

    def _local(self, flow: Flow) -> str:
        return flow.local if flow.local in self.options.hosts else self.transports.local_for(flow.host)

    @staticmethod
    def later(seconds: float, act: Callable[[], None]) -> asyncio.TimerHandle:
        """Do something later."""
        return asyncio.get_running_loop().call_later(seconds, act)


def _answered_by(request: Message, flow: Flow) -> Flow:
    """Note in the topmost Via where the request came from; the flow of its answer (RFC 3261, 18.2.2, and RFC 3581)."""
    first, *others = request.listed("via")
    words = [part for part in values.split(first, ";") if part.lower() != "rport"]
    asked = len(words) < len(values.split(first, ";"))
    words += [f"received={flow.host}"] + ([f"rport={flow.port}"] if asked else [])
    request.replace("via", [f"Via: {';'.join(words)}", *(f"Via: {other}" for other in others)])
    if asked or flow.reliable:
        return flow
    sent_by = values.Uri.of(f"sip:{words[0].split()[-1]}")
    return replace(flow, port=sent_by.port or 5060)
