"""What a key stands for: the numbers of speed dial, and the mailbox behind the message key (profiles, MWI-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings

MAILBOX = "MESSAGE"


def speed_dial(settings: Settings, identity: int, key: str) -> str:
    """The number of a digit key in the tab of an identity; empty where there is none."""
    return settings.get(f"speed_dial{key}", identity).strip()


def mailbox_identity(own: list[int], waiting: Collection[int], calling: int) -> int:
    """Whose mailbox the message key calls: the first identity with messages, else the one that the handset calls by."""
    return next((identity for identity in own if identity in waiting), calling)


def mailbox(settings: Settings, identity: int, accounts: Mapping[int, str]) -> str:
    """The mailbox that is set, else the one that the server told of in `accounts`, else the account itself."""
    told = accounts.get(identity, "")
    return settings.get("user_mailbox", identity).strip() or told or settings.get("user_name", identity).strip()
