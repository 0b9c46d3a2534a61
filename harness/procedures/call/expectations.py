"""What is expected of the base in a call, live: that it rings, refuses, cancels, releases. What it sent is a rule's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.clock import Deadline, WaitExpired, wait_until
from harness.procedures.limits import limits
from harness.procedures.texts import ring_back

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.core.tones import Tones
    from harness.handset.driver import Handset, Listening
    from harness.procedures.call.requirements import CallRequirements
    from harness.procedures.call.state import CallState

CANCELLED_STATUS, FORWARDED_STATUS = 487, 302
RING_BACK_WINDOW_MS = 400
NEAR_HZ = 10.0
WARNING_DBM0 = -45.0
"""Of a short tone in a long window, all of which counts; noise of the air codec is below."""
UNHEARD_S = 1.2
"""Seconds without an answer in which an early CANCEL would have come, and the INVITE has been sent once more."""


class CallExpectations:
    """Waits for the base; one that expires lets the rules speak first."""

    def __init__(self, state: CallState, require: CallRequirements) -> None:
        self._state = state
        self._context = state.context
        self._require = require

    # ringing

    def rings(self) -> None:
        """The base says 180 and the bound handset rings."""
        self._await_180()
        self.rings_at_the_handset()

    def rings_at_the_handset(self) -> None:
        """The bound handset rings; the answer to the caller is not checked."""
        self._state.handset_driver.ringer.expect_ring(within=self._context.answer, since=self._state.began)

    def rings_for(self, seconds: float) -> None:
        """It rings, and the base itself ends the ringing; a rule judges the time."""
        self._await_180()
        self.refused(within=seconds + self._context.answer)

    def rings_silently(self) -> None:
        """The base says 180, the ringer stays off; required: the handset shows the call."""
        handset, number = self._state.handset_driver, self._state.peer_number
        self._await_180()
        try:
            wait_until(lambda: handset.display().has(number), what="the caller", within=self._context.display, poll=0.1)
        except WaitExpired:
            self._context.missing("the call on the display of the silent handset", str(handset.display()))
        handset.ringer.stays_silent(since=self._state.began)

    def knocks(self) -> None:
        """A second call is heard as a call-waiting tone and answered with 180."""
        self._state.await_response(180, "a second call is answered with 180 Ringing")
        self._state.handset_driver.expect_beep("WAITING", within=self._context.answer, since=self._state.began)

    def answered_by_itself(self, within: float | None = None) -> None:
        """The base answers 200 without a key, the far end acknowledges, and the base's audio begins."""
        state = self._state
        claim = "the call is answered without a key"
        answer = state.await_message(
            claim, since=state.began, timeout=within, status=200, cseq_method="INVITE", what="200 to INVITE"
        )
        state.last_answer = answer
        state.await_confirmation()
        state.await_audio(answer)

    def warned(self, listening: Listening) -> None:
        """The ear heard a tone while it listened: who is near the handset is told that it has answered by itself."""
        heard = listening.result()
        if heard.level < WARNING_DBM0:
            self._context.broken("the handset that answers by itself warns with a tone", "a tone at its ear", heard)

    def stays_silent(self) -> None:
        """After a fence the handset of the identity that is called has not rung."""
        self._state.handset_driver.ringer.stays_silent(since=self._state.began)

    def stops_ringing(self) -> None:
        """The ringer falls silent."""
        self._state.handset_driver.ringer.expect_ring_end(within=self._context.answer, since=self._state.began)

    def ring_back(self, country: str = "") -> None:
        """While the far end rings without media of its own, the ear hears ring-back: of a country, where one is named.

        `country` is a number of the setting `tones`.
        """
        self._require.ringing()
        self._require.no_media_while_ringing()
        frequencies = ring_back(country) if country else []
        tones = " + ".join(f"{hz:g} Hz" for hz in frequencies) or "a tone"
        expected = f"{tones} at the ear within {limits().ring_back:g} s"
        heard = ring_back_at(self._state.handset_driver)
        self._require.no_media_while_ringing()
        if not heard.tones:
            self._context.broken("ring-back is heard", expected, heard)
        strongest = [tone.hz for tone in heard.tones[: len(frequencies)]]
        if not all(any(abs(hz - near) <= NEAR_HZ for near in strongest) for hz in frequencies):
            self._context.broken("ring-back of the country that was set", expected, heard)

    # attempts that end

    def refused(self, within: float | None = None) -> SipMessage:
        """The base gives the INVITE a final answer; a rule judges which one."""
        return self._state.await_message(
            "the call is refused",
            since=self._state.began,
            timeout=within,
            where=lambda m: m.status >= 200,
            cseq_method="INVITE",
            what="final answer to INVITE",
        )

    def refused_with(self, status: int) -> None:
        """The base gives the INVITE this final answer."""
        final = self.refused()
        self._context.same("status of the refusal", final.status, [status], final)

    def forwarded(self, within: float | None = None) -> SipMessage:
        """The base sends the caller elsewhere; a rule judges when it may and where to."""
        claim = "the call is forwarded"
        return self._state.await_message(
            claim, since=self._state.began, timeout=within, status=FORWARDED_STATUS, cseq_method="INVITE"
        )

    def acknowledged(self) -> None:
        """The base acknowledges the final answer that its INVITE got last."""
        answer = self._state.last_answer
        assert answer is not None
        self._state.await_ack(answer, f"{answer.status} is acknowledged")

    def cancel_answered(self) -> None:
        """CANCEL of the far end is answered."""
        self._state.await_response(200, "CANCEL is answered", self._state.acted_at, method="CANCEL")

    def no_cancel_yet(self) -> None:
        """No CANCEL before any answer, as the server could not tell what it is about (RFC 3261 section 9.1)."""
        self._state.wire.sip.never(
            method="CANCEL",
            source=self._state.base,
            within=self._state.dialog,
            since=self._state.acted_at,
            during=UNHEARD_S,
            claim="CANCEL waits for a provisional answer",
            cites="RFC 3261 §9.1",
        )

    def cancelled(self) -> None:
        """The base sends CANCEL and acknowledges the 487."""
        since = self._state.acted_at
        self._state.await_message("hanging up before the answer cancels the call", since=since, method="CANCEL")
        ended = self._state.require_response(CANCELLED_STATUS, since)
        self._state.await_ack(ended, "487 is acknowledged")

    # calls that end

    def released_by(self, end: str, within: float | None = None) -> None:
        """The `base` sends BYE, which is answered; or the base answers that of the `peer`."""
        state = self._state
        if end == "peer":
            state.await_response(200, "BYE is answered", state.acted_at, method="BYE")
            return
        bye = state.await_message("the base ends the call by BYE", since=state.acted_at, timeout=within, method="BYE")
        self._answered_by_far_end(bye)

    def released_by_either(self) -> None:
        """A BYE of base or far end has ended the call, and was answered."""
        state = self._state
        bye = state.wire.sip.expect(
            method="BYE",
            within=state.dialog,
            since=state.began,
            timeout=self._context.answer,
            claim="the call is ended by BYE",
        )
        if bye.src in state.base:
            self._answered_by_far_end(bye)
        else:
            state.await_response(200, "BYE is answered", bye.at, method="BYE")

    def goes_on(self) -> None:
        """The base has not ended the call: it has sent no BYE."""
        state = self._state
        state.wire.sip.never(
            method="BYE", source=state.base, within=state.dialog, since=state.began, claim="the call is not ended"
        )

    def not_missed(self, before: list[str], now: list[str]) -> None:
        """The missed list is what it was."""
        self._context.same("rows of the missed list", now, [before])

    def _answered_by_far_end(self, bye: SipMessage) -> None:
        state = self._state
        with state.rules_first():
            state.wire.sip.require(
                status=200, cseq_method="BYE", dest=state.base, within=state.dialog, since=bye.at, what="200 to BYE"
            )

    def _await_180(self) -> None:
        self._state.await_response(180, "an incoming call is answered with 180 Ringing")


def ring_back_at(handset: Handset) -> Tones:
    """The first tones at the ear of a handset, or the silence at the end of the time."""
    deadline = Deadline(limits().ring_back)
    heard = handset.listen(RING_BACK_WINDOW_MS).result()
    while not heard.tones and not deadline.expired:
        heard = handset.listen(RING_BACK_WINDOW_MS).result()
    return heard
