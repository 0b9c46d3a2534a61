"""The handsets of a rig as a test first met them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext


class DectState:
    """What the parts of a procedure about handsets and their base share."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        self.web = context.base.web
        self.limit = context.rig.timing.subscribe
        self.taken: dict[int, Handset] = {}

    def handset(self, number: int) -> Handset:
        """The handset as the test first met it, locked; later its state is what the test makes of it."""
        if number not in self.taken:
            self.taken[number] = self.context.handset(number)
        return self.taken[number]

    @property
    def numbers(self) -> list[int]:
        """The numbers of all handsets of the rig."""
        return [entry.number for entry in self.context.handsets_in_use]
