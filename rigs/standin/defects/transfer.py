"""Faults of a transfer that the handset asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.transferring import Transfers
from rigs.standin.core.replacing import Async, defect
from rigs.standin.handset import transferring
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.phone import Phone
from rigs.standin.sip.message import Request
from rigs.standin.sip.referring import Referring
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.values import Address, Uri

Progress = Callable[[int], None]
Asking = Callable[[Referring, str, Progress], Async[int]]
Beginning = Callable[[Phone, HandsetCall], None]
Ending = Callable[[Transfers, BaseCall], Async[None]]


@defect(feature="blind-transfer", replaces=Referring.ask)
async def transfer_is_only_shown(healthy: Asking, referring: Referring, refer_to: str, progress: Progress) -> int:
    """The handset says that the call is transferred; the caller is cut off and rings nobody."""
    return 200


@defect(feature="blind-transfer", replaces=Referring.refer_to)
def transfer_loses_the_last_digit(healthy: Callable[[Referring, Uri], str], referring: Referring, uri: Uri) -> str:
    """Who is transferred reaches a wrong number: the last digit is lost."""
    return healthy(referring, replace(uri, user=uri.user[:-1]))


@defect(feature="blind-transfer", replaces=Referring.referrer)
def transferred_by_nobody(healthy: Callable[[Referring], str], referring: Referring) -> str:
    """Who is called after a transfer does not learn who transferred: Referred-By names somebody who does not exist."""
    return str(Address(Uri("sip", "anonymous", "anonymous.invalid")))


@defect(feature="blind-transfer", replaces=Referring.final)
async def hangs_up_before_the_outcome(
    healthy: Callable[[Referring, Progress], Async[int]], referring: Referring, progress: Progress
) -> int:
    """Where the third party is busy the caller is lost: the base hangs up as soon as REFER is accepted."""
    return 202


@defect(feature="blind-transfer", replaces=Transfers.succeeded)
async def transferred_call_is_kept(healthy: Ending, transfers: Transfers, call: BaseCall) -> None:
    """After a transfer the handset stays in the old call, which nobody is in any more."""


@defect(feature="blind-transfer", replaces=rules.is_transferred)
def every_transfer_succeeds(healthy: Callable[[int], bool], status: int) -> bool:
    """A transfer to a busy number ends both calls; nobody is told."""
    return True


@defect(feature="blind-transfer", replaces=Transfers.failed)
def failed_transfer_is_not_told(
    healthy: Callable[[Transfers, BaseCall, int], None], transfers: Transfers, call: BaseCall, status: int
) -> None:
    """The handset goes on saying that it transfers, though the third party was busy; the call cannot be taken back."""


@defect(feature="blind-transfer", replaces=Referring.notified)
def news_of_a_transfer_refused(
    healthy: Callable[[Referring, ServerTransaction], None], referring: Referring, transaction: ServerTransaction
) -> None:
    """The base refuses to hear how the transfer went, so the handset never gets free by itself."""
    referring.call.in_dialog.respond(transaction, 489)


@defect(feature="blind-transfer", replaces=Referring.continues)
def news_forgotten_with_the_call(
    healthy: Callable[[Referring, Request], bool], referring: Referring, request: Request
) -> bool:
    """After hanging up in a transfer the far end is told that there is no such call, and may break the transfer off."""
    return False


@defect(feature="blind-transfer", replaces=rules.why_over)
def going_away_is_a_failure(healthy: Callable[[int, bool], str], status: int, transferring: bool) -> str:
    """A far end that goes where it was sent leaves an error on the display."""
    return "failed" if transferring else healthy(status, transferring)


@defect(feature="blind-transfer", replaces=transferring.begin)
def transfers_without_hold(healthy: Beginning, phone: Phone, call: HandsetCall) -> None:
    """The far end hears the room while the number of its target is typed."""
    call.state = State.HELD
    healthy(phone, call)


@defect(feature="blind-transfer", replaces=transferring.begin)
def held_call_cannot_be_transferred(healthy: Beginning, phone: Phone, call: HandsetCall) -> None:
    """TRANSFER has no effect on a call that is on hold."""
    if call.state is not State.HELD:
        healthy(phone, call)
