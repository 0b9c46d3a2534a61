"""Faults of the answers within a call: tags, Contact, copied headers, session timer."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import copy, spoils_response, untagged
from rigs.standin.sip.account import alnum
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Response


@spoils_response("INVITE", 180, feature="ringing")
def ringing_under_another_tag(response: Response) -> Response:
    """180 has another tag than 200: to the caller it is another phone that rang."""
    response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
    return response


@spoils_response("INVITE", 180, feature="ringing")
def ringing_without_tag(response: Response) -> Response:
    """180 has no tag: the caller has no early dialog."""
    response.headers.set("To", untagged(response.headers.get("To") or ""))
    return response


@spoils_response("INVITE", 200, feature="call-in")
def answer_without_contact(response: Response) -> Response:
    """200 has no Contact: the far end does not know where to send its requests."""
    response.headers.remove("Contact")
    return response


@spoils_response("INVITE", 200, feature="call-in")
def answer_contact_is_the_account(response: Response) -> Response:
    """The Contact of 200 is the account at the registrar: requests in the call may ring another phone."""
    response.headers.set("Contact", f"<{response.to.uri}>")
    return response


@spoils_response("INVITE", 200, feature="answer")
def answer_renames_the_caller(response: Response) -> Response:
    """From of 200 is not copied: it shows another name than the caller's."""
    _, bracket, rest = (response.headers.get("From") or "").partition("<")
    response.headers.set("From", f'"m9" {bracket}{rest}')
    return response


@spoils_response("INVITE", 200, feature="record-route")
def answer_forgets_the_route(response: Response) -> Response:
    """200 does not copy Record-Route: the far end's requests go past the server."""
    response.headers.remove("Record-Route")
    return response


@spoils_response("INVITE", 180, feature="ringing")
def ringing_forgets_the_route(response: Response) -> Response:
    """What a caller sends while it rings goes past the server: 180 does not copy Record-Route, 200 does."""
    response.headers.remove("Record-Route")
    return response


@spoils_response("BYE", 200, feature="far-hang-up")
def bye_answered_under_another_tag(response: Response) -> Response:
    """The caller hangs up again and again, as if not understood: 200 to BYE has another tag than the dialog."""
    response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
    return response


@spoils_response("INVITE", 200, feature="session-timer")
def refresher_not_named(response: Response) -> Response:
    """200 grants a session timer and does not name the refresher: both sides refresh, or neither."""
    text = response.headers.get("Session-Expires")
    if text is not None:
        response.headers.set("Session-Expires", text.partition(";")[0])
    return response


@spoils_response("INVITE", 200, feature="session-timer")
def timer_not_required(response: Response) -> Response:
    """The far end is to refresh and no Require tells it so."""
    response.headers.remove("Require")
    return response


@spoils_response("UPDATE", 200, feature="update")
def update_answered_without_contact(response: Response) -> Response:
    """Strict servers end the call at its refresh: 200 to UPDATE has no Contact."""
    response.headers.remove("Contact")
    return response


@spoils_response("INVITE", 487, feature="cancel-status")
def cancelled_call_ends_under_another_tag(response: Response) -> Response:
    """A server's list shows a call that was given up as still ringing: 487 has another tag than 180."""
    response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
    return response


_held: set[str] = set()


@spoils_response("INVITE", 200, feature="remote-hold")
def far_resume_answered_as_a_hold(response: Response) -> Response:
    """After the far end took the call back it hears nothing: the answer still says recvonly."""
    call = response.headers.get("Call-ID") or ""
    if b"a=recvonly" in response.body:
        _held.add(call)
    elif call in _held:
        response.body = response.body.replace(b"a=sendrecv", b"a=recvonly")
    return response


@spoils_response("INFO", 200, feature="dtmf-in")
def digits_of_the_far_end_find_no_call(response: Response) -> Response:
    """A far end that presses keys loses the call: 481 to its INFO says that there is none."""
    response.status, response.reason = 481, "Call/Transaction Does Not Exist"
    return response


@defect(feature="options-ping", replaces=TransactionLayer.outgoing)
def ping_answered_without_allow(
    healthy: Callable[[TransactionLayer, Message], Message], layer: TransactionLayer, message: Message
) -> Message:
    """A server that asks what the phone can is told nothing: it may take it for one that cannot be called."""
    if isinstance(message, Response) and message.cseq.method == "OPTIONS":
        message = copy(message)
        message.headers.remove("Allow")
    return healthy(layer, message)
