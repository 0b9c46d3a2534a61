"""The decisions of the web interface that a fault could get wrong."""

from __future__ import annotations

import hmac
import secrets

from rigs.standin.core.strategies import Strategy


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

    def cookie(self, number: int) -> str:
        """The value of a new session's cookie: 128 random bits, independent of the session's number."""
        return secrets.token_hex(16)


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


class PasswordStrategy(Strategy):
    """Fields that are asked twice."""

    def agree(self, first: str, second: str) -> bool:
        """Nothing is stored unless both are the same."""
        return first == second

    def changes(self, name: str, text: str, identity: int) -> bool:
        """An empty field was not filled in: the old password stays."""
        return bool(text)


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


class PageStrategy(Strategy):
    """Which pages there are."""

    def title(self, title: str, identity: int) -> str:
        """The heading of an identity's tab."""
        return f"{title} Settings for Identity {identity}"
