"""Unsolicited NOTIFYs: mailboxes (RFC 3842) and check-sync; other events are refused with 489."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rigs.standin.sip.account import alnum
from rigs.standin.sip.message import response_to
from rigs.standin.sip.strategies import CheckSyncStrategy, MessageWaitingStrategy, UnknownEventStrategy
from rigs.standin.sip.transaction import ServerTransaction

if TYPE_CHECKING:
    from rigs.standin.sip.agent import SipAgent

EVENTS = "message-summary, check-sync"
_COUNTS = re.compile(r"(\d{1,9})\s*/\s*(\d{1,9})")


@dataclass(frozen=True)
class MailboxState:
    """What a message summary says; `new` and `old` are None where the server does not count."""

    identity: int
    waiting: bool
    new: int | None = None
    old: int | None = None
    account: str = ""

    @classmethod
    def of(cls, identity: int, body: bytes) -> MailboxState | None:
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
        return cls(identity, waiting == "yes", new, old, fields.get("message-account", ""))


class Notified:
    """Answers NOTIFY and does what it says."""

    def __init__(self, agent: SipAgent) -> None:
        self._agent = agent

    def received(self, transaction: ServerTransaction) -> None:
        event, *params = [p.strip().lower() for p in (transaction.request.headers.get("Event") or "").split(";")]
        if not event:
            self._agent.inbound.refuse(transaction, 400, "Missing Event")
        elif event == "message-summary":
            self._message_summary(transaction)
        elif event == "check-sync":
            self._check_sync(transaction, reboot="reboot=true" in params)
        else:
            status = self._agent.device.strategies.get(UnknownEventStrategy).status()
            self._agent.inbound.refuse(transaction, status, Allow_Events=EVENTS)

    def _message_summary(self, transaction: ServerTransaction) -> None:
        registration = self._agent.inbound.identity_of(transaction.request, by_user=True)
        if registration is None:
            self._agent.inbound.refuse(transaction, 404)
            return
        strategy = registration.choices.get(MessageWaitingStrategy)
        status = strategy.status()
        self._agent.inbound.refuse(transaction, status)
        state = MailboxState.of(registration.number, transaction.request.body)
        if state is None:
            self._agent.device.log.write("sip_other", 4, "message summary without Messages-Waiting")
        elif status == 200:
            waiting = strategy.waiting(state.waiting, state.new, state.old)
            state = replace(state, identity=strategy.identity(state.identity), waiting=waiting)
            self._agent.device.log.write("sip_other", 5, f"mailbox of identity {state.identity}: {state}")
            self._agent.on_message_waiting(state)

    def _check_sync(self, transaction: ServerTransaction, *, reboot: bool) -> None:
        agent = self._agent
        response = response_to(transaction.request, 200, tag=alnum(6))
        agent.inbound.sign_response(response)
        transaction.respond(response)
        allowed = agent.device.settings.bool("allow_check_sync")
        strategy = agent.device.strategies.get(CheckSyncStrategy)
        if not strategy.obeys(allowed):
            agent.device.log.write("sip_other", 4, "check-sync not allowed")
            return
        agent.background(self._when_idle(strategy, reboot=strategy.reboots(reboot)), "check-sync")

    async def _when_idle(self, strategy: CheckSyncStrategy, *, reboot: bool) -> None:
        """Not during a call (profile row FEA-7)."""
        if strategy.waits():
            await self._agent.idle.wait()
        if reboot:
            await self._agent.device.reboot()
        else:
            await self._agent.device.provisioning.refresh()
