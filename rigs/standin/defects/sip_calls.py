"""Faults of calls: set-up, hold, ending, digits, and who is shown."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from weakref import WeakSet

from rigs.standin.core.replacing import Async, defect
from rigs.standin.media.description import Direction
from rigs.standin.sip import incoming, outgoing
from rigs.standin.sip.account import Account
from rigs.standin.sip.call import Call
from rigs.standin.sip.call_strategies import (
    CallerIdStrategy,
    DigitStrategy,
    HoldStrategy,
    OriginStrategy,
)
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.incoming import IncomingCall
from rigs.standin.sip.indialog import INFO_TYPES, InDialog
from rigs.standin.sip.message import Headers, Request, Response
from rigs.standin.sip.negotiation import Negotiation
from rigs.standin.sip.outgoing import OutgoingCall
from rigs.standin.sip.transaction import ClientTransaction, ServerTransaction
from rigs.standin.sip.values import Address

LONGEST_NAME = 15


class HoldKeepsSendrecv(HoldStrategy):
    """The re-INVITE of a hold still says sendrecv: the server plays no music."""

    feature = "hold"

    def offer(self, holding: bool, held: bool, quirk: str, *, first: bool) -> Direction:
        return "sendrecv"


@defect(feature="hold", replaces=Negotiation.connection)
def hold_by_zero_address(healthy: Callable[[Negotiation], str], negotiation: Negotiation) -> str:
    """A hold is offered in the form of 2543, with the address 0.0.0.0."""
    return "0.0.0.0" if negotiation.holding else healthy(negotiation)


class ResumeStaysSendonly(HoldStrategy):
    """A call taken back from hold is still not heard."""

    feature = "resume"

    def offer(self, holding: bool, held: bool, quirk: str, *, first: bool) -> Direction:
        return super().offer(holding, held, quirk, first=first) if first or holding else "sendonly"


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


@defect(feature="cancel", replaces=outgoing.may_be_cancelled)
def cancel_never_sent(healthy: Callable[[ClientTransaction], bool], invite: ClientTransaction) -> bool:
    """Who hangs up before the answer leaves the other phone ringing."""
    return False


@defect(feature="no-answer", replaces=IncomingCall.cancelled)
def cancel_ignored(healthy: Callable[[IncomingCall, Request], None], call: IncomingCall, cancel: Request) -> None:
    """A caller who gives up leaves our handsets ringing."""


@defect(feature="cancel-status", replaces=IncomingCall.cancelled)
def cancelled_call_says_unavailable(
    healthy: Callable[[IncomingCall, Request], None], call: IncomingCall, cancel: Request
) -> None:
    """A call the caller gave up is answered as unavailable and may go to the mailbox."""
    if not (call.stands or call.over):
        call.in_dialog.respond(call.transaction, 480)
    healthy(call, cancel)


@defect(feature="answered-elsewhere-network", replaces=incoming.answered_elsewhere)
def answered_elsewhere_missed(healthy: Callable[[Request], bool], cancel: Request) -> bool:
    """A call that a colleague took stands among the missed ones."""
    return False


@defect(feature="far-hang-up", replaces=InDialog.respond)
def bye_not_answered(
    healthy: Callable[..., None], dialog: InDialog, transaction: ServerTransaction, status: int, *rest: Any, **more: Any
) -> None:
    """The far end's hang-up is not confirmed: it repeats for half a minute."""
    if (transaction.request.method, status) != ("BYE", 200):
        healthy(dialog, transaction, status, *rest, **more)


@defect(feature="hangup", replaces=Call.bye)
async def bye_never_sent(healthy: Callable[[Call, Dialog], Async[None]], call: Call, dialog: Dialog) -> None:
    """Hanging up frees the handset, but the far end hears silence and the call goes on being charged."""


@defect(feature="dnd", replaces=IncomingCall.reject)
async def dnd_says_busy(
    healthy: Callable[[IncomingCall, int, str], Async[None]],
    call: IncomingCall,
    status: int = 486,
    reason: str = "Busy Here",
) -> None:
    """The caller always hears busy at do not disturb; dnd_msg has no effect."""
    await (healthy(call, 486, "Busy Here") if status == 480 else healthy(call, status, reason))


@defect(feature="ringing", replaces=IncomingCall.provisional)
async def ringing_says_progress(
    healthy: Callable[[IncomingCall, int, bytes], Async[None]], call: IncomingCall, status: int, body: bytes
) -> None:
    """Callers hear no ring-back tone: ringing is told as session progress."""
    await healthy(call, 183 if status == 180 else status, body)


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


@defect(feature="dtmf-in", replaces=InDialog.info)
def far_digits_refused(
    healthy: Callable[[InDialog, ServerTransaction], None], dialog: InDialog, transaction: ServerTransaction
) -> None:
    """Digits that the far end sends by SIP INFO are refused: gateways log errors and may end the call."""
    dialog.respond(transaction, 415, says={"Accept": ", ".join(INFO_TYPES)})


@defect(feature="early-media", replaces=OutgoingCall.hear_early)
def early_media_ignored(
    healthy: Callable[[OutgoingCall, Response], bool], call: OutgoingCall, response: Response
) -> bool:
    """Announcements before the answer are not heard."""
    return False


@defect(feature="display-name", replaces=OutgoingCall.caller)
def display_name_missing(healthy: Callable[[OutgoingCall, Account], str], call: OutgoingCall, account: Account) -> str:
    """The called party sees the number only, not the configured name."""
    return str(replace(Address.parse(healthy(call, account)), display=""))


@defect(feature="outgoing-identity", replaces=OutgoingCall.caller)
def second_identity_calls_as_first(
    healthy: Callable[[OutgoingCall, Account], str], call: OutgoingCall, account: Account
) -> str:
    """Calls of every identity show the name and number of the first."""
    return healthy(call, next((one for one in call.agent.accounts() if one.usable), account))


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


_opened: WeakSet[OutgoingCall] = WeakSet()


@defect(feature="early-media", replaces=OutgoingCall.hear_early)
def second_announcement_unheard(
    healthy: Callable[[OutgoingCall, Response], bool], call: OutgoingCall, response: Response
) -> bool:
    """When the announcement before the answer goes on with another 183, the ring-back tone is laid over it."""
    if call in _opened:
        return False
    _opened.add(call)
    return healthy(call, response)


@defect(feature="cancel", replaces=outgoing.may_be_cancelled)
def cancel_too_early(healthy: Callable[[ClientTransaction], bool], invite: ClientTransaction) -> bool:
    """Who hangs up at once leaves the other phone ringing: CANCEL goes out before any provisional answer came."""
    return invite.state == "calling" or healthy(invite)


@defect(feature="display-name", replaces=OutgoingCall.caller)
def long_name_cut_in_calls(
    healthy: Callable[[OutgoingCall, Account], str], call: OutgoingCall, account: Account
) -> str:
    """Callees see a stump of a long display name: more than fifteen characters are cut, in calls only."""
    caller = Address.parse(healthy(call, account))
    return str(replace(caller, display=caller.display[:LONGEST_NAME]))
