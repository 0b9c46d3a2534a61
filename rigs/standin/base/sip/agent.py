"""The SIP user agent of the base: nine identities, the calls, and what comes in from the wire."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any

from rigs.standin.base.sip.call import Call
from rigs.standin.base.sip.dialog import dialog_key
from rigs.standin.base.sip.incoming import IncomingCall, refused_early
from rigs.standin.base.sip.interface import CallListener, MediaSession
from rigs.standin.base.sip.message import Message, Request, Response, response_to
from rigs.standin.base.sip.negotiation import NotAcceptable
from rigs.standin.base.sip.notify import MailboxState, Notified
from rigs.standin.base.sip.outbound import Outbound
from rigs.standin.base.sip.outgoing import OutgoingCall
from rigs.standin.base.sip.reader import BadMessage
from rigs.standin.base.sip.registration import Registration
from rigs.standin.base.sip.strategies import (
    Account,
    AllowStrategy,
    LineStrategy,
    OptionsStrategy,
    RequireStrategy,
    TosStrategy,
    alnum,
)
from rigs.standin.base.sip.transaction import ServerTransaction, TransactionLayer
from rigs.standin.base.sip.transport import Source, Target, Transport
from rigs.standin.base.sip.values import Uri, ValueSyntaxError, escape_user

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

IDENTITIES = range(1, 10)
KNOWN_METHODS = {"REGISTER", "SUBSCRIBE", "PUBLISH", "MESSAGE", "REFER", "BENOTIFY", "SERVICE"}
"""Methods that exist but are not for us: 405; others are 501."""
ACCOUNT_SETTINGS = {
    "user_active", "user_realname", "user_name", "user_host", "user_outbound", "user_authname", "user_pass",
    "user_expiry",
}  # fmt: skip


class SipAgent:
    """Registers the identities, places and takes calls.

    `on_incoming` is awaited for each new call that got past the checks; `on_message_waiting` hears of mailboxes.
    """

    def __init__(self, device: Device) -> None:
        self.device = device
        self.transport = Transport(self._received, self._garbage, self._broken)
        self.layer = TransactionLayer(self.transport, self._request, self._ack, self._stray, self._sent)
        self.outbound = Outbound(device, self.transport, self.layer)
        self.identities = {n: Registration(device, self.outbound, n, self.account) for n in IDENTITIES}
        self.calls: list[Call] = []
        self.idle = asyncio.Event()
        self.idle.set()
        self.on_incoming: Callable[[Any], Awaitable[None]] | None = None
        self.on_message_waiting: Callable[[MailboxState], None] = lambda state: None
        self._notified = Notified(self)
        self._changed: set[int] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._forget_settings: Callable[[], None] = lambda: None
        self._restarting = {n: asyncio.Lock() for n in IDENTITIES}
        self._running = False

    # --- life

    async def start(self) -> None:
        """Opens the sockets and registers every active identity. Raises Unreachable when the port is taken."""
        settings = self.device.settings
        self._read_timers()
        await self.transport.start(settings.int("sip_port"), self._tos())
        self._forget_settings = settings.on_change(self._setting_changed)
        self.device.on_network_change(self._network_changed)
        self._running = True
        for registration in self.identities.values():
            registration.start()

    async def stop(self) -> None:
        """Hangs up, takes every binding back and closes the sockets."""
        self._running = False
        self._forget_settings()
        await asyncio.gather(*(self._hang_up(call) for call in tuple(self.calls)))
        await asyncio.gather(*(registration.stop() for registration in self.identities.values()))
        for task in tuple(self._tasks):
            task.cancel()
        self.layer.stop()
        await self.transport.stop()

    def background(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[Any]:
        """Runs something that outlives the function that began it."""
        task = self.device.spawn(work, f"sip {name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    # --- what the exchange asks

    async def invite(self, identity: int, target: str, media: MediaSession, listener: CallListener) -> OutgoingCall:
        """Calls a number or URI; failures of any kind, bad numbers too, come as `on_ended` of the listener."""
        registration = self.identities[identity]
        uri, trouble = Uri("sip", "", "invalid"), ""
        try:
            uri = self.callee(registration.account, target)
        except ValueSyntaxError as wrong:
            trouble = str(wrong)
        call = OutgoingCall(self, registration, media, listener, uri)
        self._add(call)
        call.start(trouble)
        return call

    def callee(self, account: Account, target: str) -> Uri:
        """The URI of what a user dialled: a number at the registrar, or an address. Raises ValueSyntaxError."""
        text = target.strip()
        if not account.usable:
            raise ValueSyntaxError(f"identity {account.number} has no account")
        if not text:
            raise ValueSyntaxError("nothing dialled")
        if text.lower().startswith(("sip:", "sips:", "tel:")):
            return Uri.parse(text)
        user, at, host = text.rpartition("@")
        if at:
            return Uri.parse(f"sip:{escape_user(user)}@{host}")
        return Uri("sip", escape_user(text), account.uri.host, account.uri.port)

    def account(self, number: int) -> Account:
        """The settings of an identity as they are now."""
        settings = self.device.settings
        return Account(
            number=number,
            active=settings.bool("user_active", number),
            display=settings.get("user_realname", number),
            user=settings.get("user_name", number),
            host=settings.get("user_host", number).strip(),
            outbound=settings.get("user_outbound", number).strip(),
            authname=settings.get("user_authname", number),
            password=settings.get("user_pass", number),
            expiry=settings.int("user_expiry", number),
            server_type=settings.get("user_pbxtype", number).strip().lower(),
        )

    def accounts(self) -> list[Account]:
        """The accounts in use, by number."""
        return [registration.account for registration in self.identities.values()]

    def _add(self, call: Call) -> None:
        self.calls.append(call)
        self.idle.clear()

    # --- what calls ask

    def forget(self, call: Call) -> None:
        if call in self.calls:
            self.calls.remove(call)
        if not self.calls:
            self.idle.set()

    def trusts(self, registration: Registration, target: Target | None) -> bool:
        """Whether the far end is the server of the identity, whose word on callers counts."""
        return target is not None and registration.target is not None and target.host == registration.target.host

    def sign_response(self, response: Response) -> None:
        response.headers.set("User-Agent", f"snom-m9/{self.device.version}")

    def answer_options(self, transaction: ServerTransaction, *, tag: str) -> None:
        """200 with everything we can."""
        allow = self.device.strategies.get(AllowStrategy)
        response = response_to(transaction.request, 200, tag=tag)
        self.sign_response(response)
        response.headers.add("Allow", ", ".join(allow.methods()))
        response.headers.add("Accept", "application/sdp")
        response.headers.add("Accept-Language", "en")
        response.headers.add("Supported", ", ".join(allow.supported()))
        response.headers.add("Allow-Events", "message-summary, check-sync")
        transaction.respond(response)

    def notified(self, transaction: ServerTransaction) -> None:
        """A NOTIFY, in a dialog or not."""
        self._notified.received(transaction)

    def refuse(self, transaction: ServerTransaction, status: int, reason: str = "", **headers: str) -> None:
        """A final response outside dialogs; underscores in header names become hyphens."""
        response = response_to(transaction.request, status, reason, tag=alnum(6))
        self.sign_response(response)
        for name, value in headers.items():
            response.headers.add(name.replace("_", "-"), value)
        transaction.respond(response)

    def identity_of(self, request: Request, *, by_user: bool = False) -> Registration | None:
        """The identity a request is for: by line= of the Request-URI, else by user part where that is allowed."""
        try:
            uri = Uri.parse(request.uri)
        except ValueSyntaxError:
            return None
        usable = [r for r in self.identities.values() if r.account.usable]
        lines = {registration.line: registration.number for registration in usable}
        users: dict[str, int] = {}
        for registration in usable:
            if by_user or self._found_by_user(registration.number):
                users.setdefault(registration.account.user, registration.number)
        line = uri.params.get("line") or ""
        number = self.device.strategies.get(LineStrategy).identity(line, uri.number, lines, users)
        return self.identities.get(number) if number is not None else None

    def _found_by_user(self, number: int) -> bool:
        asterisk = self.device.settings.get("user_pbxtype", number).strip().lower() == "asterisk"
        return asterisk or self.device.quirks.get("missing_line") == "user"

    # --- from the wire

    def _received(self, message: Message, source: Source) -> None:
        self._log_message("received from", message, source.target)
        try:
            self.layer.received(message, source)
        except ValueSyntaxError as wrong:
            self.device.log.write("sip_other", 3, f"message from {source.target}: {wrong}")

    def _sent(self, message: Message, target: Target) -> None:
        self._log_message("sent to", message, target)

    def _garbage(self, bad: BadMessage, source: Source) -> None:
        self.device.log.write("sip_other", 3, f"unreadable message from {source.target}: {bad}")
        if bad.request is None:
            return
        try:
            via = bad.request.via
        except ValueSyntaxError:
            return
        response = response_to(bad.request, bad.status, tag=alnum(6))
        self.sign_response(response)
        self.layer.answer(response.to_bytes(), source, via)

    def _broken(self, target: Target) -> None:
        if self._running:
            for registration in self.identities.values():
                registration.connection_broken(target)

    def _stray(self, response: Response, source: Source) -> None:
        text = f"{response.status} to nothing of ours from {source.target}"
        self.device.log.write("sip_other", 6, text)

    def _ack(self, request: Request, source: Source) -> None:
        call = self._call_of(request)
        if call is not None:
            call.acknowledged(request)

    def _request(self, transaction: ServerTransaction) -> None:
        try:
            self._dispatch(transaction)
        except ValueSyntaxError as wrong:
            self.device.log.write("sip_other", 3, f"{transaction.request.method}: {wrong}")
            self.refuse(transaction, 400)

    def _dispatch(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        allow = self.device.strategies.get(AllowStrategy)
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif request.method == "REFER" and (call := self._call_of(request)) is not None:
            call.received(transaction)
        elif request.method not in allow.methods():
            status = 603 if request.method == "REFER" else 405 if request.method in KNOWN_METHODS else 501
            self.refuse(transaction, status, Allow=", ".join(allow.methods()))
        elif request.to.tag:
            self._in_dialog(transaction)
        elif (request.headers.get("Max-Forwards") or "70").strip() == "0":
            self.refuse(transaction, 483)
        elif unknown := self._unknown_extensions(request):
            self.refuse(transaction, 420, Unsupported=", ".join(sorted(unknown)))
        else:
            self._out_of_dialog(transaction)

    def _in_dialog(self, transaction: ServerTransaction) -> None:
        call = self._call_of(transaction.request)
        if call is not None:
            call.received(transaction)
        else:
            self.refuse(transaction, 481)

    def _out_of_dialog(self, transaction: ServerTransaction) -> None:
        method = transaction.request.method
        if method == "INVITE":
            self._invited(transaction)
        elif method == "OPTIONS":
            if self.device.strategies.get(OptionsStrategy).answers(in_dialog=False):
                self.answer_options(transaction, tag=alnum(6))
        elif method == "NOTIFY":
            self.notified(transaction)
        else:
            self.refuse(transaction, 481)

    def _unknown_extensions(self, request: Request) -> set[str]:
        supported = {tag.lower() for tag in self.device.strategies.get(AllowStrategy).supported()}
        required = request.headers.tokens("Require")
        return self.device.strategies.get(RequireStrategy).unknown(required, supported)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self.layer.invite_of(transaction.request)
        if invite is None:
            self.refuse(transaction, 481)
            return
        call = next((c for c in self.calls if isinstance(c, IncomingCall) and c.transaction is invite), None)
        tag = call.dialog.local.tag if call is not None and call.dialog is not None else alnum(6)
        response = response_to(transaction.request, 200, tag=tag)
        self.sign_response(response)
        transaction.respond(response)
        if call is not None:
            call.cancelled(transaction.request)

    def _invited(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        if self.layer.merged(transaction):
            self.refuse(transaction, 482)
            return
        registration = self.identity_of(request)
        if registration is None or self.on_incoming is None:
            self.device.log.write("sip_call", 3, f"INVITE for {request.uri}, which is none of ours")
            self.refuse(transaction, 404)
            return
        if request.body and request.content_type not in ("application/sdp", "multipart/mixed"):
            self.refuse(transaction, 415, Accept="application/sdp")
            return
        transaction.respond(response_to(request, 100))
        self._ring(transaction, registration)

    def _ring(self, transaction: ServerTransaction, registration: Registration) -> None:
        assert self.on_incoming is not None
        try:
            media = self.device.media.new_session(registration.number)
        except OSError as none_left:
            self.device.log.write("sip_call", 2, f"no media port: {none_left}")
            self.refuse(transaction, 500, "No Media Port")
            return
        call = IncomingCall(self, registration, media, transaction)
        self._add(call)
        try:
            if call.timer.too_small(transaction.request):
                call.in_dialog.respond(transaction, 422)
                call.end(422, "Session Interval Too Small", remote=True)
                return
            call.examine()
        except NotAcceptable as refused:
            refused_early(call, refused)
            return
        self.background(self._announce(call), "incoming call")

    async def _announce(self, call: IncomingCall) -> None:
        assert self.on_incoming is not None
        await self.on_incoming(call)

    def _call_of(self, request: Request) -> Call | None:
        key = dialog_key(request)
        return next((call for call in self.calls if call.owns(key)), None)

    # --- the outside changes

    def _setting_changed(self, name: str, idx: int, old: str, new: str) -> None:
        if name in ACCOUNT_SETTINGS and idx in self.identities:
            if not self._changed:
                asyncio.get_running_loop().call_soon(self._restart_changed)
            self._changed.add(idx)
        elif name in ("retry_t1", "short_form"):
            self._read_timers()
        elif name == "tos_sip":
            self.transport.set_tos(self._tos())

    def _restart_changed(self) -> None:
        changed, self._changed = self._changed, set()
        for number in sorted(changed):
            self.background(self._restart(number), f"restart of identity {number}")

    async def _restart(self, number: int) -> None:
        async with self._restarting[number]:
            if self._running:
                await self.identities[number].restart()

    def _network_changed(self) -> None:
        if self._running:
            for registration in self.identities.values():
                registration.renew()

    def _read_timers(self) -> None:
        self.layer.t1 = max(self.device.settings.int("retry_t1"), 10) / 1000
        self.layer.compact = self.device.settings.bool("short_form")

    def _tos(self) -> int:
        return self.device.strategies.get(TosStrategy).byte(self.device.settings.int("tos_sip"))

    async def _hang_up(self, call: Call) -> None:
        try:
            async with asyncio.timeout(2):
                await call.hangup()
        except TimeoutError:
            call.log(3, "the far end did not confirm the end")

    def _log_message(self, what: str, message: Message, target: Target) -> None:
        try:
            method = message.cseq.method
        except ValueSyntaxError:
            method = ""
        calls = {"INVITE", "ACK", "CANCEL", "BYE", "INFO", "UPDATE", "PRACK", "REFER"}
        category = "sip_reg" if method == "REGISTER" else "sip_call" if method in calls else "sip_other"
        text = message.to_bytes().decode("utf-8", errors="replace")
        self.device.log.write(category, 9, f"{what} {target}\n{text}")
