"""What SIP expects of the base within a dialog: acknowledgements, PRACK, new offers, refreshes, answers to requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState

T1_S = 0.5
"""The first interval of a repetition (RFC 3261 section 17.1.1.1)."""
LATE_S = 1.0
"""Seconds after the due time in which a refresh is awaited, so that a late one is in the evidence."""
SECOND_200 = "the 200 once more"


class Signalling:
    """Waits for what the base sends; what it says is a rule's."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def expect_answer_to(self, method: str, status: int | None = None) -> None:
        """The last request of the far end within the dialog is answered: finally, or with this status."""
        self._state.await_message(
            f"{method} within a call is answered (RFC 3261 §8.2, §11.2)",
            since=self._state.acted_at,
            where=lambda m: m.status >= 200 and status in (None, m.status),
            cseq_method=method,
        )

    def expect_prack(self) -> None:
        """The reliable 18x is answered by a PRACK."""
        ringing = self._last_answer
        self._state.await_message("a reliable 18x is answered by PRACK", since=ringing.at, method="PRACK")

    def expect_second_ack(self) -> None:
        """The far end repeats its 200, as the first ACK was lost; the base sends another ACK and the call stands."""
        again = self._state.require_message(SECOND_200, **self._a_second_200())
        self._state.await_ack(again, "a repeated answer is acknowledged again")
        self._state.leg.expect("confirmed", within=self._context.answer)

    def expect_repeated_answer(self) -> None:
        """The ACK of the base's 200 is lost, so the base sends its 200 again, until an ACK comes."""
        claim = "an answer is repeated until its ACK comes"
        again = self._state.await_message(claim, what=SECOND_200, **self._a_second_200())
        self._state.require_message("an ACK", since=again.at, method="ACK")
        self._state.leg.expect("confirmed", within=self._context.answer)

    def expect_offer_after_glare(self) -> None:
        """After the 491 the base makes its offer again, and acknowledges the answer."""
        state, claim = self._state, "an offer that met another one is made again"
        within = limits().offer_after_glare
        again = state.await_message(claim, since=self._last_answer.at, timeout=within, method="INVITE")
        state.await_ack(state.require_response(200, again.at), "the answer to the offer is acknowledged")

    def expect_refresh(self, within: float) -> None:
        """The base offers the session again by itself; whether in time is a rule's."""
        state = self._state
        answer = state.dialog.answered
        assert answer is not None
        left = within + LATE_S - (state.wire.mark() - answer.at)
        claim = "the named refresher refreshes the session in time"
        refresh = state.await_message(claim, since=answer.at, timeout=left, method=("INVITE", "UPDATE"))
        state.wire.sip.require(
            status=200, cseq_method=refresh.method, dest=state.base, within=state.dialog, since=refresh.at
        )

    def _a_second_200(self) -> dict[str, Any]:
        """What finds the repetition of the last answer: it comes T1 after it, at the soonest."""
        first = self._last_answer
        return {
            "since": first.at,
            "status": 200,
            "cseq_method": "INVITE",
            "where": lambda message: message.at > first.at + T1_S / 2,
        }

    @property
    def _last_answer(self) -> SipMessage:
        answer = self._state.last_answer
        assert answer is not None
        return answer
