"""Decisions within calls that a fault could get wrong, one small class each."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Strategy
from rigs.standin.media.description import Direction
from rigs.standin.sip.account import Account
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError

if TYPE_CHECKING:
    from rigs.standin.sip.dialog import Dialog


class CallerStrategy(Strategy):
    """Who we say we are in an outgoing call."""

    def account(self, asked: Account, all_accounts: list[Account]) -> Account:
        """The identity whose name stands in From."""
        return asked

    def display(self, account: Account) -> str:
        """The display name in From."""
        return account.display or account.user


class HoldStrategy(Strategy):
    """What our side of the line offers and answers (RFC 3264 section 8.4)."""

    def offer(self, holding: bool, held: bool, *, first: bool) -> Direction:
        """`holding`: we hold the far end; `held`: it holds us; `first`: the offer that opens the session."""
        if holding:
            return "inactive" if held else "sendonly"
        return "recvonly" if held else "sendrecv"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        """The answer to an offered direction; while we hold, nothing is to be heard."""
        sends = offered in ("sendrecv", "recvonly")
        hears = offered in ("sendrecv", "sendonly") and not holding
        if sends:
            return "sendrecv" if hears else "sendonly"
        return "recvonly" if hears else "inactive"

    def address(self, address: str, holding: bool) -> str:
        """The c= line: our real address, held or not (never 0.0.0.0)."""
        return address


class OriginStrategy(Strategy):
    """The o= line (RFC 3264 section 8)."""

    def version(self, previous: int, changed: bool) -> int:
        """Up by one when anything in the description changed."""
        return previous + 1 if changed else previous


class EarlyMediaStrategy(Strategy):
    """What SDP in a provisional response is good for (RFC 3960)."""

    def opens(self, response: Response) -> bool:
        return True


class ReliableStrategy(Strategy):
    """Reliable provisional responses (RFC 3262)."""

    def acknowledges(self, response: Response) -> bool:
        return True


class ForkStrategy(Strategy):
    """Which branch of a forked call goes on (RFC 3261 section 13.2.2.4)."""

    def confirmed(self, answered: Dialog, early: list[Dialog]) -> Dialog:
        """The dialog of the branch that answered; `early` are the branches that rang before, in order."""
        return answered

    def releases(self, talking: bool) -> bool:
        """Whether an answer that came too late is hung up; `talking`: another branch was faster, else we gave up."""
        return True


class CancelStrategy(Strategy):
    """How an unanswered call is given up."""

    def sends_cancel(self, provisional: bool) -> bool:
        """A CANCEL goes out once a provisional response came (RFC 3261 section 9.1), before it has to wait."""
        return provisional

    def answered_elsewhere(self, cancel: Request) -> bool:
        """Reason: SIP;cause=200 says that another phone took the call (RFC 3326)."""
        for value in cancel.headers.values("Reason"):
            protocol, *params = [part.strip().lower() for part in value.split(";")]
            if protocol == "sip" and "cause=200" in params:
                return True
        return False

    def final_status(self) -> int:
        """What the INVITE ends with that was cancelled."""
        return 487


class FinalAnswerStrategy(Strategy):
    """Our 2xx to an INVITE."""

    def repeats(self) -> bool:
        """Sent again and again until its ACK comes (RFC 3261 section 13.3.1.4)."""
        return True

    def late_offer(self, offer: bytes) -> bytes:
        """What it brings when the INVITE had no offer: ours (RFC 3261 section 14.2)."""
        return offer


class ByeStrategy(Strategy):
    """How a call ends."""

    def answers(self) -> bool:
        """Whether the far end's BYE gets its 200."""
        return True


class RejectStrategy(Strategy):
    """The status line of a refused call."""

    def line(self, status: int, reason: str) -> tuple[int, str]:
        """What the exchange chose: dnd_msg, reject_msg, busy."""
        return status, reason


class RingingStrategy(Strategy):
    """What an incoming call hears of our ringing."""

    def status(self) -> int:
        return 180


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


class FarDigitStrategy(Strategy):
    """What is made of an INFO of the far end."""

    def status(self, understood: bool) -> int:
        """A digit or nothing at all is accepted, another body is not."""
        return 200 if understood else 415


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


class RemoteTargetStrategy(Strategy):
    """Where in-dialog requests go."""

    def refreshed(self, current: Uri, offered: Uri | None) -> Uri:
        """The Contact of a target refresh replaces the old one (RFC 3261 section 12.2)."""
        return offered or current

    def routes(self, record_route: list[str]) -> list[str]:
        """The route set, already in the direction of travel."""
        return record_route
