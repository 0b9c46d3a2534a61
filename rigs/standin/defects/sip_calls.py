"""Faults of calls: set-up, hold, ending, digits, and who is shown."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import Async, defect
from rigs.standin.media.description import Direction
from rigs.standin.sip.account import Account
from rigs.standin.sip.call import Call
from rigs.standin.sip.call_strategies import (
    ByeStrategy,
    CallerIdStrategy,
    CallerStrategy,
    CancelStrategy,
    DigitStrategy,
    EarlyMediaStrategy,
    FarDigitStrategy,
    HoldStrategy,
    OriginStrategy,
    RejectStrategy,
    RingingStrategy,
)
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.incoming import IncomingCall
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.values import Address

LONGEST_NAME = 15


class HoldKeepsSendrecv(HoldStrategy):
    """The re-INVITE of a hold still says sendrecv: the server plays no music."""

    feature = "hold"

    def offer(self, holding: bool, held: bool, *, first: bool) -> Direction:
        return "sendrecv"


class HoldByZeroAddress(HoldStrategy):
    """A hold is offered in the form of 2543, with the address 0.0.0.0."""

    feature = "hold"

    def address(self, address: str, holding: bool) -> str:
        return "0.0.0.0" if holding else address


class ResumeStaysSendonly(HoldStrategy):
    """A call taken back from hold is still not heard."""

    feature = "resume"

    def offer(self, holding: bool, held: bool, *, first: bool) -> Direction:
        return super().offer(holding, held, first=first) if first or holding else "sendonly"


class RemoteHoldAnsweredSendrecv(HoldStrategy):
    """A far end that holds is answered as if nothing had happened."""

    feature = "remote-hold"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        return "sendrecv"


class OriginVersionStuck(OriginStrategy):
    """The o= line never changes: some servers see no hold, or no resume."""

    feature = "hold-version"

    def version(self, previous: int, changed: bool) -> int:
        return previous


class CancelNeverSent(CancelStrategy):
    """Who hangs up before the answer leaves the other phone ringing."""

    feature = "cancel"

    def sends_cancel(self, provisional: bool) -> bool:
        return False


@defect(feature="no-answer", replaces=IncomingCall.cancelled)
def cancel_ignored(healthy: Callable[[IncomingCall, Request], None], call: IncomingCall, cancel: Request) -> None:
    """A caller who gives up leaves our handsets ringing."""


class CancelledCallSaysUnavailable(CancelStrategy):
    """A call the caller gave up is answered as unavailable and may go to the mailbox."""

    feature = "cancel-status"

    def final_status(self) -> int:
        return 480


class AnsweredElsewhereMissed(CancelStrategy):
    """A call that a colleague took stands among the missed ones."""

    feature = "answered-elsewhere-network"

    def answered_elsewhere(self, cancel: Request) -> bool:
        return False


class ByeNotAnswered(ByeStrategy):
    """The far end's hang-up is not confirmed: it repeats for half a minute."""

    feature = "far-hang-up"

    def answers(self) -> bool:
        return False


@defect(feature="hangup", replaces=Call.bye)
async def bye_never_sent(healthy: Callable[[Call, Dialog], Async[None]], call: Call, dialog: Dialog) -> None:
    """Hanging up frees the handset, but the far end hears silence and the call goes on being charged."""


class DndSaysBusy(RejectStrategy):
    """The caller always hears busy at do not disturb; dnd_msg has no effect."""

    feature = "dnd"

    def line(self, status: int, reason: str) -> tuple[int, str]:
        return (486, "Busy Here") if status == 480 else (status, reason)


class RingingSaysProgress(RingingStrategy):
    """Callers hear no ring-back tone: ringing is told as session progress."""

    feature = "ringing"

    def status(self) -> int:
        return 183


class DigitsAlwaysByInfo(DigitStrategy):
    """Key presses go by SIP INFO though the identity says by RTP: voice menus do not react."""

    feature = "dtmf-rfc4733"

    def by_info(self, setting: int) -> bool:
        return True


class DigitsNeverByInfo(DigitStrategy):
    """Switching DTMF to SIP INFO has no effect."""

    feature = "dtmf-info"

    def by_info(self, setting: int) -> bool:
        return False


class FarDigitsRefused(FarDigitStrategy):
    """Digits that the far end sends by SIP INFO are refused: gateways log errors and may end the call."""

    feature = "dtmf-in"

    def status(self, understood: bool) -> int:
        return 415


class EarlyMediaIgnored(EarlyMediaStrategy):
    """Announcements before the answer are not heard."""

    feature = "early-media"

    def opens(self, response: Response) -> bool:
        return False


class DisplayNameMissing(CallerStrategy):
    """The called party sees the number only, not the configured name."""

    feature = "display-name"

    def display(self, account: Account) -> str:
        return ""


class SecondIdentityCallsAsFirst(CallerStrategy):
    """Calls of every identity show the name and number of the first."""

    feature = "outgoing-identity"

    def account(self, asked: Account, all_accounts: list[Account]) -> Account:
        return next((account for account in all_accounts if account.usable), asked)


class AssertedIdentityIgnored(CallerIdStrategy):
    """The handset shows the trunk's number instead of the caller the server vouches for."""

    feature = "caller-id"

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        return super().address(headers, False)


class WithheldNumberShown(CallerIdStrategy):
    """A caller who withholds the number is shown with it."""

    feature = "caller-id-withheld"

    def withheld(self, headers: Headers, address: Address) -> bool:
        return False


@defect(feature="resume", replaces=Call.resume)
async def resume_is_only_shown(healthy: Callable[[Call], Async[bool]], call: Call) -> bool:
    """The display says that both talk again; the far end goes on hearing music."""
    return True


class SecondAnnouncementUnheard(EarlyMediaStrategy):
    """When the announcement before the answer goes on with another 183, the ring-back tone is laid over it."""

    feature = "early-media"

    def __init__(self) -> None:
        self._opened: set[str] = set()

    def opens(self, response: Response) -> bool:
        if not response.body:
            return True
        first = response.call_id not in self._opened
        self._opened.add(response.call_id)
        return first


class CancelTooEarly(CancelStrategy):
    """Who hangs up at once leaves the other phone ringing: CANCEL goes out before any provisional answer came."""

    feature = "cancel"

    def sends_cancel(self, provisional: bool) -> bool:
        return True


class LongNameCutInCalls(CallerStrategy):
    """Callees see a stump of a long display name: more than fifteen characters are cut, in calls only."""

    feature = "display-name"

    def display(self, account: Account) -> str:
        return super().display(account)[:LONGEST_NAME]
