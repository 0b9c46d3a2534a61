"""The exchange's rules: who rings and for how long, in whose name a handset calls, and what a handset is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rigs.standin.base.settings import IDENTITIES

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings

REASONS: dict[int, str] = {
    **dict.fromkeys((486, 600), "busy"),
    **dict.fromkeys((403, 603), "rejected"),
    **dict.fromkeys((404, 410, 484, 604), "not found"),
    **dict.fromkeys((408, 480, 487), "no answer"),
}


def bound(settings: Settings, identity: int) -> list[str]:
    """The IPUIs bound to an identity: user_ipui, and user_add_incoming1_ipuis for incoming calls [inferred]."""
    text = f"{settings.get('user_ipui', identity)} {settings.get('user_add_incoming1_ipuis', identity)}"
    return [word.upper() for word in re.split(r"[\s,;]+", text) if re.fullmatch(r"[0-9A-Fa-f]{10}", word)]


def targets(bindings: list[str], handsets: list[str]) -> list[str]:
    """IPUIs to ring, of those subscribed: the bound ones; all where the identity has no binding (facts 5)."""
    return [ipui for ipui in handsets if ipui in bindings] if bindings else list(handsets)


def calling_identity(ipui: str, settings: Settings) -> int:
    """The lowest active identity bound to a handset, else one without a handset, else the first active; 0 if none."""
    active = [n for n in IDENTITIES if settings.bool("user_active", n) and settings.get("user_name", n)]
    own = [n for n in active if ipui in bound(settings, n)]
    free = [n for n in active if not bound(settings, n)]
    return (own or free or active or [0])[0]


def lines(ipui: str, settings: Settings) -> list[int]:
    """The active identities among which a handset's user may choose one to call by: those that allow it [inferred]."""
    own = [n for n in IDENTITIES if ipui in bound(settings, n) and settings.get("user_name", n)]
    allowed = [n for n in own if settings.bool("user_active", n) and settings.bool("user_allow_line_switching", n)]
    return sorted({*allowed, calling_identity(ipui, settings)} - {0}) if allowed else []


def offers_second(allowed: bool, calls: int) -> bool:
    """Whether a handset with so many calls is offered another: with call waiting allowed, one more."""
    return allowed and calls == 1


def ring_seconds(setting: int) -> float | None:
    """How long a call rings: the setting ring_duration; 0 is without limit."""
    return float(setting) if setting > 0 else None


def why_given_up(answered_elsewhere: bool) -> str:
    """What a handset is told when the caller's side gave up: a call that another phone answered was not missed."""
    return "answered elsewhere" if answered_elsewhere else "cancelled"


def why_ended(status: int) -> str:
    """What a handset is told of a call that failed or ended: a key of its texts, `failed` where it has no word."""
    return "normal" if 200 <= status < 300 else REASONS.get(status, "failed")


def why_over(status: int, transferring: bool) -> str:
    """What a handset is told when the far end ends the call: while it is being transferred it went elsewhere."""
    return "transferred" if transferring and 200 <= status < 300 else why_ended(status)


def is_transferred(status: int) -> bool:
    """Whether a transfer that ended so, 0 for one of which nothing was told, took the far end elsewhere."""
    return 200 <= status < 300


def why_not_transferred(status: int) -> str:
    """What a handset is told of a transfer that failed."""
    return REASONS.get(status, "failed")


def passes_digits(call_on_hold: bool) -> bool:
    """Whether a digit that a handset sends goes to the far end: while the call is not on hold."""
    return not call_on_hold
