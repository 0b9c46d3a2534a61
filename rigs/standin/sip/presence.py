"""The published presence of an identity (RFC 3903, RFC 3863, RFC 4480), up to date while the identity registers."""

from __future__ import annotations

import asyncio
import contextlib
from enum import Enum
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from rigs.standin.core.owner import ended
from rigs.standin.sip.account import Account, alnum
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.locate import NotLocated
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.own_request import own_request
from rigs.standin.sip.ports import Unreachable
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import CredentialStrategy, PublishStrategy
from rigs.standin.sip.transaction import Failure, Outcome
from rigs.standin.sip.values import LONGEST, ValueSyntaxError, number

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

EXPIRES_S = 3600
RETRY_S, SHORTEST_S = 300.0, 1.0
END_S = 1.0
PASSING = {408, 423, 480, 500, 503, 504}
"""What a server says that may take a publication later; all else (405, 489, 501) is its last word."""


class Activity(Enum):
    """What an identity's user does; the value is the note in the document."""

    ONLINE = "Online"
    IN_CALL = "On the phone"
    BUSY = "Busy"
    AWAY = "Away"
    DND = "Do not disturb"


ELEMENTS = {Activity.IN_CALL: "on-the-phone", Activity.BUSY: "busy", Activity.AWAY: "away", Activity.DND: "busy"}


class Presence:
    """One identity's; it lives from the first registration on where the setting asks for it."""

    def __init__(self, agent: SipAgent, registration: Registration) -> None:
        self._agent = agent
        self._registration = registration
        self._authenticator = Authenticator(lambda: registration.account, registration.choices)
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._call_id = self._tag = self._etag = ""
        self._cseq = 0
        self._expires = EXPIRES_S
        self._told: Activity | None = None

    def start(self) -> None:
        """Publishes where the setting asks for it; nothing changes where that is under way."""
        settings, choice = self._agent.device.settings, self._registration.choices.get(PublishStrategy)
        if self._task is None and choice.publishes(settings, self._registration.number):
            self._authenticator.forget()
            self._call_id, self._tag = f"{alnum(8)}@snom", alnum(6)
            self._task = self._agent.background(self._keep(), "presence")

    async def stop(self) -> None:
        """Takes the publication back, and waits a moment for the server to confirm that."""
        task, self._task = self._task, None
        if task is None:
            return
        await ended(task)
        await self.withdraw()
        self._etag, self._told = "", None

    async def withdraw(self) -> None:
        """The identity is offline."""
        if self._etag:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._ask(0, None)

    def changed(self) -> None:
        """The user may do something else now."""
        self._changed.set()

    async def _keep(self) -> None:
        while True:
            self._changed.clear()
            now = self._agent.activity(self._registration.number)
            # A refresh has no document (RFC 3903 section 4.1).
            outcome = await self._ask(self._expires, None if self.refreshes(now) else now)
            wait = self.wait_after(outcome, now)
            if wait is None:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._until_another()

    def refreshes(self, now: Activity) -> bool:
        """Whether a publication only has to be renewed: the server has it, and nothing has changed."""
        return bool(self._etag) and now is self._told

    async def _until_another(self) -> None:
        """Until the user does something else than what the server knows."""
        while self._agent.activity(self._registration.number) is self._told:
            await self._changed.wait()
            self._changed.clear()

    def wait_after(self, outcome: Outcome, now: Activity) -> float | None:
        """Seconds until the next PUBLISH, at once for one that the server forgot; None where there is to be none."""
        conditional, self._told, self._etag = bool(self._etag), now, ""
        if isinstance(outcome, Response) and outcome.status < 300:
            self._etag = outcome.headers.get("SIP-ETag") or ""
            granted = number(outcome.headers.get("Expires"), most=LONGEST, otherwise=self._expires)
            self._log(5, f"{now.value} for {granted} s")
            return self.refresh_delay(granted)
        if isinstance(outcome, Failure):
            return RETRY_S
        if outcome.status == 412 and conditional:
            return 0.0
        if outcome.status not in PASSING:
            self._log(4, f"not published: {outcome.status} {outcome.reason}")
            return None
        if outcome.status == 423:
            self._expires = number(outcome.headers.get("Min-Expires"), most=LONGEST, otherwise=EXPIRES_S)
            return SHORTEST_S
        asked = number(outcome.headers.get("Retry-After"), most=LONGEST)
        return float(asked) or RETRY_S

    def refresh_delay(self, granted: int) -> float:
        """Seconds from the 200 to the refresh: half time."""
        return max(granted / 2, SHORTEST_S)

    async def _ask(self, expires: int, activity: Activity | None) -> Outcome:
        outbound, account = self._agent.outbound, self._registration.account
        try:
            targets = await outbound.targets(account.uri, account)
            request = self._request(account, expires, activity)
            return await outbound.ask(request, targets, self._authenticator, self._renumber)
        except (NotLocated, Unreachable, ValueSyntaxError) as failed:
            return Failure("transport", str(failed))

    def _request(self, account: Account, expires: int, activity: Activity | None) -> Request:
        self._cseq += 1
        request = own_request(self._agent, account, "PUBLISH", self._tag, self._call_id, self._cseq)
        request.headers.add("Event", "presence")
        request.headers.add("Expires", str(expires))
        if self._etag:
            request.headers.add("SIP-If-Match", self._etag)
        if activity is not None:
            request.headers.add("Content-Type", "application/pidf+xml")
            request.body = document(str(account.uri), activity)
        return request

    def _renumber(self, used: int) -> int:
        self._cseq = self._registration.choices.get(CredentialStrategy).cseq(used)
        return self._cseq

    def _log(self, level: int, text: str) -> None:
        self._agent.device.log.write("sip_other", level, f"Presence of identity {self._registration.number}: {text}")


def document(entity: str, activity: Activity) -> bytes:
    """What is published: a tuple that is open, and what the person does."""
    element = ELEMENTS.get(activity)
    doing = f"<rpid:activities><rpid:{element}/></rpid:activities>" if element else ""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" \
xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" entity="{escape(entity, {'"': "&quot;"})}">
<tuple id="m9"><status><basic>open</basic></status><note>{escape(activity.value)}</note></tuple>
<dm:person id="user">{doing}<dm:note>{escape(activity.value)}</dm:note></dm:person>
</presence>
"""
    return text.encode()
