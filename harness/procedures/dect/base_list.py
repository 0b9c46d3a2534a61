"""What the base knows of its handsets: which ones are listed, and what it calls them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from harness.handset.menus import menus

if TYPE_CHECKING:
    from harness.procedures.dect.state import DectState


class BaseList:
    """The handsets on the DECT page of one base, and their names on their idle screens."""

    def __init__(self, state: DectState) -> None:
        self._state = state
        self._context = state.context

    def all_but(self, *handsets: int) -> list[int]:
        """The numbers of the other handsets of the rig."""
        return [number for number in self._state.numbers if number not in handsets]

    def names_of(self, handsets: Iterable[int]) -> dict[int, str]:
        """What the idle screens of these handsets call them; required: a name with the number it has at its base."""
        numbered = re.compile(re.escape(menus().idle.name.format(number="#")).replace(re.escape("#"), r"\d+"))
        names = {}
        for number in handsets:
            part = self._state.handset(number)
            part.go_idle()
            found = numbered.search(part.display().text)
            if found is None:
                self._context.missing(f"the name of handset {number} on its idle screen", str(part.display()))
            names[number] = found[0]
        return names

    def expect_names(self, names: dict[int, str]) -> None:
        """The idle screens show these names."""
        for number, name in names.items():
            self._state.handset(number).expect_display(name)

    def expect_on_page(self, *handsets: int) -> None:
        """The DECT page names these handsets of the rig by their IPUI, and none of the others."""
        page = self._state.web.open("status-dect").text.upper()
        ipuis = {entry.number: entry.ipui.upper() for entry in self._context.rig.handsets}
        listed = sorted(number for number, ipui in ipuis.items() if ipui in page)
        if not listed:
            self._context.missing("an IPUI on the DECT page", page[:200])
        self._context.same("handsets on the DECT page", listed, [sorted(handsets)])
