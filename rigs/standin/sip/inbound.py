"""What comes in from the wire: which identity, which call, or which refusal (RFC 3261 section 8.2)."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Choices
from rigs.standin.sip import extensions, replacing
from rigs.standin.sip.account import alnum
from rigs.standin.sip.call import Call
from rigs.standin.sip.content import ACCEPTED, Unsupported, session_body
from rigs.standin.sip.dialog import dialog_key
from rigs.standin.sip.incoming import IncomingCall, refused_early
from rigs.standin.sip.message import Message, Request, Response, response_to
from rigs.standin.sip.negotiation import NotAcceptable
from rigs.standin.sip.notify import EVENTS, Notified
from rigs.standin.sip.reader import BadMessage
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import (
    LineStrategy,
    MethodStrategy,
    MissingLineStrategy,
    RequireStrategy,
)
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.transport import Source, Target
from rigs.standin.sip.values import Uri, ValueSyntaxError

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent
    from rigs.standin.sip.mailbox import Mailbox

SCHEMES = ("sip", "sips", "tel")
"""Of Request-URIs; others are 416."""
CALL_METHODS = {"INVITE", "ACK", "CANCEL", "BYE", "INFO", "UPDATE", "PRACK", "REFER"}
"""Whose messages are logged as call messages."""


class Inbound:
    """The agent's ear on the wire."""

    def __init__(self, agent: SipAgent) -> None:
        self.agent = agent
        self._notified = Notified(agent)
        self._salt = alnum(16)

    def sign_response(self, response: Response) -> None:
        """Names the product, as every response does."""
        response.headers.set("User-Agent", self.agent.outbound.agent_name)

    def answer_options(self, transaction: ServerTransaction, *, tag: str) -> None:
        """200 with everything we can."""
        device = self.agent.device
        response = response_to(transaction.request, 200, tag=tag)
        self.sign_response(response)
        response.headers.add("Allow", ", ".join(extensions.methods(device)))
        response.headers.add("Accept", ", ".join(ACCEPTED))
        response.headers.add("Accept-Encoding", "identity")
        response.headers.add("Accept-Language", "en")
        response.headers.add("Supported", ", ".join(extensions.option_tags(device)))
        response.headers.add("Allow-Events", EVENTS)
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
        usable = [r for r in self.agent.identities.values() if r.account.usable]
        lines = {registration.line: registration.number for registration in usable}
        users: dict[str, int] = {}
        for registration in usable:
            if by_user or self._found_by_user(registration.number):
                users.setdefault(registration.account.user, registration.number)
        line = uri.params.get("line") or ""
        number = self.agent.device.strategies.get(LineStrategy).identity(line, uri.number, lines, users)
        return self.agent.identities.get(number) if number is not None else None

    def _found_by_user(self, number: int) -> bool:
        quirk = self.agent.device.quirks.get("missing_line")
        return self.agent.device.strategies.of(number).get(MissingLineStrategy).by_user(quirk)

    def _choices(self, request: Request) -> Choices:
        """The choices of the identity that a request is for; of the base where it is for none."""
        registration = self.identity_of(request)
        return registration.choices if registration is not None else self.agent.device.strategies

    # --- from the wire

    def received(self, message: Message, source: Source) -> None:
        """Every well-formed message."""
        self._log_message("received from", message, source.target)
        with self.agent.device.owner.minding("a SIP message"):
            try:
                self.agent.layer.received(message, source)
            except ValueSyntaxError as wrong:
                self.agent.device.log.write("sip_other", 3, f"message from {source.target}: {wrong}")

    def sent(self, message: Message, target: Target) -> None:
        """Every message that leaves, for the log."""
        self._log_message("sent to", message, target)

    def garbage(self, bad: BadMessage, source: Source) -> None:
        """What could not be read: one line in the log, and a 400 where that is possible."""
        with self.agent.device.owner.minding("an unreadable message"):
            self._garbage(bad, source)

    def _garbage(self, bad: BadMessage, source: Source) -> None:
        self.agent.device.log.write("sip_other", 3, f"unreadable message from {source.target}: {bad}")
        if bad.request is None:
            return
        try:
            via = bad.request.via
        except ValueSyntaxError:
            return
        # Without a transaction the same request must get the same tag each time (RFC 3261 section 8.2.7).
        named = f"{self._salt}{via.branch}{bad.request.call_id}".encode(errors="surrogateescape")
        tag = hashlib.sha256(named).hexdigest()[:6]
        response = response_to(bad.request, bad.status, tag=tag)
        self.sign_response(response)
        self.agent.layer.answer(response.to_bytes(), source, via)

    def stray(self, response: Response, source: Source) -> None:
        """A response to nothing of ours."""
        text = f"{response.status} to nothing of ours from {source.target}"
        self.agent.device.log.write("sip_other", 6, text)

    def ack(self, request: Request, source: Source) -> None:
        """The ACK of a 2xx."""
        call = self._call_of(request)
        if call is not None:
            call.in_dialog.acknowledged(request)

    def request(self, transaction: ServerTransaction) -> None:
        """A request that starts a server transaction."""
        method = transaction.request.method
        with self.agent.device.owner.minding(f"the answer to {method[:20]}", partial(self.refuse, transaction, 500)):
            try:
                self._dispatch(transaction)
            except ValueSyntaxError as wrong:
                self.agent.device.log.write("sip_other", 3, f"{method}: {wrong}")
                self.refuse(transaction, 400)

    def _dispatch(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        methods = extensions.methods(self.agent.device)
        if request.method == "CANCEL":
            self._cancel(transaction)
        elif request.to.tag and (call := self._call_of(request)) is not None:
            call.received(transaction)
        elif request.method not in methods:
            self._unlisted(transaction, methods)
        elif request.method == "NOTIFY" and (mailbox := self._subscription_of(request)) is not None:
            self.notified(transaction)
            mailbox.notified(request)
        elif request.to.tag:
            self.refuse(transaction, 481)
        elif request.uri.partition(":")[0].lower() not in SCHEMES:
            self.refuse(transaction, 416)
        elif self.agent.layer.merged(transaction):
            self.refuse(transaction, 482)
        elif unknown := self._unknown_extensions(request):
            self.refuse(transaction, 420, Unsupported=", ".join(sorted(unknown)))
        else:
            self.out_of_dialog(transaction)

    def _unlisted(self, transaction: ServerTransaction, methods: tuple[str, ...]) -> None:
        """A method that Allow does not list."""
        request = transaction.request
        if status := self._choices(request).get(MethodStrategy).refusal(request.method):
            self.refuse(transaction, status, Allow=", ".join(methods))
        else:
            self._notified.unanswered(transaction)

    def out_of_dialog(self, transaction: ServerTransaction) -> None:
        """A request that begins something, its headers found to be good."""
        method = transaction.request.method
        if method == "INVITE":
            self._invited(transaction)
        elif method == "OPTIONS":
            self.answer_options(transaction, tag=alnum(6))
        elif method == "NOTIFY":
            self.notified(transaction)
        elif method == "REFER":
            self.referred(transaction)
        else:
            self.refuse(transaction, 481)

    def referred(self, transaction: ServerTransaction) -> None:
        """A REFER outside any call: who is in none with the base does not make it call."""
        self.refuse(transaction, 403)

    def _unknown_extensions(self, request: Request) -> set[str]:
        supported = {tag.lower() for tag in extensions.option_tags(self.agent.device)}
        required = request.headers.tokens("Require")
        return self._choices(request).get(RequireStrategy).unknown(required, supported)

    def _cancel(self, transaction: ServerTransaction) -> None:
        invite = self.agent.layer.invite_of(transaction.request)
        if invite is None:
            self.refuse(transaction, 481)
            return
        call = next((c for c in self.agent.calls if isinstance(c, IncomingCall) and c.transaction is invite), None)
        tag = call.dialog.local.tag if call is not None and call.dialog is not None else alnum(6)
        if invite.final is not None:
            tag = invite.final.to.tag
        response = response_to(transaction.request, 200, tag=tag)
        self.sign_response(response)
        transaction.respond(response)
        if call is not None:
            call.cancelled(transaction.request)

    def _invited(self, transaction: ServerTransaction) -> None:
        request = transaction.request
        registration = self.identity_of(request)
        if registration is None or self.agent.on_incoming is None:
            self.agent.device.log.write("sip_call", 3, f"INVITE for {request.uri}, which is none of ours")
            self.refuse(transaction, 404)
            return
        if request.contact is None:
            self.refuse(transaction, 400, "Missing Contact")
            return
        try:
            session_body(request)
        except Unsupported as unsupported:
            self.refuse(transaction, 415, **{unsupported.header: unsupported.value})
            return
        try:
            replaced = replacing.replaced_by(self.agent, request)
        except replacing.NotReplaced as refused:
            self.refuse(transaction, refused.status)
            return
        transaction.respond(response_to(request, 100))
        self._ring(transaction, registration, replaced)

    def _ring(self, transaction: ServerTransaction, registration: Registration, replaced: Call | None) -> None:
        assert self.agent.on_incoming is not None
        try:
            media = self.agent.device.media.new_session(registration.number)
        except OSError as none_left:
            self.agent.device.log.write("sip_call", 2, f"no media port: {none_left}")
            self.refuse(transaction, 500, "No Media Port")
            return
        try:
            call = IncomingCall(self.agent, registration, media, transaction)
        except ValueSyntaxError:
            self.agent.background(media.stop(), "media stop")
            raise
        call.replaces = replaced
        self.agent.add(call)
        with self.agent.device.owner.minding("an INVITE", partial(self._give_up, call)):
            try:
                if call.timer.too_small(transaction.request):
                    call.in_dialog.respond(transaction, 422)
                    call.end(422, "Session Interval Too Small", remote=True)
                    return
                call.examine()
            except NotAcceptable as refused:
                refused_early(call, refused)
                return
            call.background(self._announce(call), "incoming call")

    def _give_up(self, call: IncomingCall) -> None:
        call.in_dialog.respond(call.transaction, 500)
        call.end(500, "Internal Error", remote=True)

    async def _announce(self, call: IncomingCall) -> None:
        assert self.agent.on_incoming is not None
        await self.agent.on_incoming(call)

    def _subscription_of(self, request: Request) -> Mailbox | None:
        return next((one for one in self.agent.mailboxes.values() if one.owns(request)), None)

    def _call_of(self, request: Request) -> Call | None:
        key = dialog_key(request)
        return next((call for call in self.agent.known_calls if call.owns(key)), None)

    def _log_message(self, what: str, message: Message, target: Target) -> None:
        try:
            method = message.cseq.method
        except ValueSyntaxError:
            method = ""
        category = "sip_reg" if method == "REGISTER" else "sip_call" if method in CALL_METHODS else "sip_other"
        text = message.to_bytes().decode("utf-8", errors="replace")
        self.agent.device.log.write(category, 9, f"{what} {target}\n{text}")
