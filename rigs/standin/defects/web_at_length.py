"""Faults of the web pages that show with odd words, or after a change."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from urllib.parse import unquote_plus

from rigs.standin.base.log import LogFilterStrategy
from rigs.standin.base.settings import definitions
from rigs.standin.web.strategies import (
    FormStrategy,
    LoginStrategy,
    SessionStrategy,
    StatusStrategy,
    WarningStrategy,
)


class EightCharactersOfThePassword(LoginStrategy):
    """Only the first eight characters of the web password count: anything may stand behind them."""

    feature = "web-login"

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        return super().accepts(username, password[:8], (wanted[0], wanted[1][:8]))


class OneCookieForAll(SessionStrategy):
    """Two users share one session: who logs out throws the other out, and an old cookie works again later."""

    feature = "web-session"

    def __init__(self) -> None:
        self._value = secrets.token_hex(16)

    def cookie(self, number: int) -> str:
        return self._value


class FormsAreDecodedTwice(FormStrategy):
    """A plus sign typed into a page becomes a blank, and %41 an A: +49 30 is stored without its plus."""

    feature = "account-page"

    def stored(self, name: str, text: str, before: str) -> str:
        secret = definitions()[name].type == "secret"
        return super().stored(name, text if secret else unquote_plus(text), before)


class FixedAddressCalledDhcp(StatusStrategy):
    """The status page says DHCP of an address that was set by hand."""

    feature = "status-address-source"

    def tagged(self, value: str, by_dhcp: bool, interface: str) -> str:
        return super().tagged(value, True, interface)


class PinWarningOutlivesTheChange(WarningStrategy):
    """The landing page goes on warning of the factory PIN after it was changed, until the next boot."""

    feature = "pin-warning"

    def __init__(self) -> None:
        self._warned = False

    def warns(self, pin: str, prompt: bool) -> bool:
        self._warned = self._warned or super().warns(pin, prompt)
        return self._warned and prompt


class LogLevelIsOneLess(LogFilterStrategy):
    """A category shows the messages below its level only: at 9 those of level 9 are missing, at 1 there are none."""

    feature = "log-filter"

    def keeps(self, category: str, level: int, threshold: Callable[[str], int]) -> bool:
        return level < threshold(category)
