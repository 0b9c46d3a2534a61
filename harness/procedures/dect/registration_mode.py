"""Registration mode of the base: the window in which handsets may come to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.core.clock import WaitExpired, wait_until
from harness.core.limits import chosen
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.procedures.dect.state import DectState


class RegistrationMode:
    """The window as the DECT page has it; it is open again after the test."""

    def __init__(self, state: DectState) -> None:
        self._context = state.context
        self._web = state.web

    def open(self) -> None:
        """Registration mode is ended, and started anew by its button."""
        self.close()
        self._web.dect.open_registration()

    def close(self) -> None:
        """Registration mode is ended by its button."""
        self._context.addfinalizer(self._web.dect.open_registration)
        self._web.dect.close_registration()

    def expect_closed(self) -> None:
        """The page says that registration mode has ended."""
        seen = self._web.dect.registration_mode()
        if _is_open(seen):
            self._context.broken("registration mode is ended by its button", "closed", seen)

    def expect_open(self) -> None:
        """The page says that registration is open."""
        seen = self._web.dect.registration_mode()
        if not _is_open(seen):
            self._context.broken("handsets may register", "registration mode open", seen)

    def expect_ten_minutes(self, opened: float | None = None) -> None:
        """Of the ten minutes (facts §5) not more has gone than since the window was opened, this many seconds ago."""
        first, window = self._seconds_left(), limits().registration_window
        least = window - chosen(opened, limits().window_opened)
        if not least <= first <= window:
            range_ = f"{least:.0f} to {window:.0f} s left"
            self._context.broken("registration mode lasts ten minutes", range_, f"{first} s left")

    def expect_to_run_down(self) -> None:
        """The time left of the window runs down, from ten minutes at most; its end is not waited for."""
        self.expect_ten_minutes()
        first, within = self._seconds_left(), limits().window_runs_down
        try:
            wait_until(lambda: self._seconds_left() < first, what="the time left runs down", within=within, poll=0.3)
        except WaitExpired as stood_still:
            self._context.broken("registration mode runs down", "less time left each second", stood_still)

    def _seconds_left(self) -> int:
        seen = self._web.dect.registration_mode()
        if not _is_open(seen):
            self._context.broken("registration mode is open once its button was pressed", "open", seen)
        left = re.search(expected().registration_mode["left"], seen)
        if left is None:
            self._context.missing("the time left of registration mode on its page", seen)
        return int(left[1]) * 60 + int(left[2])


def _is_open(mode: str) -> bool:
    return re.match(rf"({expected().registration_mode['open']})\b", mode, re.IGNORECASE) is not None
