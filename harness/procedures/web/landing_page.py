"""The page after the login, which warns of the factory PIN."""

from __future__ import annotations

import re

from harness.base.pages import expected
from harness.procedures.web.access import LOGIN_PATH, WebAccess

FACTORY_PIN = "0000"


class LandingPage:
    """The PIN of one base, and what the landing page says of it."""

    def __init__(self, access: WebAccess) -> None:
        self._access = access
        self._context = access.context

    def set_pin(self, pin: str) -> None:
        """The base is given this PIN, typed twice; the rig's own comes back after the test."""
        self._access.base.change("base_pin", pin)

    def set_factory_pin(self) -> None:
        """The base has PIN 0000."""
        if self._context.rig.base.pin.value() != FACTORY_PIN:
            self.set_pin(FACTORY_PIN)

    def expect_pin_warning(self) -> None:
        """The page has a word about the factory PIN (vendor's blog)."""
        lines = self._lines()
        if not _about_the_pin(lines):
            claim = f"a warning while the PIN is {FACTORY_PIN}"
            self._context.broken(claim, "a line about the PIN", " / ".join(lines[:12]))

    def expect_no_pin_warning(self) -> None:
        """With a PIN of one's own, or where warnings are switched off, there is no such word."""
        found = _about_the_pin(self._lines())
        if found:
            claim = "no warning of the PIN where there is nothing to warn of"
            self._context.broken(claim, "no line about the PIN", found)

    def _lines(self) -> list[str]:
        self._access.web.login()
        return self._access.web.visit(LOGIN_PATH).lines


def _about_the_pin(lines: list[str]) -> str:
    """The line that warns of the PIN, empty if none does."""
    return next((line for line in lines if re.search(expected().messages["pin_warning"], line)), "")
