"""The page after the login, which warns of the factory PIN."""

from __future__ import annotations

import re

from harness.base.pages import expected
from harness.procedures.web.access import LOGIN_PATH, WebAccess

FACTORY_PIN = "0000"


class LandingPage:
    """The PIN of one base, and the landing page's warning about it."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context

    def set_pin(self, pin: str) -> None:
        """The base gets this PIN, typed twice; the rig's own is restored after the test."""
        self._access.base.change("base_pin", pin)

    def set_factory_pin(self) -> None:
        """The base has PIN 0000."""
        if self._context.rig.base.pin.value() != FACTORY_PIN:
            self.set_pin(FACTORY_PIN)

    def expect_pin_warning(self) -> None:
        """The page warns of the factory PIN (vendor's blog)."""
        lines = self._lines()
        if not _about_the_pin(lines):
            claim = f"a warning while the PIN is {FACTORY_PIN}"
            self._context.broken(claim, "a line about the PIN", " / ".join(lines[:12]))

    def expect_no_pin_warning(self) -> None:
        """With another PIN, or with warnings switched off, there is no warning."""
        found = _about_the_pin(self._lines())
        if found:
            claim = "no warning of a PIN that was changed, or with warnings switched off"
            self._context.broken(claim, "no line about the PIN", found)

    def _lines(self) -> list[str]:
        self._access.web.login()
        return self._access.web.visit(LOGIN_PATH).lines


def _about_the_pin(lines: list[str]) -> str:
    """The line that warns of the PIN; empty without one."""
    return next((line for line in lines if re.search(expected().messages["pin_warning"], line)), "")
