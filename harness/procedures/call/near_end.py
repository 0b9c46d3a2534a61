"""The near end of a call: what a person does at the handset. Each act returns when the wire shows its effect."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.call.dialling import Dialling
from harness.procedures.call.transferring import Transferring
from harness.procedures.call.voices import HANDSET, LEVEL_DBM0, TONE_MS

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.handset.driver import Listening
    from harness.procedures.call.state import CallState
    from harness.rules.acts import ActKind


class NearEnd(Dialling, Transferring):
    """The keys of the handset; if an effect does not come, the rules report what broke."""

    # a call

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

    def join(self) -> SipMessage:
        """This held call is taken into the one that talks; returns the base's new offer to its far end."""
        claim = "a held party that is taken into a conference is offered a new session"
        return self._change("conference", claim, "talking", "conference", key=menus().calls.conference)

    def answer_waiting(self, talking: CallState) -> SipMessage:
        """Off hook while another call talks: that one is held, then the base answers this one with 200."""
        state = self._state
        state.press("OFFHOOK", "answer")
        talking.key_at = state.key_at
        talking.did("hold")
        answer = state.await_response(200, "taking the handset off hook holds the call that talks and answers this one")
        state.await_confirmation()
        state.await_audio(answer)
        return answer

    def hold_together(self, other: CallState) -> None:
        """HOLD is pressed in a conference: both far ends are offered to be held."""
        claim = "pressing hold in a conference offers each far end a new session"
        self._change("hold", claim, "conference", "held", along=[other])

    def resume_together(self, other: CallState) -> None:
        """HOLD is pressed again: both far ends are offered to talk."""
        claim = "pressing hold again in a conference offers each far end a new session"
        self._change("resume", claim, "held", "conference", along=[other])

    def try_to_hold(self, status: int = 491) -> None:
        """HOLD is pressed, and the offer is refused: as the far end has one under way, unless another status is due."""
        self._try("hold", status)

    def try_to_resume(self, status: int) -> None:
        """HOLD is pressed again, and the offer is refused with this status."""
        self._try("resume", status)

    def _try(self, meaning: ActKind, status: int) -> None:
        self._state.press("HOLD", meaning)
        self._state.last_answer = self._state.require_response(status, self._state.key_at)

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

    def listen(self, ms: int = 3000) -> Listening:
        """The user has the handset at the ear from now on, see `call.expect.warned`."""
        return self._driver.listen(ms)

    # its lists

    def missed_calls(self) -> list[str]:
        """The rows of the missed list, from the idle screen; what was new there is not any more."""
        rows = [row.text for row in self._driver.open_call_list("missed").rows]
        self._driver.go_idle()
        return rows

    def _change(
        self,
        meaning: ActKind,
        claim: str,
        before: str,
        after: str,
        *,
        key: str = "HOLD",
        along: Sequence[CallState] = (),
    ) -> SipMessage:
        self.let_it_come_to(before)
        offer = self.offer_by_key(key, meaning, claim, along=along)
        self.let_it_come_to(after)
        answer = self._state.last_answer
        assert answer is not None
        self._state.await_audio(answer)
        return offer
