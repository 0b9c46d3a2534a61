"""Decisions within calls that a fault could get wrong, one small class each."""

from __future__ import annotations

import random

from rigs.standin.core.strategies import Strategy
from rigs.standin.media.description import Direction
from rigs.standin.sip.message import Headers
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError


class HoldStrategy(Strategy):
    """What our side of the line offers and answers (RFC 3264 section 8.4)."""

    def offer(self, holding: bool, held: bool, quirk: str, *, first: bool) -> Direction:
        """`holding`: we hold the far end; `held`: it holds us; `first`: the offer that opens the session.

        `quirk` is that of hold_direction: whether music may be heard by who is on hold.
        """
        if holding:
            return "inactive" if held or quirk == "inactive" else "sendonly"
        return "recvonly" if held else "sendrecv"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        """The answer to an offered direction; while we hold, nothing is to be heard."""
        sends = offered in ("sendrecv", "recvonly")
        hears = offered in ("sendrecv", "sendonly") and not holding
        if sends:
            return "sendrecv" if hears else "sendonly"
        return "recvonly" if hears else "inactive"


class OriginStrategy(Strategy):
    """The o= line (RFC 3264 section 8)."""

    def version(self, previous: int, changed: bool) -> int:
        """Up by one when anything in the description changed."""
        return previous + 1 if changed else previous


class SessionTimerStrategy(Strategy):
    """Session timers (RFC 4028), in s."""

    INTERVAL = 3600
    MINIMUM = 90

    def refresh_delay(self, interval: int) -> float | None:
        """When the named refresher refreshes: at half time."""
        return interval / 2

    def expiry_delay(self, interval: int) -> float:
        """When a session dies that the other side should have refreshed (RFC 4028 section 10)."""
        return interval - min(32, interval / 3)

    def minimum(self, refused: int) -> int:
        """The interval to ask for after a 422 with this Min-SE."""
        return max(refused, self.INTERVAL)


class DigitStrategy(Strategy):
    """How a digit goes out."""

    def by_info(self, setting: int) -> bool:
        """SIP INFO only where the identity says so (facts 3.4, user_sip_info)."""
        return setting != 0

    def info_body(self, digit: str, ms: int) -> bytes:
        return f"Signal={digit}\r\nDuration={ms}\r\n".encode()


class CallerIdStrategy(Strategy):
    """Which header names the far end (profile row CID-1)."""

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        """P-Asserted-Identity, then Remote-Party-ID, then From; the first two from the own server only."""
        names = ("P-Asserted-Identity", "Remote-Party-ID", "From") if trusted else ("From",)
        for name in names:
            for value in headers.values(name):
                try:
                    return Address.parse(value)
                except ValueSyntaxError:
                    continue
        return None

    def withheld(self, headers: Headers, address: Address) -> bool:
        """Whether the far end does not want to be shown (RFC 3323)."""
        private = headers.tokens("Privacy") & {"id", "user", "header"}
        rpid = (address.params.get("privacy") or "").lower() in ("full", "uri", "name")
        return bool(private) or rpid or address.uri.number == "anonymous"


class GlareStrategy(Strategy):
    """Two offers at once (RFC 3261 section 14.1)."""

    def wait(self, own_call_id: bool) -> float:
        """Seconds before the next try after a 491."""
        return random.uniform(2.1, 4.0) if own_call_id else random.randrange(0, 200) / 100


class DivertingStrategy(Strategy):
    """What a 302 says of the forwarding beside its Contact (profile row CAL-9): who was called first, and why."""

    def says(self, own: Uri, target: Uri, reason: str) -> dict[str, str]:
        """Headers by name; `reason` is in the words of a Diversion header (RFC 5806)."""
        return {"Diversion": f"<{own}>;reason={reason};counter=1"}
