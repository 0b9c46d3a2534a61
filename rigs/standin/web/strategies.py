"""The decisions of the web interface that a fault could get wrong."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable

from rigs.standin.core.strategies import Strategy

from .http import Request, Response


class ListenStrategy(Strategy):
    """At which addresses the pages are found."""

    def by_ipv6(self) -> bool:
        """Those of both families."""
        return True


class LoginStrategy(Strategy):
    """Who gets a session."""

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        """Both must be right (facts 4.1: no cookie means wrong credentials)."""
        given = f"{username}\0{password}".encode()
        return hmac.compare_digest(given, "\0".join(wanted).encode())


class SessionStrategy(Strategy):
    """How long a session lives."""

    def expired(self, idle: float, timeout: int) -> bool:
        """After `timeout` seconds without a request (setting session_timeout)."""
        return idle > timeout

    def guards(self, path: str) -> bool:
        """Which pages need a session: all."""
        return True

    def guards_forms(self) -> bool:
        """Whether a form that is sent to a page needs one too."""
        return True

    def cookie(self, number: int) -> str:
        """The value of a new session's cookie: 128 random bits, independent of the session's number."""
        return secrets.token_hex(16)

    def renews(self) -> bool:
        """Whether a request sets the session's clock back."""
        return True


class EulaStrategy(Strategy):
    """The licence of a fresh unit."""

    def asks(self, accepted: bool) -> bool:
        """Until it was accepted once (facts 4.1)."""
        return not accepted


class WarningStrategy(Strategy):
    """The landing page's word about the PIN."""

    def warns(self, pin: str, prompt: bool) -> bool:
        """While it is 0000 (vendor blog), unless pin_change_prompt is off."""
        return prompt and pin == "0000"


class FormStrategy(Strategy):
    """What of a posted form is written, and where."""

    def value(self, name: str, posted: dict[str, str]) -> str | None:
        """The text of a field; None leaves the setting alone: a form may bring some fields only (facts 4.2)."""
        return posted.get(name)

    def identity(self, shown: int) -> int:
        """The identity whose page was posted."""
        return shown

    def word(self, restart: bool) -> str:
        """What the page says of a save; what works after a restart only needs more words (facts 4.2)."""
        return "Settings saved." + (" Please reboot the device to make the changes work." if restart else "")

    def stored(self, name: str, text: str, before: str) -> str:
        """What a text becomes in the setting."""
        return text


class PasswordStrategy(Strategy):
    """Fields that are asked twice."""

    def agree(self, first: str, second: str) -> bool:
        """Nothing is stored unless both are the same."""
        return first == second

    def changes(self, name: str, text: str, identity: int) -> bool:
        """An empty field was not filled in: the old password stays."""
        return bool(text)

    def shown(self, stored: str) -> str:
        """What the page holds of a stored password: nothing."""
        return ""


class StatusStrategy(Strategy):
    """How values are written on the status page (presentation)."""

    def mac(self, mac: str) -> str:
        """Upper case with colons."""
        return mac.upper()

    def uptime(self, seconds: int) -> str:
        """Days, then hours, minutes and seconds of two digits."""
        minutes, second = divmod(seconds, 60)
        hours, minute = divmod(minutes, 60)
        days, hour = divmod(hours, 24)
        return f"{days} {hour:02}:{minute:02}:{second:02}"

    def tagged(self, value: str, by_dhcp: bool, interface: str) -> str:
        """Where an address came from: `10.10.10.47 (DHCP eth1)`."""
        return f"{value} ({'DHCP' if by_dhcp else 'static'} {interface})" if value else ""

    def link_local(self, address: str) -> str:
        """The link-local address as it is."""
        return address

    def registration(self, state: str, registered: bool) -> str:
        """What the SIP agent says of an identity."""
        return state

    def expires(self, left: int, granted: int) -> int:
        """The seconds that are left of those that the registrar granted."""
        return left

    def registrations(self, rows: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
        """A row for each identity."""
        return rows


class PageStrategy(Strategy):
    """Which pages there are."""

    def tabs(self, tabs: list[str]) -> list[str]:
        """The tabs of an identity, in the presentation's order."""
        return tabs

    def label(self, name: str, label: str) -> str:
        """What stands beside the field of a setting."""
        return label

    def title(self, title: str, identity: int) -> str:
        """The heading of an identity's tab."""
        return f"{title} Settings for Identity {identity}"


class ServingStrategy(Strategy):
    """How a page comes about."""

    def response(self, request: Request, page: Callable[[Request], Response]) -> Response:
        """It is made anew for each request."""
        return page(request)


class LogPageStrategy(Strategy):
    """The page of log messages."""

    def lines(self, lines: list[str]) -> list[str]:
        """All that the ring holds, oldest first."""
        return lines
