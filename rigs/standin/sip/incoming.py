"""A call towards us: ringing, early media, answer, rejection, and the CANCEL that may come first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.media.description import MediaDescription
from rigs.standin.sip import caller_identity
from rigs.standin.sip.account import alnum
from rigs.standin.sip.call import ENDED, ESTABLISHED, NEW, RINGING, Call
from rigs.standin.sip.call_strategies import DivertingStrategy
from rigs.standin.sip.content import session_body
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.interface import MediaSession
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.negotiation import NotAcceptable
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.transaction import T2, ServerTransaction
from rigs.standin.sip.values import LONGEST, Uri, number, read_params, split_outside

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent


class IncomingCall(Call):
    """One INVITE of the far end. `remote_offer` is what it offers, None when the offer is ours to make.

    `replaces` is the call whose place it takes, None for one of its own.
    """

    def __init__(
        self, agent: SipAgent, registration: Registration, media: MediaSession, transaction: ServerTransaction
    ) -> None:
        super().__init__(agent, registration, media, transaction.request.call_id)
        self.transaction = transaction
        self.invite: Request = transaction.request
        self.remote_offer: MediaDescription | None = None
        self.replaces: Call | None = None
        self.target = transaction.source.target
        self.dialog: Dialog | None = Dialog.of_request(transaction.request, alnum(6))
        self._answer = b""
        self._rseq = 0
        self._pracked = asyncio.Event()
        self._answer_when_pracked = False
        self._expiry: asyncio.TimerHandle | None = None
        caller_identity.note_identity(self, self.invite, announce=False)

    def examine(self) -> None:
        """Looks at the offer before anything rings. Raises NotAcceptable."""
        if body := session_body(self.invite):
            self.remote_offer = self.negotiation.check(body)
        expires = number(self.invite.headers.get("Expires"), most=LONGEST)
        if expires > 0:
            self._expiry = asyncio.get_running_loop().call_later(expires, self._expired)

    async def ring(self) -> None:
        """180: a handset rings."""
        await self.provisional(180, b"")

    async def progress(self) -> None:
        """183 with our answer: the caller hears us before we answer."""
        if self.remote_offer is not None and self.state in (NEW, RINGING):
            await self.provisional(183, self._our_answer())
            await self.media.start()

    async def answer(self) -> None:
        """200: a handset took the call; `on_answered` follows with the ACK."""
        if self.state not in (NEW, RINGING):
            return
        late = self.remote_offer is None and not self.negotiation.established
        if late and self.negotiation.awaiting_answer:  # our reliable 180 had the offer: its PRACK brings the answer
            self._answer_when_pracked = True
            return
        body = b"" if self._said_all else self.negotiation.offer() if late else self._our_answer()
        self._stop_expiry()
        self._pracked.set()
        self.state = ESTABLISHED
        self.in_dialog.succeed(self.transaction, body, offers=late)
        await self.media.start()
        self.background(self._announce(), "answered")

    async def reject(self, status: int = 486, reason: str = "Busy Here") -> None:
        """Refuses the call with a status line of the exchange's choice."""
        if self.state not in (NEW, RINGING):
            return
        self._refuse(status, reason)
        self.end(status, reason, remote=False)

    async def redirect(self, target: Uri, reason: str) -> None:
        """Sends the caller elsewhere: 302 with the Contact of the target (RFC 3261 section 8.1.3.4)."""
        if self.state not in (NEW, RINGING):
            return
        self._stop_expiry()
        own = self.registration.account.uri
        says = {"Contact": f"<{target}>", **self.strategies.get(DivertingStrategy).says(own, target, reason)}
        self.in_dialog.respond(self.transaction, 302, "Moved Temporarily", says=says)
        self.end(302, "Moved Temporarily", remote=False)

    async def hangup(self) -> None:
        """Ends the call; one that still rings is rejected as busy. BYE waits for the ACK (RFC 3261 section 15)."""
        if self.state in (NEW, RINGING):
            await self.reject()
        elif self.state == ESTABLISHED:
            dialog = self.dialog
            waits = self.in_dialog.unacknowledged
            self.end(200, "", remote=False)
            if waits:
                await self.in_dialog.acknowledgement()
            if dialog is not None:
                await self.bye(dialog)

    def cancelled(self, cancel: Request) -> None:
        """The caller gave up, or another phone took the call."""
        if self.state not in (NEW, RINGING):
            return
        self._refuse(487, "")
        self.end(487, "Request Terminated", remote=True, answered_elsewhere=answered_elsewhere(cancel))

    def received(self, transaction: ServerTransaction) -> None:
        """PRACK and BYE may come before the answer."""
        if transaction.request.method == "PRACK":
            self._acknowledge_ringing(transaction)
            return
        unanswered = transaction.request.method == "BYE" and self.state in (NEW, RINGING)
        if unanswered:
            self._refuse(487, "")
        super().received(transaction)

    async def _announce(self) -> None:
        """Tells the listener once the ACK is there."""
        await self.in_dialog.acknowledgement()
        if self.state == ESTABLISHED and self.listener is not None:
            self.log(5, "answered")
            self.listener.on_answered()

    async def provisional(self, status: int, body: bytes) -> None:
        """Tells the caller of our ringing, reliably where it asks for that."""
        if self.state not in (NEW, RINGING):
            return
        self.state = RINGING
        reliable = "100rel" in self.invite.headers.tokens("Require")
        if reliable and self.remote_offer is None and not self._rseq:
            # An INVITE without an offer gets ours in the first reliable response (RFC 3262 section 5).
            body = self.negotiation.offer()
        response = self.in_dialog.response(self.invite, status)
        self.dressing.dress(response, body)
        if not reliable:
            self.transaction.respond(response)
            return
        self._rseq = self._rseq + 1 or 1
        response.headers.add("Require", "100rel")
        response.headers.add("RSeq", str(self._rseq))
        self._pracked.clear()
        self.transaction.respond(response)
        self.background(self._repeat_ringing(response), "reliable provisional")

    async def _repeat_ringing(self, response: Response) -> None:
        """Repeats a reliable 1xx until its PRACK comes (RFC 3262 section 3)."""
        interval = self.agent.layer.t1
        waited, limit = 0.0, 64 * interval
        while waited < limit and self.state == RINGING:
            try:
                async with asyncio.timeout(interval):
                    await self._pracked.wait()
                return
            except TimeoutError:
                waited += interval
                interval = min(2 * interval, T2 * 16)
                if self.state == RINGING:
                    self.transaction.again(response)
        if self.state == RINGING:
            self._refuse(504, "No PRACK")
            self.end(504, "No PRACK", remote=True)

    def _acknowledge_ringing(self, transaction: ServerTransaction) -> None:
        assert self.dialog is not None
        request, cseq = transaction.request, self.invite.cseq
        words = (request.headers.get("RAck") or "").split()
        wanted = [str(self._rseq), str(cseq.number), cseq.method]
        fits = self.dialog.accepts(request) and self._rseq > 0 and words == wanted and not self._pracked.is_set()
        if not fits:
            self.in_dialog.respond(transaction, 481)
            return
        self._pracked.set()
        self.in_dialog.pracked(transaction)
        if self._answer_when_pracked and self.state == RINGING:
            self.background(self.answer(), "answer after PRACK")

    @property
    def _said_all(self) -> bool:
        """Whether offer and answer went by already, in a reliable response and its PRACK."""
        return self.remote_offer is None and self.negotiation.established

    def _our_answer(self) -> bytes:
        """The answer to the INVITE's offer; the same one in 183 and 200. Raises NotAcceptable."""
        if not self._answer:
            self._answer = self.negotiation.answer(session_body(self.invite))
        return self._answer

    def _refuse(self, status: int, reason: str) -> None:
        self._stop_expiry()
        self.in_dialog.respond(self.transaction, status, reason)

    def _expired(self) -> None:
        """The INVITE's own Expires ran out (RFC 3261 section 13.3.1)."""
        if self.state in (NEW, RINGING):
            self._refuse(487, "")
            self.end(487, "Request Terminated", remote=True)

    def _stop_expiry(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()

    def end(self, status: int, reason: str, *, remote: bool, answered_elsewhere: bool = False) -> None:
        """As any call, and the timers of ringing end too."""
        self._stop_expiry()
        self._pracked.set()
        super().end(status, reason, remote=remote, answered_elsewhere=answered_elsewhere)


def answered_elsewhere(cancel: Request) -> bool:
    """Another phone took the call (RFC 3326): SIP;cause=200, or Q.850;cause=26, a call that was taken elsewhere."""
    for value in cancel.headers.values("Reason"):
        protocol, *params = split_outside(value, ";")
        cause = number(read_params(params).get("cause"), most=999)
        if (protocol.upper(), cause) in (("SIP", 200), ("Q.850", 26)):
            return True
    return False


def refused_early(call: IncomingCall, trouble: NotAcceptable) -> None:
    """An offer without a usable codec: 488 before any handset rings."""
    call.log(3, f"offer: {trouble}")
    call.in_dialog.respond(call.transaction, 488)
    call.end(488, "Not Acceptable Here", remote=True)


__all__ = ["ENDED", "IncomingCall", "refused_early"]
