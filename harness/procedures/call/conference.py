"""A conference of three: a handset with two calls, the second of which came while the first talked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.procedures.call.several_calls import Calls, GroupCall
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.procedures.context import TestContext

SECOND_HZ = 1700.0
"""What the second far end says: far from the tones of the first call, as three are heard at a time."""


class Conference:
    """The two calls of one handset; `first` talked before `second` came."""

    def __init__(self, context: TestContext, calls: Calls) -> None:
        self._context = context
        self.first: GroupCall = calls.to_peer(handset=1, peer=1)
        self.second: GroupCall = calls.to_peer(handset=1, peer=2)
        self.second.state.voices = replace(self.first.state.voices, to_handset_hz=SECOND_HZ)

    @property
    def both(self) -> tuple[GroupCall, GroupCall]:
        """The two calls."""
        return self.first, self.second

    # acts

    def take_a_second_call(self) -> None:
        """The first call talks; a second one knocks and is taken, so that the first is held."""
        self.first.establish("incoming")
        self.second.peer.call()
        self.second.expect.knocks()
        self.second.handset.answer_waiting(self.first.state)

    def join(self) -> None:
        """The held first call is taken into the second."""
        self.first.handset.join()

    def hold(self) -> None:
        """HOLD is pressed: both far ends are offered to be held."""
        self.first.handset.hold_together(self.second.state)

    def resume(self) -> None:
        """HOLD is pressed again: both are offered to talk."""
        self.first.handset.resume_together(self.second.state)

    def hang_up(self) -> None:
        """On hook at the handset: it leaves the conference."""
        self.first.handset.hang_up()
        for call in self.both:
            call.state.key_at = call.state.acted_at = self.first.state.key_at
        self.second.state.did("hang-up")

    @contextlib.contextmanager
    def all_talking(self) -> Iterator[None]:
        """The handset and both far ends talk until the block ends."""
        with self.first.both_talking(), self.second.peer.talking():
            self.second.state.talking |= self.first.state.talking
            yield
        self.second.state.talking.clear()

    # what is expected

    def expect_each_hears_both_others(self) -> None:
        """Each far end hears handset and other far end at the same time, the handset hears both far ends."""
        self.first.media.expect_at_the_peer(SECOND_HZ)
        self.second.media.expect_at_the_peer(self.first.state.voices.to_handset_hz)
        self.first.media.expect_at_the_handset()
        self.second.media.expect_at_the_handset()

    def expect_nobody_is_heard(self) -> None:
        """Neither far end hears the handset, nor the other far end."""
        self.first.media.expect_silence_at_the_peer(SECOND_HZ)
        self.second.media.expect_silence_at_the_peer(self.first.state.voices.to_handset_hz)

    def expect_shown(self) -> None:
        """The display says that it is a conference, and who takes part, by name or number."""
        handset = self.first.state.handset_driver
        handset.expect_display_any(texts("conference"))
        for call in self.both:
            invite = call.state.dialog.invite
            told = {invite.from_.display, invite.from_.user} if invite is not None else set()
            handset.expect_display_any([call.state.peer_number, *sorted(told - {"", call.state.peer_number})])

    def judge_signalling(self) -> None:
        """Both calls keep to every rule of the profile that needs no look at media."""
        __tracebackhide__ = True
        for call in self.both:
            call.judge_signalling()
