"""Faults of the answers within a call: tags, Contact, copied headers, session timer."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import ResponseDefect, copy, untagged
from rigs.standin.sip.account import alnum
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Response


class RingingUnderAnotherTag(ResponseDefect):
    """180 has another tag than 200: to the caller it is another phone that rang."""

    feature = "ringing"
    STATUS = 180

    def spoiled(self, response: Response) -> Response:
        response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
        return response


class RingingWithoutTag(ResponseDefect):
    """180 has no tag: the caller has no early dialog."""

    feature = "ringing"
    STATUS = 180

    def spoiled(self, response: Response) -> Response:
        response.headers.set("To", untagged(response.headers.get("To") or ""))
        return response


class AnswerWithoutContact(ResponseDefect):
    """200 has no Contact: the far end does not know where to send its requests."""

    feature = "call-in"

    def spoiled(self, response: Response) -> Response:
        response.headers.remove("Contact")
        return response


class AnswerContactIsTheAccount(ResponseDefect):
    """The Contact of 200 is the account at the registrar: requests in the call may ring another phone."""

    feature = "call-in"

    def spoiled(self, response: Response) -> Response:
        response.headers.set("Contact", f"<{response.to.uri}>")
        return response


class AnswerRenamesTheCaller(ResponseDefect):
    """From of 200 is not copied: it shows another name than the caller's."""

    feature = "answer"

    def spoiled(self, response: Response) -> Response:
        _, bracket, rest = (response.headers.get("From") or "").partition("<")
        response.headers.set("From", f'"m9" {bracket}{rest}')
        return response


class AnswerForgetsTheRoute(ResponseDefect):
    """200 does not copy Record-Route: the far end's requests go past the server."""

    feature = "record-route"

    def spoiled(self, response: Response) -> Response:
        response.headers.remove("Record-Route")
        return response


class RingingForgetsTheRoute(ResponseDefect):
    """What a caller sends while it rings goes past the server: 180 does not copy Record-Route, 200 does."""

    feature = "ringing"
    STATUS = 180

    def spoiled(self, response: Response) -> Response:
        response.headers.remove("Record-Route")
        return response


class ByeAnsweredUnderAnotherTag(ResponseDefect):
    """The caller hangs up again and again, as if not understood: 200 to BYE has another tag than the dialog."""

    feature = "far-hang-up"
    METHOD = "BYE"

    def spoiled(self, response: Response) -> Response:
        response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
        return response


class RefresherNotNamed(ResponseDefect):
    """200 grants a session timer and does not name the refresher: both sides refresh, or neither."""

    feature = "session-timer"

    def spoiled(self, response: Response) -> Response:
        text = response.headers.get("Session-Expires")
        if text is not None:
            response.headers.set("Session-Expires", text.partition(";")[0])
        return response


class TimerNotRequired(ResponseDefect):
    """The far end is to refresh and no Require tells it so."""

    feature = "session-timer"

    def spoiled(self, response: Response) -> Response:
        response.headers.remove("Require")
        return response


class UpdateAnsweredWithoutContact(ResponseDefect):
    """Strict servers end the call at its refresh: 200 to UPDATE has no Contact."""

    feature = "update"
    METHOD = "UPDATE"

    def spoiled(self, response: Response) -> Response:
        response.headers.remove("Contact")
        return response


class CancelledCallEndsUnderAnotherTag(ResponseDefect):
    """A server's list shows a call that was given up as still ringing: 487 has another tag than 180."""

    feature = "cancel-status"
    STATUS = 487

    def spoiled(self, response: Response) -> Response:
        response.headers.set("To", f"{untagged(response.headers.get('To') or '')};tag={alnum(6)}")
        return response


class FarResumeAnsweredAsAHold(ResponseDefect):
    """After the far end took the call back it hears nothing: the answer still says recvonly."""

    feature = "remote-hold"

    def __init__(self) -> None:
        self._held: set[str] = set()

    def spoiled(self, response: Response) -> Response:
        call = response.headers.get("Call-ID") or ""
        if b"a=recvonly" in response.body:
            self._held.add(call)
        elif call in self._held:
            response.body = response.body.replace(b"a=sendrecv", b"a=recvonly")
        return response


class DigitsOfTheFarEndFindNoCall(ResponseDefect):
    """A far end that presses keys loses the call: 481 to its INFO says that there is none."""

    feature = "dtmf-in"
    METHOD = "INFO"

    def spoiled(self, response: Response) -> Response:
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
