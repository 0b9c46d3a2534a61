"""Handsets that are looked for: the button of the web pages that rings all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock

if TYPE_CHECKING:
    from harness.procedures.dect.state import DectState


class Locator:
    """One search."""

    def __init__(self, state: DectState) -> None:
        self._state = state
        self._context = state.context
        self._began = clock.now()

    def ring_all(self) -> None:
        """The button that rings all handsets is pressed; a key silences each after the test."""
        for number in self._state.numbers:
            part = self._state.handset(number)
            self._context.addfinalizer(lambda part=part: part.press("ONHOOK"))  # type: ignore[misc]
        self._began = self._context.wire.mark()
        self._state.web.dect.locate_handsets()

    def press_a_key(self, handset: int) -> None:
        """Found: a key of the handset is pressed."""
        self._state.handset(handset).press("ONHOOK")

    def expect_all_ring(self) -> None:
        """Every registered handset rings."""
        for part in self._state.taken.values():
            part.ringer.expect_ring(within=self._context.answer, since=self._began)

    def expect_silence(self, handset: int) -> None:
        """The handset does not ring any more."""
        self._state.handset(handset).ringer.expect_ring_end(within=self._context.answer, since=self._began)
