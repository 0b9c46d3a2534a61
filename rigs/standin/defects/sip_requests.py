"""Faults of the requests of a call: numbers, branches, targets, routes."""

from __future__ import annotations

from dataclasses import replace
from weakref import WeakKeyDictionary

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import Outgoing, copy, renumbered, spoils_request, untagged
from rigs.standin.sip.account import alnum
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Request


def _rebranched(request: Request) -> Request:
    other = copy(request)
    via = other.headers.get("Via") or ""
    other.headers.set("Via", via.replace(request.via.branch, "z9hG4bK-" + alnum(6)))
    return other


@spoils_request("ACK", feature="call-out")
def answer_acknowledged_under_another_number(request: Request) -> Request:
    """The ACK of an answer counts on: the far end goes on repeating its 200."""
    return renumbered(request, request.cseq.number + 1) if request.headers.get("Route") else request


@spoils_request("ACK", feature="busy")
def refusal_acknowledged_under_another_branch(request: Request) -> Request:
    """The ACK of a refusal belongs to no transaction: the server repeats the refusal for half a minute."""
    return request if request.headers.get("Route") else _rebranched(request)


_branches: WeakKeyDictionary[TransactionLayer, str] = WeakKeyDictionary()


@defect(feature="call-out", replaces=TransactionLayer.outgoing)
def answer_acknowledged_under_the_old_branch(healthy: Outgoing, layer: TransactionLayer, message: Message) -> Message:
    """The ACK of an answer uses the branch of the INVITE: proxies take it for the ACK of a refusal."""
    if isinstance(message, Request) and message.method == "INVITE":
        _branches[layer] = message.via.branch
    elif isinstance(message, Request) and message.method == "ACK" and message.to.tag:
        own = message.via.branch
        via = (message.headers.get("Via") or "").replace(own, _branches.get(layer, own))
        message = copy(message)
        message.headers.set("Via", via)
    return healthy(layer, message)


@spoils_request("BYE", feature="hangup")
def bye_to_the_account(request: Request) -> Request:
    """BYE goes to the far end's address of record: another of its devices may get it."""
    return replace(request, uri=str(request.to.uri))


@spoils_request("BYE", feature="hangup")
def bye_counts_twice(request: Request) -> Request:
    """Servers that wait for the number in between keep the call up and bill it on: BYE leaves out a number of CSeq."""
    return renumbered(request, request.cseq.number + 1)


@spoils_request("CANCEL", feature="cancel", within=False)
def cancel_under_another_branch(request: Request) -> Request:
    """CANCEL belongs to no INVITE: the far end goes on ringing."""
    return _rebranched(request)


@spoils_request("CANCEL", feature="cancel", within=False)
def cancel_counts_on(request: Request) -> Request:
    """The far end goes on ringing after the caller gave up: CANCEL has a number of its own, not the INVITE's."""
    return renumbered(request, request.cseq.number + 1)


@spoils_request("CANCEL", feature="cancel", within=False)
def cancel_with_a_tag(request: Request) -> Request:
    """Strict far ends go on ringing: CANCEL names a tag of the far end, as if there were a dialog."""
    request.headers.set("To", f"{untagged(request.headers.get('To') or '')};tag={alnum(6)}")
    return request


@spoils_request("INVITE", feature="call-out", within=False)
def invite_without_max_forwards(request: Request) -> Request:
    """INVITE has no Max-Forwards: a loop would never end."""
    request.headers.remove("Max-Forwards")
    return request


@spoils_request("INVITE", feature="hold")
def hold_without_contact(request: Request) -> Request:
    """Strict far ends refuse to be put on hold: the re-INVITE has no Contact."""
    request.headers.remove("Contact")
    return request


@spoils_request("INVITE", feature="record-route")
def hold_leaves_the_route(request: Request) -> Request:
    """A re-INVITE forgets the recorded route, though BYE keeps it."""
    request.headers.remove("Route")
    return request


@spoils_request("INVITE", feature="far-hang-up", within=False)
def invite_with_a_foreign_contact(request: Request) -> Request:
    """The Contact of an INVITE names a port at which the base does not listen: the far end cannot hang up."""
    contact = request.contact
    if contact is not None:
        request.headers.set("Contact", f"<sip:{contact.uri.user}@{contact.uri.host}:4999>")
    return request


@spoils_request("PRACK", feature="prack")
def prack_of_another_answer(request: Request) -> Request:
    """The far end repeats its ringing until it gives up: PRACK names the number of another provisional answer."""
    number, _, rest = (request.headers.get("RAck") or "0").partition(" ")
    request.headers.set("RAck", f"{int(number) + 1} {rest}")
    return request


@spoils_request("INVITE", feature="hold")
def hold_under_another_from_tag(request: Request) -> Request:
    """A re-INVITE has a new tag in From: the far end does not know the dialog."""
    request.headers.set("From", f"{untagged(request.headers.get('From') or '')};tag={alnum(6)}")
    return request


@spoils_request("INFO", feature="dtmf-info")
def info_with_the_number_of_the_invite(request: Request) -> Request:
    """INFO does not count on: the far end takes it for a stray."""
    return renumbered(request, 1)
