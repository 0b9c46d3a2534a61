"""Faults of the requests of a call: numbers, branches, targets, routes."""

from __future__ import annotations

from dataclasses import replace

from rigs.standin.defects._altering import RequestDefect, copy, renumbered, untagged
from rigs.standin.sip.account import alnum
from rigs.standin.sip.message import Message, Request


def _rebranched(request: Request) -> Request:
    other = copy(request)
    via = other.headers.get("Via") or ""
    other.headers.set("Via", via.replace(request.via.branch, "z9hG4bK-" + alnum(6)))
    return other


class AnswerAcknowledgedUnderAnotherNumber(RequestDefect):
    """The ACK of an answer counts on: the far end goes on repeating its 200."""

    feature = "call-out"
    METHOD = "ACK"

    def spoiled(self, request: Request) -> Request:
        return renumbered(request, request.cseq.number + 1) if request.headers.get("Route") else request


class RefusalAcknowledgedUnderAnotherBranch(RequestDefect):
    """The ACK of a refusal belongs to no transaction: the server repeats the refusal for half a minute."""

    feature = "busy"
    METHOD = "ACK"

    def spoiled(self, request: Request) -> Request:
        return request if request.headers.get("Route") else _rebranched(request)


class AnswerAcknowledgedUnderTheOldBranch(RequestDefect):
    """The ACK of an answer uses the branch of the INVITE: proxies take it for the ACK of a refusal."""

    feature = "call-out"
    METHOD = "ACK"
    _branch = ""

    def leaves(self, message: Message) -> Message:
        if isinstance(message, Request) and message.method == "INVITE":
            self._branch = message.via.branch
        return super().leaves(message)

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        via = other.headers.get("Via") or ""
        other.headers.set("Via", via.replace(request.via.branch, self._branch or request.via.branch))
        return other


class ByeToTheAccount(RequestDefect):
    """BYE goes to the far end's address of record: another of its devices may get it."""

    feature = "hangup"
    METHOD = "BYE"

    def spoiled(self, request: Request) -> Request:
        return replace(request, uri=str(request.to.uri))


class ByeCountsTwice(RequestDefect):
    """Servers that wait for the number in between keep the call up and bill it on: BYE leaves out a number of CSeq."""

    feature = "hangup"
    METHOD = "BYE"

    def spoiled(self, request: Request) -> Request:
        return renumbered(request, request.cseq.number + 1)


class CancelUnderAnotherBranch(RequestDefect):
    """CANCEL belongs to no INVITE: the far end goes on ringing."""

    feature = "cancel"
    METHOD = "CANCEL"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        return _rebranched(request)


class CancelCountsOn(RequestDefect):
    """The far end goes on ringing after the caller gave up: CANCEL has a number of its own, not the INVITE's."""

    feature = "cancel"
    METHOD = "CANCEL"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        return renumbered(request, request.cseq.number + 1)


class CancelWithATag(RequestDefect):
    """Strict far ends go on ringing: CANCEL names a tag of the far end, as if there were a dialog."""

    feature = "cancel"
    METHOD = "CANCEL"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.set("To", f"{untagged(request.headers.get('To') or '')};tag={alnum(6)}")
        return other


class InviteWithoutMaxForwards(RequestDefect):
    """INVITE has no Max-Forwards: a loop would never end."""

    feature = "call-out"
    METHOD = "INVITE"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.remove("Max-Forwards")
        return other


class HoldWithoutContact(RequestDefect):
    """Strict far ends refuse to be put on hold: the re-INVITE has no Contact."""

    feature = "hold"
    METHOD = "INVITE"

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.remove("Contact")
        return other


class HoldLeavesTheRoute(RequestDefect):
    """A re-INVITE forgets the recorded route, though BYE keeps it."""

    feature = "record-route"
    METHOD = "INVITE"

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.remove("Route")
        return other


class InviteWithAForeignContact(RequestDefect):
    """The Contact of an INVITE names a port at which the base does not listen: the far end cannot hang up."""

    feature = "far-hang-up"
    METHOD = "INVITE"
    WITHIN = False

    def spoiled(self, request: Request) -> Request:
        other, contact = copy(request), request.contact
        if contact is not None:
            other.headers.set("Contact", f"<sip:{contact.uri.user}@{contact.uri.host}:4999>")
        return other


class PrackOfAnotherAnswer(RequestDefect):
    """The far end repeats its ringing until it gives up: PRACK names the number of another provisional answer."""

    feature = "prack"
    METHOD = "PRACK"

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        number, _, rest = (request.headers.get("RAck") or "0").partition(" ")
        other.headers.set("RAck", f"{int(number) + 1} {rest}")
        return other


class HoldUnderAnotherFromTag(RequestDefect):
    """A re-INVITE has a new tag in From: the far end does not know the dialog."""

    feature = "hold"
    METHOD = "INVITE"

    def spoiled(self, request: Request) -> Request:
        other = copy(request)
        other.headers.set("From", f"{untagged(request.headers.get('From') or '')};tag={alnum(6)}")
        return other


class InfoWithTheNumberOfTheInvite(RequestDefect):
    """INFO does not count on: the far end takes it for a stray."""

    feature = "dtmf-info"
    METHOD = "INFO"

    def spoiled(self, request: Request) -> Request:
        return renumbered(request, 1)
