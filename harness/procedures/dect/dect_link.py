"""The air between handsets and their base: locked, out of range, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.procedures.call.call import Call
    from harness.procedures.dect.state import DectState

OUT_OF_RANGE_DB = 120.0
IN_RANGE_DB = 0.0


class DectLink:
    """The air of one rig; attenuation ends with the test."""

    def __init__(self, state: DectState) -> None:
        self._state = state
        self._context = state.context

    # acts

    def leave_range(self, call: Call) -> None:
        """The air towards the handset of a call is attenuated until it is lost."""
        handset = call.state.handset_driver
        self._context.addfinalizer(lambda: self._come_back_for_good(call))
        handset.link.attenuate(OUT_OF_RANGE_DB)
        handset.link.expect_link("LOST", within=self._state.limit)

    def come_back(self, call: Call) -> None:
        """The air towards the handset of a call is as before."""
        call.state.handset_driver.link.attenuate(IN_RANGE_DB)

    def fade(self, call: Call, seconds: float) -> None:
        """For so long nothing is heard of the handset: shorter than a link is kept up (EN 300 175-3: T201, 5 s).

        The handset is to talk all that time: the peer's silence shows that the air was gone (required).
        """
        link = call.state.handset_driver.link
        self._context.addfinalizer(lambda: link.attenuate(IN_RANGE_DB))
        link.attenuate(OUT_OF_RANGE_DB)
        heard = call.media.read_at_the_peer(seconds)
        link.attenuate(IN_RANGE_DB)
        call.media.require_silence(heard)

    # what is expected

    def expect_all_met_locked(self) -> None:
        """Every handset of the rig is locked to the base, as before a test they are."""
        for number in self._state.numbers:
            self._state.handset(number)

    def expect_back(self, call: Call) -> None:
        """The handset of a call is locked again."""
        link = call.state.handset_driver.link
        if not link.expect_state("LOCKED", within=self._state.limit):
            self._context.broken("a handset back in range locks again", "LOCKED", link.state())

    def expect_locked(self, handsets: Iterable[int] = ()) -> None:
        """These handsets, or all of the rig, are locked to the base after a power cut."""
        for number in handsets or self._state.numbers:
            part = self._state.handset(number)
            if not part.link.expect_state("LOCKED", within=self._state.limit):
                self._context.broken(f"handset {number} after a power cut", "LOCKED", part.link.state())

    def _come_back_for_good(self, call: Call) -> None:
        self.come_back(call)
        self.expect_back(call)
