"""Faults of what a dialog must keep to: ACK, routes, targets, timers, extensions."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

from rigs.standin.base.device import Device
from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._altering import spoils_response
from rigs.standin.sip import dialog, extensions
from rigs.standin.sip.call import Call
from rigs.standin.sip.call_strategies import (
    GlareStrategy,
    SessionTimerStrategy,
)
from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.indialog import InDialog
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.negotiation import Negotiation
from rigs.standin.sip.outgoing import OutgoingCall
from rigs.standin.sip.strategies import RequireStrategy
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.values import Address


class Acknowledging(Protocol):
    """The healthy acknowledgement of a 2xx."""

    def __call__(self, call: Call, dialog: Dialog, invite: Request, /, *, again: bool = False) -> None: ...


class Confirming(Protocol):
    """The healthy choice of the branch that a call goes on with."""

    def __call__(self, call: OutgoingCall, sent: Request, response: Response, /) -> Dialog: ...


class Taking(Protocol):
    """The healthy look at the answer to an offer."""

    def __call__(self, negotiation: Negotiation, body: bytes, /, *, final: bool = True) -> None: ...


class Succeeding(Protocol):
    """The healthy 200 to an INVITE."""

    def __call__(
        self, in_dialog: InDialog, transaction: ServerTransaction, body: bytes, /, *, offers: bool
    ) -> None: ...


@defect(feature="ack-repeat", replaces=Call.acknowledge)
def ack_not_repeated(
    healthy: Acknowledging, call: Call, dialog: Dialog, invite: Request, *, again: bool = False
) -> None:
    """When one ACK is lost the call ends after half a minute."""
    if not again:
        healthy(call, dialog, invite)


@defect(feature="call-out", replaces=Call.acknowledge)
def ack_never_sent(healthy: Acknowledging, call: Call, dialog: Dialog, invite: Request, *, again: bool = False) -> None:
    """Who answers our call hears nothing, and the call ends after half a minute: the answer is never acknowledged."""


@defect(feature="forking", replaces=OutgoingCall.confirmed_dialog)
def goes_on_with_the_first_to_ring(
    healthy: Confirming, call: OutgoingCall, sent: Request, response: Response
) -> Dialog:
    """When two of a team ring and the second answers, the call is dead: the base talks on with the first."""
    return _of_branch(0, call, healthy(call, sent, response))


@defect(feature="forking", replaces=OutgoingCall.confirmed_dialog)
def goes_on_with_the_last_to_ring(healthy: Confirming, call: OutgoingCall, sent: Request, response: Response) -> Dialog:
    """When two of a team ring and the first answers, the call is dead: the base talks on with the second."""
    return _of_branch(-1, call, healthy(call, sent, response))


def _of_branch(place: int, call: OutgoingCall, answered: Dialog) -> Dialog:
    """The dialog of a branch that rang, by its place among them, with the numbers of the one that answered."""
    early = list(call.early.values())
    if not early:
        return answered
    return replace(early[place], confirmed=True, local_cseq=answered.local_cseq, remote_cseq=answered.remote_cseq)


@defect(feature="prack", replaces=OutgoingCall.prack)
async def prack_missing(
    healthy: Callable[[OutgoingCall, Dialog, str], Async[None]], call: OutgoingCall, dialog: Dialog, rack: str
) -> None:
    """Gateways that insist on confirmed progress give the call up."""


@spoils_response("INVITE", 180, feature="prack")
def ringing_is_never_reliable(response: Response) -> Response:
    """Callers that insist on confirmed ringing hear nothing of it, or give the call up."""
    response.headers.remove("Require")
    response.headers.remove("RSeq")
    return response


@spoils_response("PRACK", 200, feature="prack")
def confirmed_ringing_is_refused(response: Response) -> Response:
    """A caller that confirms the ringing is told that there is no such call."""
    response.status, response.reason = 481, "Call/Transaction Does Not Exist"
    return response


_heard_early: weakref.WeakSet[Negotiation] = weakref.WeakSet()


@defect(feature="forking", replaces=Negotiation.take_answer)
def last_fork_keeps_the_ear(healthy: Taking, negotiation: Negotiation, body: bytes, *, final: bool = True) -> None:
    """Of several phones that announce something, the last one is listened to, whoever answers."""
    if final and negotiation in _heard_early:
        negotiation.withdraw()
        return
    if not final:
        _heard_early.add(negotiation)
    healthy(negotiation, body, final=final)


class GlareWithoutPause(GlareStrategy):
    """When both sides press hold at once, both try again at once and collide for good."""

    feature = "glare"

    def wait(self, own_call_id: bool) -> float:
        return 0.0


@defect(feature="sip-robustness", replaces=Inbound.out_of_dialog)
def servers_own_headers_refused(
    healthy: Callable[[Inbound, ServerTransaction], None], inbound: Inbound, transaction: ServerTransaction
) -> None:
    """Servers that add headers of their own cannot call the phone: it says 400 Bad Request."""
    if any(name.lower().startswith("x-") for name, _ in transaction.request.headers):
        inbound.refuse(transaction, 400)
    else:
        healthy(inbound, transaction)


class UnknownRequireAccepted(RequireStrategy):
    """An extension the base does not know is promised all the same."""

    feature = "option-tags"

    def unknown(self, required: set[str], supported: set[str]) -> set[str]:
        return set()


@defect(feature="record-route", replaces=dialog.route_set)
def route_set_forgotten(healthy: Callable[[Message], list[str]], message: Message) -> list[str]:
    """Requests within a call go around the server: behind a firewall hold and hang-up get lost."""
    return []


@defect(feature="target-refresh", replaces=Dialog.refresh_target)
def old_target_kept(healthy: Callable[[Dialog, Address | None], None], dialog: Dialog, contact: Address | None) -> None:
    """After the far end moved, hold and hang-up go to where it was."""


@defect(feature="update", replaces=extensions.methods)
def update_refused(healthy: Callable[[Device], tuple[str, ...]], device: Device) -> tuple[str, ...]:
    """Servers that change the shown name by UPDATE cannot."""
    return tuple(method for method in healthy(device) if method != "UPDATE")


class SessionRefreshNeverSent(SessionTimerStrategy):
    """Long calls are cut off by the server."""

    feature = "session-timer"

    def refresh_delay(self, interval: int) -> float | None:
        return None


@defect(feature="ack-repeat", replaces=ServerTransaction.again)
def answer_sent_once(
    healthy: Callable[[ServerTransaction, Response], None], transaction: ServerTransaction, response: Response
) -> None:
    """If a 200 or its ACK is lost, the 200 is never repeated: one side talks and is not heard."""
    if response.status < 200:
        healthy(transaction, response)


@defect(feature="late-offer", replaces=InDialog.succeed)
def late_offer_forgotten(
    healthy: Succeeding, in_dialog: InDialog, transaction: ServerTransaction, body: bytes, *, offers: bool
) -> None:
    """An INVITE without an offer is answered without one: both wait for the other's."""
    forgotten = offers and bool(transaction.request.to.tag)
    healthy(in_dialog, transaction, b"" if forgotten else body, offers=offers)


@defect(feature="forking", replaces=OutgoingCall.release)
def second_answer_kept(healthy: Callable[[OutgoingCall, Dialog], None], call: OutgoingCall, dialog: Dialog) -> None:
    """When two phones of a group answer at once, the second one sits in a dead call: it is never hung up."""
    if not call.stands:
        healthy(call, dialog)


@defect(feature="record-route", replaces=dialog.route_set)
def routes_the_wrong_way_round(healthy: Callable[[Message], list[str]], message: Message) -> list[str]:
    """Behind two proxies hold and hang-up get lost: the recorded route is followed from its far end."""
    return healthy(message)[::-1]
