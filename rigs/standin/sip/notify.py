"""Unsolicited NOTIFYs: mailboxes (RFC 3842) and check-sync; other events are refused with 489."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.sip.account import alnum
from rigs.standin.sip.message import Request, response_to
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.values import Params, read_params, split_outside

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

EVENTS = "message-summary, check-sync, refer"
_COUNTS = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})")


@dataclass(frozen=True)
class MailboxState:
    """What a message summary says; `new` and `old` are None where the server does not count."""

    identity: int
    waiting: bool
    new: int | None = None
    old: int | None = None
    account: str = ""


def event_of(request: Request) -> tuple[str, Params]:
    """The event package of a NOTIFY in lower case, with its parameters; empty where it names none."""
    event, *params = split_outside(request.headers.get("Event") or "", ";")
    return event.lower(), read_params(params)


def summary(identity: int, body: bytes) -> MailboxState | None:
    """Reads a summary; None when it does not say whether messages wait."""
    fields: dict[str, str] = {}
    for line in body.decode("utf-8", errors="replace").splitlines():
        name, colon, value = line.partition(":")
        if colon:
            fields.setdefault(name.strip().lower(), value.strip())
    waiting = fields.get("messages-waiting", "").lower()
    if waiting not in ("yes", "no"):
        return None
    counts = _COUNTS.match(fields.get("voice-message", ""))
    new, old = (int(counts.group(1)), int(counts.group(2))) if counts else (None, None)
    return MailboxState(identity, waiting == "yes", new, old, fields.get("message-account", ""))


class Notified:
    """Answers NOTIFY and does what it says."""

    def __init__(self, agent: SipAgent) -> None:
        self._agent = agent

    def received(self, transaction: ServerTransaction) -> None:
        event, params = event_of(transaction.request)
        if not event:
            self._agent.inbound.refuse(transaction, 400, "Missing Event")
        elif event == "message-summary":
            self._message_summary(transaction)
        elif event == "check-sync":
            self.check_sync(transaction, reboot=(params.get("reboot") or "").lower() == "true")
        elif event == "refer":
            self._agent.inbound.refuse(transaction, 481)
        else:
            self._agent.inbound.refuse(transaction, 489, Allow_Events=EVENTS)

    def _message_summary(self, transaction: ServerTransaction) -> None:
        registration = self._agent.inbound.identity_of(transaction.request, by_user=True)
        if registration is None:
            self._agent.inbound.refuse(transaction, 404)
            return
        self._agent.inbound.refuse(transaction, 200)
        self._take(registration.number, transaction.request)

    def unanswered(self, transaction: ServerTransaction) -> None:
        """A notice that wants no answer of any kind (BENOTIFY, MS-SIP): what it says counts."""
        registration = self._agent.inbound.identity_of(transaction.request, by_user=True)
        if registration is not None and event_of(transaction.request)[0] == "message-summary":
            self._take(registration.number, transaction.request)
        transaction.end()

    def _take(self, identity: int, request: Request) -> None:
        state = summary(identity, request.body)
        if state is None:
            self._agent.device.log.write("sip_other", 4, "message summary without Messages-Waiting")
        else:
            self._agent.device.log.write("sip_other", 5, f"mailbox of identity {state.identity}: {state}")
            self._agent.on_message_waiting(state)

    def check_sync(self, transaction: ServerTransaction, *, reboot: bool) -> None:
        """Confirms it, and obeys where the setting allows that (profile row FEA-7)."""
        agent = self._agent
        response = response_to(transaction.request, 200, tag=alnum(6))
        agent.inbound.sign_response(response)
        transaction.respond(response)
        if not agent.device.settings.bool("allow_check_sync"):
            agent.device.log.write("sip_other", 4, "check-sync not allowed")
            return
        agent.background(self.when_idle(reboot=reboot), "check-sync")

    async def when_idle(self, *, reboot: bool) -> None:
        """Not during a call (profile row FEA-7)."""
        await self._agent.idle.wait()
        await self.carry_out(reboot=reboot)

    async def carry_out(self, *, reboot: bool) -> None:
        """Does what a check-sync asks for: a reboot, or a look for new settings."""
        if reboot:
            await self._agent.device.reboot()
        else:
            await self._agent.device.provisioning.refresh()
