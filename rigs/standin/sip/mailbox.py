"""The subscription of an identity to its mailbox (RFC 3842, RFC 6665), so that a restart forgets no message."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from rigs.standin.core.owner import ended
from rigs.standin.sip.account import alnum
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.locate import NotLocated
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.own_request import own_request
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import CredentialStrategy
from rigs.standin.sip.transaction import Failure, Outcome
from rigs.standin.sip.transport import Target
from rigs.standin.sip.values import LONGEST, ValueSyntaxError, number, read_params

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

EXPIRES_S = 3600
RETRY_S, SHORTEST_S = 300.0, 5.0
END_S = 1.0
PASSING = {408, 423, 480, 481, 500, 503, 504}
"""What a server says that may have a subscription later; all else (404, 489) is its last word until the next boot."""


class Mailbox:
    """One identity's; it lives from the first registration on where user_mailbox names a mailbox (profiles, MWI-1)."""

    def __init__(self, agent: SipAgent, registration: Registration) -> None:
        self._agent = agent
        self._registration = registration
        self._authenticator = Authenticator(lambda: registration.account, registration.choices)
        self._task: asyncio.Task[None] | None = None
        self._dialog: Dialog | None = None
        self._call_id = self._tag = ""
        self._cseq = 0
        self._expires = EXPIRES_S
        self._ended = asyncio.Event()
        self._refused = False

    def start(self) -> None:
        """Subscribes if there is a mailbox, and keeps the subscription; nothing changes where that is under way."""
        wanted = self._agent.device.settings.get("user_mailbox", self._registration.number).strip()
        subscribes = self._agent.device.quirks["mailbox_subscription"] == "when_set"
        if self._task is None and wanted and subscribes:
            self._authenticator.forget()
            self._task = self._agent.background(self._keep(), "mailbox")

    async def stop(self) -> None:
        """Ends the subscription, and waits a moment for the server to confirm that."""
        task, self._task = self._task, None
        if task is None:
            return
        await ended(task)
        if self._dialog is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._ask(0)
        self._dialog, self._call_id = None, ""

    def owns(self, request: Request) -> bool:
        """Whether a NOTIFY belongs to this subscription; one may come before the answer to the SUBSCRIBE."""
        return bool(self._call_id) and (request.call_id, request.to.tag) == (self._call_id, self._tag)

    def notified(self, request: Request) -> None:
        """The server may end the subscription; then it is asked again, as the reason says."""
        state, *params = [part.strip() for part in (request.headers.get("Subscription-State") or "").split(";")]
        if state.lower() == "terminated":
            self._log(4, f"the server ended the subscription: {'; '.join(params)}")
            self._refused = (read_params(params).get("reason") or "").lower() in ("rejected", "noresource", "invariant")
            self._ended.set()

    async def _keep(self) -> None:
        self._refused = False
        while not self._refused:
            self._ended.clear()
            wait = self._wait_after(await self._ask(self._expires))
            if wait is None:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._ended.wait()
                self._dialog = None
                await asyncio.sleep(SHORTEST_S)  # a server that ends each subscription at once is not asked in a ring

    def _wait_after(self, outcome: Outcome) -> float | None:
        """Seconds until the next SUBSCRIBE; None where there is to be none."""
        if isinstance(outcome, Response) and outcome.status < 300:
            granted = number(outcome.headers.get("Expires"), most=LONGEST, otherwise=self._expires)
            self._log(5, f"subscribed for {granted} s")
            return max(granted / 2, SHORTEST_S)
        if not isinstance(outcome, Failure) and outcome.status not in PASSING:
            self._log(4, f"no subscription: {outcome.status} {outcome.reason}")
            return None
        self._dialog = None
        if isinstance(outcome, Failure):
            return RETRY_S
        if outcome.status == 423:
            self._expires = number(outcome.headers.get("Min-Expires"), most=LONGEST, otherwise=EXPIRES_S)
        asked = number(outcome.headers.get("Retry-After"), most=LONGEST)
        return max(float(asked) if asked else SHORTEST_S if outcome.status in (423, 481) else RETRY_S, SHORTEST_S)

    async def _ask(self, expires: int) -> Outcome:
        outbound, account = self._agent.outbound, self._registration.account
        dialog = self._dialog
        try:
            hop = dialog.next_hop if dialog is not None else account.uri
            targets = await outbound.targets(hop, account, direct=dialog is not None)
            request = self._request(dialog, targets[0], expires)
            outcome = await outbound.ask(request, targets, self._authenticator, self._renumber)
        except (NotLocated, Unreachable, ValueSyntaxError) as failed:
            return Failure("transport", str(failed))
        if dialog is None and isinstance(outcome, Response) and 200 <= outcome.status < 300:
            self._dialog = Dialog.of_response(request, outcome)
        return outcome

    def _request(self, dialog: Dialog | None, target: Target, expires: int) -> Request:
        account = self._registration.account
        if dialog is None:
            self._call_id, self._tag = f"{alnum(8)}@snom", alnum(6)
            self._cseq += 1
            request = own_request(self._agent, account, "SUBSCRIBE", self._tag, self._call_id, self._cseq)
        else:
            request = dialog.request("SUBSCRIBE")
        request.headers.add("Contact", self._agent.outbound.contact(account, target, self._registration.line))
        request.headers.add("Event", "message-summary")
        request.headers.add("Accept", "application/simple-message-summary")
        request.headers.add("Expires", str(expires))
        return request

    def _renumber(self, used: int) -> int:
        self._cseq = self._registration.choices.get(CredentialStrategy).cseq(used)
        if self._dialog is not None:
            self._dialog.local_cseq = max(self._dialog.local_cseq, self._cseq)
        return self._cseq

    def _log(self, level: int, text: str) -> None:
        self._agent.device.log.write("sip_other", level, f"Mailbox of identity {self._registration.number}: {text}")
