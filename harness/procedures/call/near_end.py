"""The near end of a call: what a person does at the handset. Each act returns when the wire shows its effect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.core.errors import ProductFailure
from harness.procedures.call.voices import HANDSET, LEVEL_DBM0, TONE_MS
from harness.procedures.limits import limits
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState
    from harness.rules.acts import ActKind


class NearEnd:
    """The keys of the handset; if an effect does not come, the rules report what broke."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._driver = state.handset_driver

    # a call

    def dial(self) -> SipMessage:
        """The number of the peer is dialled; returns the base's INVITE."""
        self._state.begin_by_key()
        self._driver.dial(self._state.peer_number)
        return self._await_invite()

    def redial(self) -> SipMessage:
        """The redial gesture calls the last number again; returns the base's INVITE."""
        self._state.begin_by_key()
        self._driver.redial()
        return self._await_invite()

    def wait_for_ringing(self) -> None:
        """The user waits until the handset rings."""
        self._driver.ringer.expect_ring(within=self._state.context.answer, since=self._state.began)

    def pick_up(self) -> SipMessage:
        """Off hook; the base answers 200."""
        self._state.press("OFFHOOK", "answer")
        answer = self._state.await_response(200, "taking the handset off hook answers the call")
        self._state.last_answer = answer
        return answer

    def answer(self) -> SipMessage:
        """Off hook; the base answers 200, the far end acknowledges, and the base's audio begins."""
        state = self._state
        answer = self.pick_up()
        with state.rules_first():
            state.require_message("ACK", since=state.began, method="ACK")
        state.await_confirmation()
        state.await_audio(answer)
        return answer

    def hang_up(self) -> None:
        """On hook, in any state of the call."""
        self._state.press("ONHOOK", "hang-up")

    def go_idle(self) -> None:
        """Keys bring the handset back to its idle screen."""
        self._driver.go_idle()

    # within a call

    def hold(self) -> SipMessage:
        """HOLD is pressed; returns the base's new offer, which is answered and acknowledged."""
        return self._change("hold", "pressing hold offers the far end a new session", "talking", "held")

    def resume(self) -> SipMessage:
        """HOLD is pressed again; returns the base's new offer, which is answered and acknowledged."""
        return self._change("resume", "pressing hold again offers the far end a new session", "held", "talking")

    def try_to_hold(self) -> None:
        """HOLD is pressed while the far end has an offer under way: 491 comes back."""
        self._state.press("HOLD", "hold")
        self._state.last_answer = self._state.require_response(491, self._state.key_at)

    def press_digits(self, digits: str) -> None:
        """Digit keys in the call."""
        for digit in digits:
            self._state.press(digit, "digit", digit=digit)

    @contextlib.contextmanager
    def talking(self) -> Iterator[None]:
        """The handset talks, a tone of this call, until the block ends; an error inside leaves it to end by itself."""
        self._driver.tone(self._state.voices.to_peer_hz, LEVEL_DBM0, TONE_MS)
        self._state.talking.add(HANDSET)
        yield
        self._driver.mute()
        self._state.talking.discard(HANDSET)

    # its lists

    def missed_calls(self) -> list[str]:
        """The rows of the missed list, from the idle screen; what was new there is not any more."""
        rows = [row.text for row in self._driver.open_call_list("missed").rows]
        self._driver.go_idle()
        return rows

    def _await_invite(self) -> SipMessage:
        """The base's INVITE; what was dialled, and as whom, is noted as an act on its call."""
        state = self._state
        dialled = {"number": state.peer_number, "account": state.account.user}
        claim = "a dialled number is called"
        try:
            invite = state.wire.sip.expect(
                method="INVITE", source=state.base, since=state.began, timeout=state.context.answer, claim=claim
            )
        except ProductFailure:
            state.context.did("dial", at=state.key_at, handset=state.handset_number, **dialled)
            with state.rules_first():
                raise
        state.begin_dialog(invite)
        state.did("dial", **dialled)
        return invite

    def _change(self, meaning: ActKind, claim: str, before: str, after: str) -> SipMessage:
        state = self._state
        self._let_it_come_to(before)
        state.press("HOLD", meaning)
        offer = state.await_message(
            claim,
            since=state.key_at,
            method="INVITE",
            where=lambda m: bool(m.to.tag) and m.sdp_or_none is not None,
            what="re-INVITE with an offer",
        )
        answer = state.require_response(200, offer.at)
        state.await_ack(answer, "the answer to the new offer is acknowledged")
        self._let_it_come_to(after)
        state.await_audio(answer)
        return offer

    def _let_it_come_to(self, shown: str) -> None:
        """The handset learns of a new state after the wire does; what it shows of it is judged by tests of displays.

        If its texts are unknown, the wait is as long as a person needs for the next key.
        """
        self._driver.look_for(texts(shown), within=limits().next_key)
