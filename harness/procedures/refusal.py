"""Calls that never come to talk: refused, given up, cancelled, missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call import CallActs

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

CANCELLED_STATUS = 487
COMPLETED_ELSEWHERE = {"Reason": 'SIP;cause=200;text="Call completed elsewhere"'}
EARLY_S = 0.1
"""How much too early a timer of the base may seem to fire: its clock is not ours."""


class RefusalActs(CallActs):
    """Ways out of a call attempt, from both sides."""

    # the base's refusals

    def is_rejected_by_the_handset(self, status: int, reason: str) -> None:
        """On hook while it rings; the base answers with this status line."""
        self._presses("ONHOOK")
        with self.blames_the_keys():
            self.is_refused_by_the_base(status, reason)

    def is_refused_by_the_base(
        self, status: int | tuple[int, ...], reason: str = "", within: float | None = None
    ) -> SipMessage:
        """The base's final answer has this status, and this phrase if one is named."""
        answer = self.wire.sip.expect(
            where=lambda m: m.status >= 200,
            cseq_method="INVITE",
            within=self.dialog,
            source=self.base,
            since=self.began,
            timeout=within or self.desk.answer,
            what="final answer to INVITE",
            claim="the call is refused",
            **self.desk.cites(),
        )
        self.desk.same("status of the refusal", answer.status, status, answer)
        if reason:
            self.desk.same("phrase of the refusal", answer.reason, reason, answer)
        return answer

    def is_refused_after(self, seconds: float, status: tuple[int, ...]) -> None:
        """The base itself ends the ringing so long after it began to, with one of these statuses."""
        ringing = self._expect_response(180, "an incoming call is answered with 180 Ringing")
        answer = self.is_refused_by_the_base(status, within=seconds + self.desk.answer)
        rung = answer.at - ringing.at
        if rung < seconds - EARLY_S:
            self.desk.broken("duration of the ringing", f"{seconds:g} s", f"{rung:.1f} s", [ringing, answer])

    def names_what_it_does_not_support(self, answer: SipMessage, tag: str) -> None:
        """Unsupported lists the option tag that was required."""
        self.desk.same("option tags in Unsupported", answer.header("unsupported"), [[tag]], answer)

    # the far end gives up

    def is_given_up_by_the_peer(self, *, answered_elsewhere: bool = False) -> None:
        """The caller gives up, or another device of the account took the call: CANCEL comes and gets its 200."""
        since = self.wire.mark()
        self.leg.hangup(COMPLETED_ELSEWHERE if answered_elsewhere else None)
        cancel = self.wire.sip.witness(method="CANCEL", dest=self.base, within=self.dialog, since=since)
        if answered_elsewhere and not cancel.header("reason"):
            self.desk.missing("a Reason in CANCEL", f"none came through the server: {cancel}")
        self._expect_response(200, "CANCEL is answered", since, method="CANCEL")

    def ends_as_cancelled(self) -> None:
        """The INVITE that was cancelled ends with 487."""
        self.is_refused_by_the_base(CANCELLED_STATUS)

    def stops_ringing(self) -> None:
        """The ringer falls silent."""
        self.handset.expect_ring_end(within=self.desk.answer, since=self.began)

    # the far end refuses

    def is_refused_by_the_peer(self, status: int) -> None:
        """The peer refuses; the base acknowledges the final answer."""
        since = self.wire.mark()
        self.leg.reject(status)
        answer = self._witness_response(status, since)
        self._expect_ack(answer, f"{status} is acknowledged")

    def is_cancelled_by_the_handset(self) -> None:
        """On hook before the answer: the base sends CANCEL and acknowledges the 487."""
        since = self.wire.mark()
        self._presses("ONHOOK")
        with self.blames_the_keys():
            self.wire.sip.expect(
                method="CANCEL",
                source=self.base,
                within=self.dialog,
                since=since,
                timeout=self.desk.answer,
                claim="hanging up before the answer cancels the call",
                **self.desk.cites(),
            )
        ended = self._witness_response(CANCELLED_STATUS, since)
        self._expect_ack(ended, "487 is acknowledged")
