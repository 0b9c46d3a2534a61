"""A call of the base: INVITE, forks and early dialogs, reliable provisionals, CANCEL, and what answers it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.sip import caller_identity
from rigs.standin.sip.account import Account, alnum
from rigs.standin.sip.call import CALLING, ENDED, ESTABLISHED, RINGING, Call
from rigs.standin.sip.content import Unsupported, session_body
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.interface import CallListener, MediaSession
from rigs.standin.sip.locate import NotLocated
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.negotiation import NotAcceptable
from rigs.standin.sip.outbound import preloaded_route, repeat
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import CredentialStrategy
from rigs.standin.sip.transaction import ClientTransaction, Failure, Outcome, ServerTransaction, cancel_for
from rigs.standin.sip.transport import Target
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError, number

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

MAX_REDIRECTIONS = 3


class OutgoingCall(Call):
    """One INVITE and its branches until one is answered; then a call like any other."""

    def __init__(
        self, agent: SipAgent, registration: Registration, media: MediaSession, listener: CallListener, uri: Uri
    ) -> None:
        super().__init__(agent, registration, media, f"{alnum(8)}@snom")
        self.listener = listener
        self.caller_number = uri.number or uri.host
        self.caller_uri = str(uri)
        self._uri = uri
        self.proxy: Uri | None = None  # where the INVITE goes first, past the identity's server
        self.says: dict[str, str] = {}  # further headers of the INVITE
        self._tag = alnum(6)
        self._cseq = 0
        self._request: Request | None = None
        self._sent: Request | None = None
        self._transaction: ClientTransaction | None = None
        self.early: dict[str, Dialog] = {}
        self._reliable: dict[str, int] = {}
        self._sent_home: dict[str, Dialog] = {}
        self._early_body = b""
        self._cancelling = self._cancelled = False

    def start(self, trouble: str = "") -> None:
        """Sends the INVITE; all else is told to the listener. With `trouble` the call only fails with these words."""
        self.state = CALLING
        self.background(self._fail(trouble) if trouble else self._run(), "call")

    async def hangup(self) -> None:
        """Gives the call up (CANCEL) or ends it (BYE)."""
        if self.state == ESTABLISHED:
            await self.leave()
        elif self.state != ENDED:
            self._cancelling = True
            self._cancel_if_due()
            self.end(487, "Request Terminated", remote=False)

    def owns(self, key: tuple[str, str, str]) -> bool:
        """Early dialogs count too."""
        return super().owns(key) or any(dialog.key == key for dialog in self.early.values())

    def received(self, transaction: ServerTransaction) -> None:
        """Before the answer only the dialog that the request belongs to can take it."""
        if self.dialog is None:
            self.dialog = self.early.get(transaction.request.from_.tag)
            super().received(transaction)
            if self.state != ESTABLISHED:
                self.dialog = None
        else:
            super().received(transaction)

    async def _fail(self, trouble: str) -> None:
        self.log(3, trouble)
        self.end(404, trouble, remote=False)

    async def _run(self) -> None:
        try:
            final = await self._redirected()
        except (NotLocated, Unreachable, ValueSyntaxError) as failed:
            final = Failure("transport", str(failed))
        if isinstance(final, Failure):
            self.log(3, final.text)
            self.end(final.status, final.text, remote=True)
        elif final.status >= 300:
            self.end(final.status, final.reason, remote=True)
        self.early.clear()

    async def _redirected(self) -> Outcome:
        """The INVITE, and on a 3xx the INVITE to the place it names."""
        final = await self._at_any_server(self._uri, False)
        tried = {str(self._uri)}
        waiting = _places(final)
        while waiting and self.state != ENDED and len(tried) <= MAX_REDIRECTIONS:
            uri = waiting.pop(0)
            if str(uri) in tried:
                continue
            tried.add(str(uri))
            final = await self._at_any_server(uri, True)
            waiting = _places(final) + waiting
            if not isinstance(final, Failure) and (final.status < 300 or final.status >= 600):
                break
        return final

    async def _at_any_server(self, uri: Uri, direct: bool) -> Outcome:
        final: Outcome = Failure("transport", "no server")
        hop, direct = (uri, direct) if direct or self.proxy is None else (self.proxy, True)
        for target in await self.agent.outbound.targets(hop, self.registration.account, direct=direct):
            self.target = target
            final = await self._with_credentials(uri, target)
            failed = final.status in (408, 503) if isinstance(final, Failure) else final.status == 503
            if not failed or self.state == ENDED:
                break
        return final

    async def _with_credentials(self, uri: Uri, target: Target) -> Outcome:
        authenticator = self.authenticator
        conversation = authenticator.conversation()
        request = self._invite(uri)
        authenticator.sign(request)
        while True:
            final = await self._once(request, target)
            if isinstance(final, Failure) or self._cancelling:
                return final
            if conversation.again(final):
                repeat(request, authenticator, self._renumber)
            elif final.status == 422:
                self.timer.raise_minimum(final)
                request.headers.set("Session-Expires", str(self.timer.asked()))
                request.headers.set("Min-SE", str(self.timer.minimum))
                repeat(request, authenticator, self._renumber)
            else:
                return final

    async def _once(self, request: Request, target: Target) -> Outcome:
        """One INVITE up to its final response; a big one goes by UDP after all where TCP is not taken."""
        chosen = self.agent.outbound.fitting(request, target)
        final = await self._by(request, chosen)
        if chosen != target and isinstance(final, Failure) and final.kind == "transport" and not self._cancelling:
            return await self._by(request, target)
        return final

    async def _by(self, request: Request, target: Target) -> Outcome:
        """One INVITE transaction; a 2xx is taken before this returns."""
        done: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def outcome(found: Outcome) -> None:
            if isinstance(found, Response) and found.status < 200:
                self._provisional(found)
            elif isinstance(found, Response) and found.status < 300:
                self._answered(found)
                if not done.done():
                    done.set_result(found)
            elif not done.done():
                done.set_result(found)

        self._sent, self._transaction = self.agent.outbound.invite(request, target, outcome)
        return await done

    def _invite(self, uri: Uri) -> Request:
        registration = self.registration
        account = registration.account
        self._cseq += 1
        headers = Headers()
        if account.outbound and self.agent.device.quirks.get("outbound_proxy_route") == "preloaded":
            headers.add("Route", preloaded_route(self.agent.outbound.proxy(account)))
        headers.add("From", self.caller(account))
        headers.add("To", f"<{self._uri.without_headers()}>")  # the same after a redirection (section 8.1.3.4)
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", f"{self._cseq} INVITE")
        headers.add("Max-Forwards", "70")
        self._request = Request(headers, method="INVITE", uri=str(uri.without_headers()))
        self.dressing.dress(self._request, self.negotiation.offer())
        self._request.headers.add("Session-Expires", str(self.timer.asked()))
        self._request.headers.add("Min-SE", str(self.timer.minimum))
        for name, value in self.says.items():
            self._request.headers.add(name, value)
        return self._request

    def caller(self, account: Account) -> str:
        """The From of the INVITE: name and number of an account."""
        return str(Address(account.uri, account.display or account.user, {"tag": self._tag}))

    def _renumber(self, number: int) -> int:
        self._cseq = self.strategies.get(CredentialStrategy).cseq(number)
        return self._cseq

    def _provisional(self, response: Response) -> None:
        if self._cancelling:
            self._cancel_if_due()
            return
        if response.status == 100 or self.state in (ESTABLISHED, ENDED):
            return
        dialog = self._early_dialog(response)
        if dialog is not None and not self._acknowledge_provisional(dialog, response):
            return
        self.state = RINGING
        caller_identity.note_identity(self, response)
        if response.body and self.hear_early(response):
            return
        if self.listener is not None:
            self.listener.on_ringing(response.status)

    def hear_early(self, response: Response) -> bool:
        """Takes early media into use; True when there is some, new or known."""
        if response.body == self._early_body:
            return True
        try:
            self.negotiation.take_answer(session_body(response), final=False)
        except (NotAcceptable, Unsupported) as refused:
            self.log(4, f"early media: {refused}")
            return False
        first, self._early_body = not self._early_body, response.body
        self.background(self.media.start(), "early media")
        if first and self.listener is not None:
            self.listener.on_early_media()
        return True

    def _early_dialog(self, response: Response) -> Dialog | None:
        """The early dialog of the branch that sent this; each To tag has its own."""
        tag = response.to.tag
        if not tag or self._sent is None:
            return None
        if tag not in self.early:
            self.early[tag] = Dialog.of_response(self._sent, response)
        else:
            self.early[tag].refresh_target(response.contact)
        return self.early[tag]

    def _acknowledge_provisional(self, dialog: Dialog, response: Response) -> bool:
        """PRACK where it is asked for; False for one that came before (RFC 3262 section 4)."""
        rseq = number(response.headers.get("RSeq"), most=2**32, otherwise=-1)
        if "100rel" not in response.headers.tokens("Require") or rseq < 0:
            return True
        tag = dialog.remote.tag
        last = self._reliable.get(tag)
        if last is not None and rseq != last + 1:
            return False
        self._reliable[tag] = rseq
        self.background(self.prack(dialog, f"{rseq} {response.cseq}"), "PRACK")
        return True

    async def prack(self, dialog: Dialog, rack: str) -> None:
        """Acknowledges a reliable provisional response (RFC 3262)."""
        request = dialog.request("PRACK")
        request.headers.add("RAck", rack)
        await self._send(request, dialog)

    def _answered(self, response: Response) -> None:
        assert self._sent is not None
        if self.dialog is not None and self.dialog.confirmed and response.to.tag == self.dialog.remote.tag:
            self.acknowledge(self.dialog, self._sent, again=True)
            return
        if response.to.tag in self._sent_home:
            self.acknowledge(self._sent_home[response.to.tag], self._sent, again=True)
            return
        dialog = self.confirmed_dialog(self._sent, response)
        self.acknowledge(dialog, self._sent)
        if self.state in (ESTABLISHED, ENDED):
            self._sent_home[response.to.tag] = dialog
            self.release(dialog)
            return
        self._established(dialog, response)

    def confirmed_dialog(self, sent: Request, response: Response) -> Dialog:
        """The dialog of the branch that answered (RFC 3261 section 13.2.2.4), which goes on with its early numbers."""
        dialog = Dialog.of_response(sent, response)
        if early := self.early.get(response.to.tag):
            dialog.local_cseq = max(dialog.local_cseq, early.local_cseq)
            dialog.remote_cseq = early.remote_cseq
        return dialog

    def release(self, dialog: Dialog) -> None:
        """Hangs up an answer that came too late: another branch was faster, or we gave up."""
        self.background(self.bye(dialog), "BYE of a second branch")

    def _established(self, dialog: Dialog, response: Response) -> None:
        self.dialog = dialog
        self.state = ESTABLISHED
        self.timer.taken(response)
        caller_identity.note_identity(self, response)
        try:
            if response.body or not self._early_body:
                self.negotiation.take_answer(session_body(response))
            else:
                self.negotiation.withdraw()
        except (NotAcceptable, Unsupported) as refused:
            self.log(3, f"answer: {refused}")
            self.background(self.leave(488, "Not Acceptable Here"), "leave")
            return
        self.background(self.media.start(), "media start")
        self.log(5, "answered")
        if self.listener is not None:
            self.listener.on_answered()
        self.note_hold(False)

    def _cancel_if_due(self) -> None:
        transaction, sent = self._transaction, self._sent
        if transaction is not None and sent is not None and not self._cancelled and may_be_cancelled(transaction):
            self._cancelled = True
            self.background(self._cancel(transaction, sent), "CANCEL")

    async def _cancel(self, transaction: ClientTransaction, sent: Request) -> None:
        await self.agent.layer.ask(cancel_for(sent), transaction.target)
        transaction.expire_in(64 * self.agent.layer.t1)


def may_be_cancelled(invite: ClientTransaction) -> bool:
    """Whether a CANCEL may go out: a provisional response came (RFC 3261 section 9.1), and not yet the final one."""
    return invite.state == "proceeding"


def _places(final: Outcome) -> list[Uri]:
    """Where a 3xx says that the callee is: the SIP addresses of its Contacts, the most wanted first."""
    if isinstance(final, Failure) or not 300 <= final.status < 400:
        return []
    found: list[tuple[float, Uri]] = []
    for value in final.headers.values("Contact"):
        try:
            address = Address.parse(value)
            found.append((-float(address.params.get("q") or 1.0), address.uri.without_headers()))
        except ValueError:
            continue
    return [uri for _, uri in sorted(found, key=lambda pair: pair[0]) if uri.scheme in ("sip", "sips")]
