"""The way out: finds the server, writes Via and User-Agent, repeats with credentials, tries the next server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from rigs.standin.sip.account import Account, alnum
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.locate import Lifetime, Names, NotLocated, locate
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.ports import Unreachable, local_address_for
from rigs.standin.sip.strategies import (
    AgentNameStrategy,
    ContactStrategy,
    HostStrategy,
    TransportStrategy,
)
from rigs.standin.sip.transaction import ClientTransaction, Failure, Outcome
from rigs.standin.sip.transport import TCP, UDP, Target, Transport
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

BIG_REQUEST = 1300
"""Bytes above which a request does not go over UDP if it can be helped (RFC 3261 section 18.1.1)."""


class Outbound:
    """Sends requests for the identities of one base."""

    def __init__(self, device: Device, transport: Transport, layer: TransactionLayer) -> None:
        self._device = device
        self._transport = transport
        self.layer = layer

    @property
    def agent_name(self) -> str:
        """The User-Agent of everything we send."""
        return self._device.strategies.get(AgentNameStrategy).text(self._device.version)

    async def targets(self, uri: Uri, account: Account, *, direct: bool = False) -> list[Target]:
        """Where requests to `uri` go: the outbound proxy if one is set (not if `direct`). Raises NotLocated."""
        hop = self.proxy(account) if account.outbound and not direct else uri
        return [self.addressed(target, hop) for target in await self._locate(hop, account, self._device.dns)]

    async def lifetime(self, uri: Uri, account: Account) -> float:
        """Seconds for which the targets of `uri` are those that the names lead to. Raises NotLocated."""
        names = Lifetime(self._device.dns)
        await self._locate(self.proxy(account) if account.outbound else uri, account, names)
        return names.seconds

    async def _locate(self, hop: Uri, account: Account, names: Names) -> list[Target]:
        wanted = self._device.strategies.of(account.number).get(TransportStrategy).wanted(hop)
        return await locate(hop, wanted, names, prefer6=self._device.quirks.get("dual_stack") == "ipv6")

    def proxy(self, account: Account) -> Uri:
        """The outbound proxy as a URI; a bare host is allowed. Raises NotLocated when it is no address."""
        text = account.outbound.strip().strip("<>")
        try:
            return Uri.parse(text if text.lower().startswith(("sip:", "sips:")) else f"sip:{text}")
        except ValueSyntaxError as wrong:
            raise NotLocated(f"outbound proxy: {wrong}") from None

    def host_port(self, target: Target) -> str:
        """Own address and port as the far end at `target` sees them. Raises Unreachable."""
        host = self._device.strategies.get(HostStrategy).text(local_address_for(target.host))
        return f"{host}:{self._transport.port}"

    def contact(self, account: Account, target: Target, line: str) -> str:
        """The Contact of a call. Raises Unreachable."""
        strategy = self._device.strategies.of(account.number).get(ContactStrategy)
        return f"<{strategy.uri(account.user_part, self.host_port(target), target.transport, line)}>"

    def stamp(self, request: Request, target: Target) -> Request:
        """A copy with a new topmost Via for this target, agent and length of Via known. Raises Unreachable."""
        branch = f"z9hG4bK-{alnum(6)}"
        via = f"SIP/2.0/{target.transport} {self.host_port(target)};branch={branch};rport"
        headers = Headers([("Via", via), *(line for line in request.headers if line[0] != "Via")])
        if "User-Agent" not in headers:
            headers.add("User-Agent", self.agent_name)
        return Request(headers, request.body, request.method, request.uri)

    def invite(
        self, request: Request, target: Target, on_outcome: Callable[[Outcome], None]
    ) -> tuple[Request, ClientTransaction]:
        """Sends an INVITE (or any request whose provisional responses matter). Raises Unreachable."""
        stamped = self.stamp(request, target)
        return stamped, self.layer.request(stamped, target, on_outcome)

    async def ask(
        self,
        request: Request,
        targets: list[Target],
        authenticator: Authenticator,
        renumber: Callable[[int], int],
        on_again: Callable[[Response], None] = lambda response: None,
    ) -> Outcome:
        """Sends a request, answers challenges, tries further targets on failure; gives the last outcome."""
        conversation = authenticator.conversation()
        authenticator.sign(request)
        outcome: Outcome = Failure("transport", "no server")
        for target in targets:
            outcome = await self._once(request, target, on_again)
            while not isinstance(outcome, Failure) and conversation.again(outcome):
                repeat(request, authenticator, renumber)
                outcome = await self._once(request, target, on_again)
            if not isinstance(outcome, Failure) and outcome.status != 503:
                break
        return outcome

    async def _once(self, request: Request, target: Target, on_again: Callable[[Response], None]) -> Outcome:
        chosen = self.fitting(request, target)
        outcome = await self._send(request, chosen, on_again)
        if chosen != target and isinstance(outcome, Failure) and outcome.kind == "transport":
            return await self._send(request, target, on_again)
        return outcome

    async def _send(self, request: Request, target: Target, on_again: Callable[[Response], None]) -> Outcome:
        try:
            return await self.layer.ask(self.stamp(request, target), target, on_again)
        except Unreachable as unreachable:
            return Failure("transport", str(unreachable))

    def fitting(self, request: Request, target: Target) -> Target:
        """The target by a transport that takes a request of this size."""
        if target.transport != UDP or self._device.quirks.get("big_requests") != "tcp":
            return target
        size = len(request.to_bytes(compact=self.layer.compact)) + 120
        return Target(TCP, target.host, target.port) if size > BIG_REQUEST else target

    def addressed(self, target: Target, hop: Uri) -> Target:
        """A target with the name that its certificate must be of; a link-local one is on our only wire."""
        target = replace(target, name=hop.host)
        if target.host.lower().startswith("fe80:") and "%" not in target.host:
            return replace(target, host=f"{target.host}%{self._device.network.interface}")
        return target


def repeat(request: Request, authenticator: Authenticator, renumber: Callable[[int], int]) -> None:
    """Makes a request its own successor: next CSeq, new credentials."""
    number = renumber(request.cseq.number)
    request.headers.set("CSeq", f"{number} {request.method}")
    authenticator.sign(request)


def preloaded_route(proxy: Uri) -> str:
    """A loose Route that names the outbound proxy."""
    params = {**proxy.params, "lr": None}
    return str(Address(Uri(proxy.scheme, proxy.user, proxy.host, proxy.port, params)))
