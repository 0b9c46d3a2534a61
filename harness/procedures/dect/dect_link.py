"""Handsets at their base: which ones it knows, what it calls them, and the air between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.call.screen import Call
    from harness.procedures.context import TestContext

OUT_OF_RANGE_DB = 120.0
IN_RANGE_DB = 0.0


class Attachment:
    """The rig's handsets as the base and the air have them."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        self.web = context.base.web
        self.limit = context.rig.timing.subscribe
        self._taken: dict[int, Handset] = {}

    # the base's own list

    def dect_page_lists(self, *handsets: int) -> None:
        """The DECT page names these handsets of the rig by their IPUI, and none of the others."""
        page = self.web.open("status-dect").text.upper()
        ipuis = {entry.number: entry.ipui.upper() for entry in self.context.rig.handsets}
        listed = sorted(number for number, ipui in ipuis.items() if ipui in page)
        if not listed:
            self.context.missing("an IPUI on the DECT page", page[:200])
        self.context.same("handsets on the DECT page", listed, [sorted(handsets)])

    def all_but(self, *handsets: int) -> list[int]:
        """The numbers of the other handsets of the rig."""
        return [entry.number for entry in self.context.rig.handsets if entry.number not in handsets]

    # range and power

    def all_are_locked(self) -> None:
        """Every handset of the rig is locked to the base, as before a test they are."""
        for entry in self.context.rig.handsets:
            self._part(entry.number)

    def leaves_range(self, handset: Handset) -> None:
        """The air towards the handset is attenuated until it is lost; comes back after the test."""
        self.context.addfinalizer(lambda: self.comes_back(handset))
        handset.attenuate(OUT_OF_RANGE_DB)
        handset.expect_link("LOST", within=self.limit)

    def comes_back(self, handset: Handset) -> None:
        """No attenuation: the handset locks again."""
        handset.attenuate(IN_RANGE_DB)
        if not handset.expect_state("LOCKED", within=self.limit):
            self.context.broken("a handset back in range locks again", "LOCKED", handset.state())

    def all_lock_again(self) -> None:
        """Every handset of the rig is locked to the base."""
        self.lock_again(self.all_but())

    def lock_again(self, handsets: Iterable[int]) -> None:
        """These handsets are locked to the base."""
        for number in handsets:
            part = self._part(number)
            if not part.expect_state("LOCKED", within=self.limit):
                self.context.broken(f"handset {number} after a power cut", "LOCKED", part.state())

    def fades(self, call: Call, seconds: float) -> None:
        """For so long nothing is heard of the handset: shorter than a link is kept up (EN 300 175-3: T201, 5 s).

        The peer listens all that time: its silence shows that the air was gone, and the tone that it came back.
        """
        handset = call.handset
        self.context.addfinalizer(lambda: handset.attenuate(IN_RANGE_DB))
        call.audio.comes_back_to_the_peer_after(
            seconds,
            begin=lambda: handset.attenuate(OUT_OF_RANGE_DB),
            end=lambda: handset.attenuate(IN_RANGE_DB),
        )

    # names

    def names_of(self, handsets: Iterable[int]) -> dict[int, str]:
        """What the idle screens of these handsets call them; witness: a name with the number it has at its base."""
        numbered = re.compile(re.escape(menus().idle.name.format(number="#")).replace(re.escape("#"), r"\d+"))
        names = {}
        for number in handsets:
            part = self._part(number)
            part.go_idle()
            found = numbered.search(part.display().text)
            if found is None:
                self.context.missing(f"the name of handset {number} on its idle screen", str(part.display()))
            names[number] = found[0]
        return names

    def are_still_called(self, names: dict[int, str]) -> None:
        """The idle screens show these names."""
        for number, name in names.items():
            self._part(number).expect_display(name, within=self.context.answer)

    def _part(self, number: int) -> Handset:
        """The handset as the test first met it, locked; later its state is what the test makes of it."""
        if number not in self._taken:
            self._taken[number] = self.context.handset(number)
        return self._taken[number]
