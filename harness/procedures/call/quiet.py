"""Do not disturb of the identity of a call, as the menu of its handset switches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.rules.call_refusal import DND, ON

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState


class CallQuiet:
    """The menu of the handset; the setting is put back after the test."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context
        self._on = False

    def switch_at_the_handset(self) -> None:
        """The row of the menu: on, and off again."""
        self._context.base.about_to_change([(DND, self._state.identity)])
        since, self._on = self._context.wire.mark(), not self._on
        self._state.handset_driver.menu.choose(*menus().do_not_disturb)
        self._context.switched(DND, "on" if self._on else "off", self._state.identity, at=since)
        self._state.handset_driver.go_idle()

    def expect_on_page(self, *, on: bool) -> None:
        """The Behavior tab shows what was switched at the handset."""
        shown = self._context.setting(DND, self._state.identity)
        claim = "do not disturb on the page is what was switched at the handset"
        self._context.same(claim, shown.lower() in ON, [on])
