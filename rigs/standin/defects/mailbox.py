"""Faults of message waiting and check-sync."""

from __future__ import annotations

from rigs.standin.sip.strategies import CheckSyncStrategy, MessageWaitingStrategy


class UncountedMessagesAreNone(MessageWaitingStrategy):
    """The lamp stays dark for servers that say Messages-Waiting: yes and count nothing."""

    feature = "message-waiting"

    def waiting(self, said: bool, new: int | None, old: int | None) -> bool:
        return said and bool(new)


class SecondMailboxUnseen(MessageWaitingStrategy):
    """A handset of two identities shows the messages of the first only."""

    feature = "mwi-unsolicited"

    def total(self, counts: list[int]) -> int:
        return counts[0] if counts else 0


class CheckSyncAlwaysReboots(CheckSyncStrategy):
    """A server that only wants new settings to be fetched reboots the base: reboot=false is read as reboot."""

    feature = "check-sync"

    def reboots(self, asked: bool) -> bool:
        return True


class CheckSyncCutsCalls(CheckSyncStrategy):
    """A check-sync with reboot=true cuts the calls that stand instead of waiting for their end."""

    feature = "check-sync"

    def waits(self) -> bool:
        return False
