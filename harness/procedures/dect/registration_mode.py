"""Registration mode of the base: the window in which handsets may come to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.core.clock import WaitExpired, wait_until

if TYPE_CHECKING:
    from harness.procedures.dect.state import DectState

WINDOW_SECONDS = 600
"""How long registration mode lasts (facts §5)."""
OPENED = 20.0
"""Seconds that may have gone since registration mode was started, at most."""
RUN_DOWN = 4.0


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

    def expect_ten_minutes(self, opened: float = OPENED) -> None:
        """Of the ten minutes (facts §5) not more has gone than since the window was opened, this many seconds ago."""
        first = self._seconds_left()
        if not WINDOW_SECONDS - opened <= first <= WINDOW_SECONDS:
            range_ = f"{WINDOW_SECONDS - opened:.0f} to {WINDOW_SECONDS} s left"
            self._context.broken("registration mode lasts ten minutes", range_, f"{first} s left")

    def expect_to_run_down(self) -> None:
        """The time left of the window runs down, from ten minutes at most; its end is not waited for."""
        self.expect_ten_minutes()
        first = self._seconds_left()
        try:
            wait_until(lambda: self._seconds_left() < first, what="the time left runs down", within=RUN_DOWN, poll=0.3)
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
