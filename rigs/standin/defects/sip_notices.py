"""Faults of what is made of a server's NOTIFY."""

from __future__ import annotations

from rigs.standin.sip.strategies import CheckSyncStrategy, MessageWaitingStrategy


class MailboxNoticeRefused(MessageWaitingStrategy):
    """The message lamp stays dark: an unasked notice of the mailbox is refused."""

    feature = "message-waiting"

    def status(self) -> int:
        return 481


class CheckSyncIgnored(CheckSyncStrategy):
    """A server that asks for new settings is not heard, though allow_check_sync is on."""

    feature = "check-sync"

    def obeys(self, allowed: bool) -> bool:
        return False


class CheckSyncAlwaysObeyed(CheckSyncStrategy):
    """Every device on the network can reboot the base."""

    feature = "check-sync"

    def obeys(self, allowed: bool) -> bool:
        return True
