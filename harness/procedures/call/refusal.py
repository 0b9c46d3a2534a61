"""Calls that never come to talk: refused, given up, cancelled, missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call.acts import CallActs
from harness.rules.missed_calls import taken_elsewhere

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

CANCELLED_STATUS = 487
COMPLETED_ELSEWHERE = {"Reason": 'SIP;cause=200;text="Call completed elsewhere"'}


class RefusalActs(CallActs):
    """Ways out of a call attempt, from both sides."""

    # the base's refusals

    def is_rejected_by_the_handset(self) -> SipMessage:
        """On hook while it rings; returns the base's final answer."""
        self.presses("ONHOOK", "hang-up")
        return self.is_refused_by_the_base()

    def is_refused_by_the_base(self, within: float | None = None) -> SipMessage:
        """The base gives a final answer; which one is right is a rule's."""
        return self.awaits(
            "the call is refused",
            since=self.began,
            timeout=within,
            where=lambda m: m.status >= 200,
            cseq_method="INVITE",
            what="final answer to INVITE",
        )

    def rings_for(self, seconds: float) -> None:
        """It rings, and the base itself ends that; whether in time is a rule's."""
        self._expect_response(180, "an incoming call is answered with 180 Ringing")
        self.is_refused_by_the_base(within=seconds + self.context.answer)

    # the far end gives up

    def is_given_up_by_the_peer(self, *, answered_elsewhere: bool = False) -> None:
        """The caller gives up, or another device of the account took the call: CANCEL comes and gets its 200."""
        since = self.wire.mark()
        self.leg.hangup(COMPLETED_ELSEWHERE if answered_elsewhere else None)
        cancel = self.wire.sip.witness(method="CANCEL", dest=self.base, within=self.dialog, since=since)
        if answered_elsewhere and not taken_elsewhere(cancel):
            with self.context.needs_server_support("Reason of a CANCEL"):
                seen = ", ".join(cancel.header("reason")) or "none"
                self.context.missing("Reason: SIP;cause=200 in CANCEL", f"{seen} came through the server: {cancel}")
        self._expect_response(200, "CANCEL is answered", since, method="CANCEL")

    def ends_as_cancelled(self) -> None:
        """The INVITE that was cancelled gets its final answer."""
        self.is_refused_by_the_base()

    def stops_ringing(self) -> None:
        """The ringer falls silent."""
        self.handset.expect_ring_end(within=self.context.answer, since=self.began)

    # the far end refuses

    def is_refused_by_the_peer(self, status: int) -> None:
        """The peer refuses; the base acknowledges the final answer."""
        since = self.wire.mark()
        self.leg.reject(status)
        with self.context.needs_server_support(str(status)):
            answer = self._witness_response(status, since)
        self._expect_ack(answer, f"{status} is acknowledged")

    def is_cancelled_by_the_handset(self) -> None:
        """On hook before the answer: the base sends CANCEL and acknowledges the 487."""
        since = self.wire.mark()
        self.presses("ONHOOK", "hang-up")
        self.awaits("hanging up before the answer cancels the call", since=since, method="CANCEL")
        ended = self._witness_response(CANCELLED_STATUS, since)
        self._expect_ack(ended, "487 is acknowledged")
