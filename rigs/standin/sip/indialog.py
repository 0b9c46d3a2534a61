"""Requests of the far end inside a dialog: re-INVITE, UPDATE, BYE, INFO, OPTIONS, NOTIFY, PRACK, REFER."""

from __future__ import annotations

import asyncio
import random
import re
from typing import TYPE_CHECKING

from rigs.standin.sip import caller_identity, extensions, platforms, sdp
from rigs.standin.sip.content import Unsupported, attach, session_body
from rigs.standin.sip.message import Request, Response, response_to
from rigs.standin.sip.negotiation import NotAcceptable
from rigs.standin.sip.notify import event_of
from rigs.standin.sip.session_timer import SessionExpires
from rigs.standin.sip.strategies import RequireStrategy
from rigs.standin.sip.transaction import T2, ServerTransaction

if TYPE_CHECKING:
    from rigs.standin.sip.call import Call

_SIGNAL = re.compile(r"^\s*Signal\s*[=:]\s*(\S+)", re.IGNORECASE | re.MULTILINE)
_DURATION = re.compile(r"^\s*Duration\s*[=:]\s*(\d{1,5})", re.IGNORECASE | re.MULTILINE)
INFO_TYPES = ("application/dtmf-relay", "application/dtmf")
_DIGITS = set("0123456789*#ABCD")


class InDialog:
    """What one call answers to the far end's requests, and the 2xx it repeats until the ACK comes."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._pending: ServerTransaction | None = None
        self._acknowledged = asyncio.Event()
        self._acknowledged.set()
        self._late_offer = False

    @property
    def unacknowledged(self) -> bool:
        """Whether a 2xx of the base still waits for its ACK."""
        return not self._acknowledged.is_set()

    async def acknowledgement(self) -> None:
        """Waits for the ACK of our 2xx, or until it is given up."""
        await self._acknowledged.wait()

    def received(self, transaction: ServerTransaction) -> None:
        """Answers one request; CSeq order is checked here."""
        request, dialog = transaction.request, self._call.dialog
        assert dialog is not None
        if self._call.over and not self._call.referring.continues(request):
            # The dialog lives until our own BYE is answered: one of the other side that crosses it ends it, too.
            self.respond(transaction, 200 if request.method == "BYE" else 481)
            return
        if not dialog.accepts(request):
            self.respond(transaction, 500, "CSeq out of order")
            return
        methods = extensions.methods(self._call.agent.device)
        if request.method not in methods:
            self.respond(transaction, extensions.method_refusal(request.method), says={"Allow": ", ".join(methods)})
            return
        supported = {tag.lower() for tag in extensions.option_tags(self._call.agent.device)}
        unknown = self._call.strategies.get(RequireStrategy).unknown(request.headers.tokens("Require"), supported)
        if unknown:
            self.respond(transaction, 420, unsupported=unknown)
            return
        actions = {
            "INVITE": self._reinvited,
            "UPDATE": self._updated,
            "BYE": self._bye,
            "INFO": self.info,
            "OPTIONS": self._options,
            "NOTIFY": self._notify,
            "REFER": self._call.referred.received,
        }
        action = actions.get(request.method, self._unexpected)
        action(transaction)

    def acknowledged(self, ack: Request) -> None:
        """The ACK of our 2xx; it brings the answer when our 2xx had the offer."""
        if self._acknowledged.is_set():
            return
        late = self._late_offer
        self._late_offer = False
        self._pending = None
        self._acknowledged.set()
        if not late:
            return
        held = self._call.negotiation.held
        try:
            self._call.negotiation.take_answer(session_body(ack))
        except (NotAcceptable, Unsupported) as refused:
            self._call.negotiation.withdraw()
            self._call.log(3, f"answer in ACK: {refused}")
            self._call.background(self._call.leave(488, "Not Acceptable Here"), "leave")
            return
        self._call.note_hold(held)

    def succeed(self, transaction: ServerTransaction, body: bytes, *, offers: bool) -> None:
        """A 200 to an INVITE, repeated until its ACK comes (RFC 3261 section 13.3.1.4)."""
        response = self.response(transaction.request, 200)
        self._call.dressing.dress(response, body)
        self._session_timer(transaction.request, response)
        transaction.respond(response)
        self._pending, self._late_offer = transaction, offers
        self._acknowledged.clear()
        self._call.background(self._repeat(transaction, response), "2xx")

    def respond(
        self,
        transaction: ServerTransaction,
        status: int,
        reason: str = "",
        *,
        unsupported: set[str] | None = None,
        says: dict[str, str] | None = None,
    ) -> None:
        """A final response without a body; `says` are further headers."""
        response = self.response(transaction.request, status, reason)
        for name, value in (says or {}).items():
            response.headers.add(name, value)
        if unsupported:
            response.headers.add("Unsupported", ", ".join(sorted(unsupported)))
        if status == 422:
            response.headers.add("Min-SE", str(self._call.timer.minimum))
        if status == 500:
            response.headers.add("Retry-After", str(random.randint(0, 10)))
        transaction.respond(response)

    def response(self, request: Request, status: int, reason: str = "") -> Response:
        """A response inside the dialog, our tag on To."""
        assert self._call.dialog is not None
        response = response_to(request, status, reason, tag=self._call.dialog.local.tag)
        self._call.agent.inbound.sign_response(response)
        return response

    def _reinvited(self, transaction: ServerTransaction) -> None:
        call, request = self._call, transaction.request
        if call.negotiation.awaiting_answer:
            self.respond(transaction, 491)
            return
        if self.unacknowledged or not call.stands:
            self.respond(transaction, 500, "Previous INVITE not finished")
            return
        if call.timer.too_small(request):
            self.respond(transaction, 422)
            return
        offered = self._offer_of(transaction)
        if offered is None:
            return
        held = call.negotiation.held
        try:
            body = call.negotiation.answer(offered) if offered else call.negotiation.offer(asked=True)
        except NotAcceptable as refused:
            call.log(3, f"re-INVITE: {refused}")
            self.respond(transaction, 488)
            return
        assert call.dialog is not None
        call.dialog.refresh_target(request.contact)
        caller_identity.note_identity(call, request)
        self.succeed(transaction, body, offers=not offered)
        call.note_hold(held)

    def _updated(self, transaction: ServerTransaction) -> None:
        call, request = self._call, transaction.request
        offered = self._offer_of(transaction)
        if offered is None:
            return
        if offered and call.negotiation.awaiting_answer:
            self.respond(transaction, 491)
            return
        if offered and not call.negotiation.established:  # theirs still waits for our answer (RFC 3311 section 5.2)
            self.respond(transaction, 500, "Previous offer not answered")
            return
        if call.timer.too_small(request):
            self.respond(transaction, 422)
            return
        held = call.negotiation.held
        try:
            body = call.negotiation.answer(offered) if offered else b""
        except NotAcceptable as refused:
            call.log(3, f"UPDATE: {refused}")
            self.respond(transaction, 488)
            return
        assert call.dialog is not None
        call.dialog.refresh_target(request.contact)
        caller_identity.note_identity(call, request)
        response = self.response(request, 200)
        call.dressing.dress(response, body)
        self._session_timer(request, response)
        transaction.respond(response)
        call.note_hold(held)

    def _offer_of(self, transaction: ServerTransaction) -> bytes | None:
        """The offer of a request, empty if it makes none; None when it was refused with 415."""
        try:
            return session_body(transaction.request)
        except Unsupported as unsupported:
            self.respond(transaction, 415, says={unsupported.header: unsupported.value})
            return None

    def pracked(self, transaction: ServerTransaction) -> None:
        """The PRACK of our reliable response: it may bring the answer to our offer, or an offer of its own."""
        said, call = self._offer_of(transaction), self._call
        if said is None:
            return
        answer = b""
        try:
            if call.negotiation.awaiting_answer:
                call.negotiation.take_answer(said)
            elif said and call.negotiation.established:
                answer = call.negotiation.answer(said)
        except NotAcceptable as refused:
            call.log(3, f"PRACK: {refused}")
            self.respond(transaction, 488)
            return
        response = self.response(transaction.request, 200)
        attach(response, answer, sdp.CONTENT_TYPE)
        transaction.respond(response)

    def _session_timer(self, request: Request, response: Response) -> None:
        expires: SessionExpires | None = self._call.timer.answer(request)
        if expires is None:
            return
        if expires.refresher == "uac":
            response.headers.add("Require", "timer")
        response.headers.add("Session-Expires", str(expires))

    def _bye(self, transaction: ServerTransaction) -> None:
        self.respond(transaction, 200)
        self._acknowledged.set()
        self._call.end(200, "", remote=True)

    def info(self, transaction: ServerTransaction) -> None:
        """A digit, or nothing at all, is accepted; another body is not."""
        request, call = transaction.request, self._call
        digit, duration, understood = "", 160, True
        text = request.body.decode("utf-8", errors="replace")
        if request.content_type == "application/dtmf-relay":
            digit = found.group(1) if (found := _SIGNAL.search(text)) else ""
            duration = int(found.group(1)) if (found := _DURATION.search(text)) else duration
        elif request.content_type == "application/dtmf":
            digit = text.strip()
        elif request.body:
            understood = False
        if not understood:
            self.respond(transaction, 415, says={"Accept": ", ".join(INFO_TYPES)})
            return
        self.respond(transaction, 200)
        digit = {"10": "*", "11": "#"}.get(digit, digit).upper()
        if digit in _DIGITS and call.listener is not None:
            call.listener.on_digit(digit, duration)

    def _options(self, transaction: ServerTransaction) -> None:
        tag = self._call.dialog.local.tag if self._call.dialog else ""
        self._call.agent.inbound.answer_options(transaction, tag=tag)

    def _notify(self, transaction: ServerTransaction) -> None:
        call, package = self._call, event_of(transaction.request)[0]
        if package == "refer":
            call.referring.notified(transaction)
        elif package in platforms.events_of(call.agent.device.settings, call.identity):
            self.respond(transaction, 200)
            if call.listener is not None:
                call.listener.on_remote_control(package)
        else:
            call.agent.inbound.notified(transaction)

    def _unexpected(self, transaction: ServerTransaction) -> None:
        """A PRACK of nothing."""
        self.respond(transaction, 481)

    async def _repeat(self, transaction: ServerTransaction, response: Response) -> None:
        interval = waited = 0.0
        interval = self._call.agent.layer.t1
        limit = 64 * interval
        while waited < limit:
            try:
                async with asyncio.timeout(interval):
                    await self._acknowledged.wait()
                return
            except TimeoutError:
                waited += interval
                interval = min(2 * interval, T2)
                transaction.again(response)
        self._acknowledged.set()
        self._call.log(3, "our 200 was never acknowledged")
        await self._call.leave(408, "no ACK")
