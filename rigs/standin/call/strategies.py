"""The exchange's decisions that a fault could get wrong: who rings, how many calls, what is refused and how."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from rigs.standin.base.settings import IDENTITIES
from rigs.standin.core.strategies import Strategy

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings


def bound(settings: Settings, identity: int) -> list[str]:
    """The IPUIs bound to an identity: user_ipui, and user_add_incoming1_ipuis for incoming calls [inferred]."""
    text = f"{settings.get('user_ipui', identity)} {settings.get('user_add_incoming1_ipuis', identity)}"
    return [word.upper() for word in re.split(r"[\s,;]+", text) if re.fullmatch(r"[0-9A-Fa-f]{10}", word)]


class RingStrategy(Strategy):
    """Which handsets an incoming call rings on (facts 5: one identity, nothing bound, all handsets ring)."""

    def targets(self, bindings: list[str], handsets: list[str]) -> list[str]:
        """IPUIs to ring, of those subscribed: the bound ones; all where the identity has no binding."""
        return [ipui for ipui in handsets if ipui in bindings] if bindings else list(handsets)


class OutgoingIdentityStrategy(Strategy):
    """In whose name a handset calls."""

    def identity(self, ipui: str, settings: Settings) -> int:
        """The lowest active identity bound to it, else one without a handset, else the first active; 0 if none."""
        active = [n for n in IDENTITIES if settings.bool("user_active", n) and settings.get("user_name", n)]
        own = [n for n in active if ipui in bound(settings, n)]
        free = [n for n in active if not bound(settings, n)]
        return (own or free or active or [0])[0]


class CallWaitingStrategy(Strategy):
    """Whether a busy handset is offered a second call."""

    def offers(self, allowed: bool, calls: int) -> bool:
        """With call waiting allowed, one more."""
        return allowed and calls == 1


class RingDurationStrategy(Strategy):
    """How long a call rings."""

    def seconds(self, setting: int) -> float | None:
        """The setting ring_duration; 0 is without limit."""
        return float(setting) if setting > 0 else None


class CancelReasonStrategy(Strategy):
    """What a handset is told when the caller's side gave up before an answer."""

    def reason(self, answered_elsewhere: bool) -> str:
        """A CANCEL with cause 200 was answered on another phone: nothing was missed."""
        return "answered elsewhere" if answered_elsewhere else "cancelled"


class CallEndStrategy(Strategy):
    """What a handset is told of a call that failed or ended."""

    REASONS: ClassVar[dict[int, str]] = {
        **dict.fromkeys((486, 600), "busy"),
        **dict.fromkeys((403, 603), "rejected"),
        **dict.fromkeys((404, 410, 484, 604), "not found"),
        **dict.fromkeys((408, 480, 487), "no answer"),
    }

    def reason(self, status: int) -> str:
        """A key of the handset's texts; `failed` for a status it has no word for."""
        return "normal" if 200 <= status < 300 else self.REASONS.get(status, "failed")


class HandsetKeypadStrategy(Strategy):
    """What becomes of a digit that a handset sends in a call."""

    def passes(self, call_on_hold: bool) -> bool:
        """It goes to the far end while the call is not on hold."""
        return not call_on_hold
