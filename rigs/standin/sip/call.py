"""A call: what both directions share once a dialog is there (hold, resume, digits, BYE, requests of the far end)."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from rigs.standin.sip import caller_identity
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.call_strategies import (
    DigitStrategy,
    GlareStrategy,
    SessionTimerStrategy,
)
from rigs.standin.sip.content import Unsupported, attach, session_body
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.dressing import Dressing
from rigs.standin.sip.indialog import InDialog
from rigs.standin.sip.interface import CallListener, MediaSession
from rigs.standin.sip.locate import NotLocated
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.negotiation import Negotiation, NotAcceptable
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.referred import Referred
from rigs.standin.sip.referring import Referring
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.session_timer import SessionTimer
from rigs.standin.sip.strategies import CredentialStrategy
from rigs.standin.sip.transaction import Failure, Outcome, ServerTransaction
from rigs.standin.sip.transport import Target

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

NEW, CALLING, RINGING, ESTABLISHED, ENDED = "new", "calling", "ringing", "established", "ended"
GLARE_TRIES = 5
INFO_TYPE = "application/dtmf-relay"


class Call:
    """One call of one identity. `caller_number`, `caller_name` and `caller_uri` are the far end's.

    `listener` hears what happens; for an incoming call the exchange sets it before it answers `on_incoming`.
    """

    def __init__(self, agent: SipAgent, registration: Registration, media: MediaSession, call_id: str) -> None:
        self.agent = agent
        self.registration = registration
        self.identity = registration.number
        self.media = media
        self.call_id = call_id
        self.listener: CallListener | None = None
        self.state = NEW
        self.caller_number = ""
        self.caller_name = ""
        self.caller_uri = ""
        self.dialog: Dialog | None = None
        self.target: Target | None = None
        self.strategies = registration.choices
        self.dressing = Dressing(self)
        holds_by = agent.device.quirks.get("hold_direction")
        self.negotiation = Negotiation(media, self.strategies, self.dressing.local_address, holds_by)
        self.timer = SessionTimer(self.strategies.get(SessionTimerStrategy), self._refresh_due, self._session_expired)
        self.authenticator = Authenticator(lambda: registration.account, self.strategies)
        self.in_dialog = InDialog(self)
        self.referring = Referring(self)
        self.referred = Referred(self)
        self._offering = asyncio.Lock()
        self._acks: dict[int, tuple[Request, Target]] = {}
        self._acknowledging: asyncio.Task[None] | None = None

    # --- what the exchange asks

    async def hold(self) -> bool:
        """Puts the far end on hold; True when it agreed."""
        return await self._turn(holding=True)

    async def resume(self) -> bool:
        """Takes the far end back; True when it agreed."""
        return await self._turn(holding=False)

    async def hangup(self) -> None:
        """Ends the call in any state; returns when the far end was told."""
        raise NotImplementedError

    async def send_digit(self, digit: str, ms: int = 160) -> None:
        """Sends a DTMF digit: by SIP INFO where the identity says so, else by the media."""
        setting = self.agent.device.settings.int("user_sip_info", self.identity)
        strategy = self.strategies.get(DigitStrategy)
        if not strategy.by_info(setting):
            self.media.send_dtmf(digit, ms)
        elif self.state == ESTABLISHED:
            await self.ask("INFO", strategy.info_body(digit, ms), INFO_TYPE)

    @property
    def stands(self) -> bool:
        """Whether the call was answered and has not ended."""
        return self.state == ESTABLISHED

    @property
    def over(self) -> bool:
        """Whether the call has ended."""
        return self.state == ENDED

    # --- what the agent asks

    def owns(self, key: tuple[str, str, str]) -> bool:
        """Whether a dialog of this call has that key."""
        return self.dialog is not None and self.dialog.key == key

    def received(self, transaction: ServerTransaction) -> None:
        """A request of the far end inside this call's dialog."""
        self.in_dialog.received(transaction)

    # --- shared by both directions

    async def ask(
        self, method: str, body: bytes = b"", content_type: str = "", *, says: Mapping[str, str] | None = None
    ) -> Outcome:
        """Sends a request inside the dialog and waits for its end; `says` are further headers."""
        assert self.dialog is not None
        request = self.dialog.request(method)
        for name, value in (says or {}).items():
            request.headers.add(name, value)
        attach(request, body, content_type)
        return await self._send(request)

    async def offer_again(self, *, refreshing: bool = False) -> bool:
        """A re-INVITE with a full offer; repeated after glare and 422. True when the far end agreed."""
        async with self._offering:
            for _ in range(GLARE_TRIES):
                if self.dialog is None or self.state != ESTABLISHED:
                    return False
                outcome = await self._reinvite(refreshing)
                if isinstance(outcome, Response) and outcome.status == 491:
                    await asyncio.sleep(self.strategies.get(GlareStrategy).wait(self.dialog.own_call_id))
                elif isinstance(outcome, Response) and outcome.status == 422:
                    self.timer.raise_minimum(outcome)
                else:
                    return await self._offer_ended(outcome)
        return False

    def acknowledge(self, dialog: Dialog, invite: Request, *, again: bool = False) -> None:
        """The ACK of a 2xx, with the INVITE's credentials; once more for each retransmission of the 2xx."""
        number = invite.cseq.number
        if again and dialog is self.dialog and number in self._acks:
            self.agent.layer.send_without_transaction(*self._acks[number])
            return
        ack = dialog.request("ACK", cseq=number)
        for name in ("Authorization", "Proxy-Authorization"):
            for value in invite.headers.all(name):
                ack.headers.add(name, value)
        self._acknowledging = self.background(self._send_ack(ack, dialog, number), "ACK")

    async def bye(self, dialog: Dialog) -> None:
        """Tells the far end of one dialog that it is over."""
        await self._send(dialog.request("BYE"), dialog)

    async def leave(self, status: int = 200, reason: str = "") -> None:
        """Ends an established call from our side."""
        dialog = self.dialog
        was = self.state
        self.end(status, reason, remote=False)
        if dialog is not None and was == ESTABLISHED:
            await self.bye(dialog)

    def end(self, status: int, reason: str, *, remote: bool, answered_elsewhere: bool = False) -> None:
        """The call is over for the handset; a second time changes nothing."""
        if self.state == ENDED:
            return
        self.state = ENDED
        self.timer.stop()
        self.referring.call_ended()
        self.background(self.media.stop(), "media stop")
        self.agent.forget(self)
        self.log(5, f"ended: {status} {reason}".rstrip())
        if self.listener is not None:
            self.listener.on_ended(status, reason, remote, answered_elsewhere)

    def note_hold(self, before: bool) -> None:
        """Tells the listener when an offer or answer changed who is held."""
        if self.negotiation.held != before and self.listener is not None:
            self.listener.on_remote_hold(self.negotiation.held)

    def background(self, work: Coroutine[Any, Any, Any], name: str) -> asyncio.Task[None]:
        """Runs something for this call; where it fails the call is over, so that no half of it stays."""
        return self.agent.background(work, name, failed=self._give_up)

    def _give_up(self) -> None:
        if self.state == ESTABLISHED:
            self.agent.background(self.leave(500, "Internal Error"), "leave")
        else:
            self.end(500, "Internal Error", remote=False)

    def log(self, level: int, text: str) -> None:
        self.agent.device.log.write("sip_call", level, f"Identity {self.identity} {self.call_id}: {text}")

    # --- own offers

    async def _turn(self, *, holding: bool) -> bool:
        if self.state != ESTABLISHED:
            return False
        before = self.negotiation.holding
        self.negotiation.holding = holding
        agreed = await self.offer_again()
        if not agreed:
            self.negotiation.holding = before
        return agreed

    async def _reinvite(self, refreshing: bool) -> Outcome:
        assert self.dialog is not None
        held = self.negotiation.held
        request = self.dialog.request("INVITE")
        self.dressing.dress(request, self.negotiation.offer(unchanged=refreshing))
        if self.timer.interval or refreshing:
            request.headers.add("Session-Expires", str(self.timer.asked()))
            request.headers.add("Min-SE", str(self.timer.minimum))
        outcome = await self._send(request)
        if isinstance(outcome, Response) and outcome.status < 300:
            self.dialog.refresh_target(outcome.contact)
            self.acknowledge(self.dialog, request)
            self._answered_again(outcome)
            self.note_hold(held)
        else:
            self.negotiation.withdraw()
        return outcome

    def _answered_again(self, response: Response) -> None:
        self.timer.taken(response)
        caller_identity.note_identity(self, response)
        try:
            self.negotiation.take_answer(session_body(response))
        except (NotAcceptable, Unsupported) as refused:
            self.negotiation.withdraw()
            self.log(3, f"answer to our offer: {refused}")

    async def _offer_ended(self, outcome: Outcome) -> bool:
        """What becomes of the call after the final answer to its offer (RFC 3261 section 14.1); True if agreed."""
        if isinstance(outcome, Failure) or outcome.status in (408, 481):
            self.log(3, "the far end lost the call")
            await self.leave(408, "Request Timeout")
            return False
        return outcome.status < 300

    async def _send(self, request: Request, dialog: Dialog | None = None) -> Outcome:
        dialog = dialog or self.dialog
        assert dialog is not None
        account = self.registration.account

        def renumber(number: int) -> int:
            dialog.local_cseq = max(dialog.local_cseq, self.strategies.get(CredentialStrategy).cseq(number))
            return dialog.local_cseq

        def again(response: Response) -> None:
            self.acknowledge(dialog, request, again=True)

        if self._acknowledging is not None:  # nothing overtakes the ACK
            await self._acknowledging
        try:
            targets = await self.agent.outbound.targets(dialog.next_hop, account, direct=True)
        except (NotLocated, Unreachable) as failed:
            return Failure("transport", str(failed))
        return await self.agent.outbound.ask(request, targets, self.authenticator, renumber, again)

    async def _send_ack(self, ack: Request, dialog: Dialog, number: int) -> None:
        try:
            targets = await self.agent.outbound.targets(dialog.next_hop, self.registration.account, direct=True)
            stamped = self.agent.outbound.stamp(ack, targets[0])
        except (NotLocated, Unreachable) as failed:
            self.log(2, f"ACK not sent: {failed}")
            return
        if dialog is self.dialog:
            self._acks[number] = (stamped, targets[0])
        self.agent.layer.send_without_transaction(stamped, targets[0])

    # --- session timer

    def _refresh_due(self) -> None:
        if self.state == ESTABLISHED:
            self.background(self.offer_again(refreshing=True), "session refresh")

    def _session_expired(self) -> None:
        if self.state == ESTABLISHED:
            self.log(3, "session expired")
            self.background(self.leave(408, "Session expired"), "session expired")
