"""Faults of what is made of a server's NOTIFY."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import InEffect
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.transaction import ServerTransaction


@defect(feature="message-waiting", replaces=Inbound.notified)
def mailbox_notice_refused(
    healthy: Callable[[Inbound, ServerTransaction], None], inbound: Inbound, transaction: ServerTransaction
) -> None:
    """The message lamp stays dark: an unasked notice of the mailbox is refused."""
    if "message-summary" in transaction.request.headers.tokens("Event"):
        inbound.refuse(transaction, 481)
    else:
        healthy(inbound, transaction)


@defect(feature="check-sync", replaces=Settings.in_effect)
def check_sync_ignored(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """A server that asks for new settings is not heard, though allow_check_sync is on."""
    return "false" if name == "allow_check_sync" else healthy(settings, name, idx, stored)


@defect(feature="check-sync", replaces=Settings.in_effect)
def check_sync_always_obeyed(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Every device on the network can reboot the base."""
    return "true" if name == "allow_check_sync" else healthy(settings, name, idx, stored)
