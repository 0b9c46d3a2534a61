"""Faults of message waiting and check-sync."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from rigs.standin.base.idle_info import IdleInfo
from rigs.standin.core.replacing import Async, defect
from rigs.standin.sip import notify
from rigs.standin.sip.mailbox import Mailbox
from rigs.standin.sip.message import Response
from rigs.standin.sip.notify import MailboxState, Notified
from rigs.standin.sip.transaction import Outcome, ServerTransaction

Waiting = Callable[[Mailbox, Outcome], float | None]


class CheckingSync(Protocol):
    """The healthy answer to a check-sync."""

    def __call__(self, notified: Notified, transaction: ServerTransaction, /, *, reboot: bool) -> None: ...


@defect(feature="message-waiting", replaces=notify.summary)
def uncounted_messages_are_none(
    healthy: Callable[[int, bytes], MailboxState | None], identity: int, body: bytes
) -> MailboxState | None:
    """The lamp stays dark for servers that say Messages-Waiting: yes and count nothing."""
    state = healthy(identity, body)
    return state and replace(state, waiting=state.waiting and bool(state.new))


@defect(feature="mwi-unsolicited", replaces=IdleInfo.new_messages)
def second_mailbox_unseen(healthy: Callable[[IdleInfo, list[int]], int], info: IdleInfo, identities: list[int]) -> int:
    """A handset of two identities shows the messages of the first only."""
    return healthy(info, identities[:1])


@defect(feature="message-waiting", replaces=Mailbox.start)
def mailbox_never_subscribed(healthy: Callable[[Mailbox], None], mailbox: Mailbox) -> None:
    """The lamp stays dark at a server that tells only who has subscribed, though a mailbox is set."""


@defect(feature="message-waiting", replaces=Mailbox._wait_after)
def refusing_mailbox_asked_in_a_ring(healthy: Waiting, mailbox: Mailbox, outcome: Outcome) -> float | None:
    """A server without mailboxes is asked for one every two seconds, by each of its phones."""
    wait = healthy(mailbox, outcome)
    return 2.0 if wait is None else wait


@defect(feature="message-waiting", replaces=Mailbox._wait_after)
def lost_subscription_given_up(healthy: Waiting, mailbox: Mailbox, outcome: Outcome) -> float | None:
    """After a restart of the server the lamp stays as it was until the base restarts, too."""
    wait = healthy(mailbox, outcome)
    return None if isinstance(outcome, Response) and outcome.status == 481 else wait


@defect(feature="message-waiting", replaces=Notified._message_summary)
def subscribed_summary_unseen(
    healthy: Callable[[Notified, ServerTransaction], None], notified: Notified, transaction: ServerTransaction
) -> None:
    """What the server tells in the subscription is confirmed and not shown: after a restart the lamp stays dark."""
    if transaction.request.to.tag:
        notified._agent.inbound.refuse(transaction, 200)
    else:
        healthy(notified, transaction)


@defect(feature="check-sync", replaces=Notified.check_sync)
def check_sync_always_reboots(
    healthy: CheckingSync, notified: Notified, transaction: ServerTransaction, *, reboot: bool
) -> None:
    """A server that only wants new settings to be fetched reboots the base: reboot=false is read as reboot."""
    healthy(notified, transaction, reboot=True)


@defect(feature="check-sync", replaces=Notified.when_idle)
async def check_sync_cuts_calls(healthy: Callable[..., Async[None]], notified: Notified, *, reboot: bool) -> None:
    """A check-sync with reboot=true cuts the calls that stand instead of waiting for their end."""
    await notified.carry_out(reboot=reboot)
