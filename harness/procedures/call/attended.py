"""An attended transfer: a handset with two calls, one on hold, whose far ends are joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.clock import Deadline
from harness.core.errors import InvalidTest
from harness.handset.menus import menus
from harness.procedures.call.media import TOLERANCE_DB, WINDOW_MS
from harness.procedures.call.several_calls import Calls, GroupCall
from harness.procedures.call.third_party import ThirdParty
from harness.procedures.call.transferring import await_refer, offer_to
from harness.procedures.call.voices import LEVEL_DBM0
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.context import TestContext
    from harness.softphone.leg import Leg

UNHEARD = "look at the far ends' calls in the run's capture: INVITE with Replaces, its answer, and their media"


class AttendedTransfer:
    """The calls of one handset: `held` is on hold while the `other` one talks or is being made.

    `target` is the far end of the first consultation as one that is called anew.
    """

    def __init__(self, context: TestContext, calls: Calls) -> None:
        self._context = context
        self.held: GroupCall = calls.to_peer(handset=1, peer=1)
        self.other: GroupCall = calls.to_peer(handset=1, peer=2)
        self.target = ThirdParty(self.held.state, peer=2)

    @property
    def both(self) -> tuple[GroupCall, GroupCall]:
        """The two calls."""
        return self.held, self.other

    # acts

    def consult(self) -> None:
        """The first call is put on hold, and a second one is dialled and answered."""
        self.begin_to_consult()
        self.other.peer.answer()
        self.other.handset.let_it_come_to("talking")

    def begin_to_consult(self) -> None:
        """The first call is put on hold, and a second one is dialled; it has reached its far end."""
        self.held.establish("incoming")
        self.held.handset.hold()
        self.other.handset.dial()
        self.other.peer.expect_call()

    def take_a_second_call(self) -> None:
        """The first call talks; a second one knocks and is taken, so that the first is held."""
        self.held.establish("incoming")
        self.other.peer.call()
        self.other.expect.knocks()
        self.other.handset.answer_waiting(self.held.state)
        self.other.handset.let_it_come_to("talking")

    def swap(self) -> None:
        """HOLD is pressed: the call that talks is put on hold, and the held one comes back; each is the other now."""
        held, talking = self.held.state, self.other.state
        talking.press("HOLD", "hold")
        held.key_at = talking.key_at
        held.did("resume")
        for state in (talking, held):
            offer_to(state, "each far end is offered a new session when two calls are swapped")
        self.held.handset.let_it_come_to("talking")
        self.held, self.other = self.other, self.held

    def join(self) -> SipMessage:
        """The key that joins is pressed; returns the base's REFER, which is answered."""
        held, other = self.held.state, self.other.state
        held.press(menus().transfer.join, "transfer", other=other.call_id)
        other.key_at = held.key_at
        return await_refer(held)

    def join_by_hanging_up(self) -> SipMessage:
        """On hook in the call that talks; returns the base's REFER in the held one, which is answered."""
        self.other.handset.hang_up()
        self.held.state.key_at = self.other.state.key_at
        return await_refer(self.held.state)

    def hang_up(self) -> None:
        """On hook while the two are being joined: the user is in neither call any more."""
        self.held.handset.hang_up()
        self.other.state.key_at = self.held.state.key_at

    # what is expected

    def require_success(self) -> None:
        """The base has been told that the far ends talk to each other."""
        self.held.require.news_of_the_transfer(200)

    def expect_over(self) -> None:
        """Both calls are ended, by either side; the display tells that the far end is elsewhere, and becomes idle."""
        for call in self.both:
            call.expect.released_by_either()
        self.held.screen.is_transferred()
        self.held.handset.go_idle()
        self.held.screen.is_idle()

    def expect_both_calls(self) -> None:
        """The call that talked goes on; the held one comes back in its place."""
        with self.other.both_talking():
            self.other.media.expect_both_ways()
        self.swap()
        with self.other.both_talking():
            self.other.media.expect_both_ways()

    def expect_the_held_call_back(self) -> None:
        """The display shows the held call, which is resumed; both ends talk."""
        self.held.screen.is_held()
        self.held.handset.resume()
        with self.held.both_talking():
            self.held.media.expect_both_ways()

    def require_far_ends_talk(self) -> None:
        """What one far end says is heard by the other one; if it is not, the rules are asked first."""
        with self._context.needs_server_support("the sound of joined calls"), self.held.state.rules_first():
            speaker, listener = self._joined()
            hz = self.held.state.voices.to_handset_hz
            speaker.audio.tone(hz, level=LEVEL_DBM0)
            deadline, heard = Deadline(limits().heard), listener.audio.hear(WINDOW_MS)
            while not heard.has(hz, at_least=LEVEL_DBM0 - TOLERANCE_DB):
                if deadline.expired:
                    raise InvalidTest(f"{hz:g} Hz of one far end at the other one", f"{heard}", remedy=UNHEARD)
                heard = listener.audio.hear(WINDOW_MS)

    def _joined(self) -> tuple[Leg, Leg]:
        """The far ends' sides of what they talk in: a call of their own, or ours where a server has bridged them."""
        came, stayed = self.held.state.leg, self.other.state.leg
        if self._context.has_transparent_pbx:
            return came.expect_refer(), stayed.expect_replaced()
        return came, stayed
