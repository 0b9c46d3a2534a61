"""Defects of the web interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from rigs.standin.base.device import Device
from rigs.standin.core.replacing import defect
from rigs.standin.web.http import Request, Response
from rigs.standin.web.pages import status, update
from rigs.standin.web.site import Site
from rigs.standin.web.strategies import (
    EulaStrategy,
    FormStrategy,
    LoginStrategy,
    LogPageStrategy,
    PageStrategy,
    PasswordStrategy,
    SessionStrategy,
    StatusStrategy,
    WarningStrategy,
)


class AnyPasswordOpens(LoginStrategy):
    """A correct user name is enough to log in: every password is accepted."""

    feature = "web-login"

    def accepts(self, username: str, password: str, wanted: tuple[str, str]) -> bool:
        return username == wanted[0]


class SessionNeverExpires(SessionStrategy):
    """A browser that was left open stays logged in for ever."""

    feature = "web-session"

    def expired(self, idle: float, timeout: int) -> bool:
        return False


class StatusOpenToAll(SessionStrategy):
    """The status pages are shown without a login."""

    feature = "web-access"

    def guards(self, path: str) -> bool:
        return path != "/status.htm"


class LicenceNotAsked(EulaStrategy):
    """A fresh unit works without its licence having been accepted."""

    feature = "eula"

    def asks(self, accepted: bool) -> bool:
        return False


class PartialPostBlanks(FormStrategy):
    """A form that brings one field empties all the others of its page."""

    feature = "network-page"

    def value(self, name: str, posted: dict[str, str]) -> str | None:
        return posted.get(name, "")


class SavesForTheNextIdentity(FormStrategy):
    """What is saved for an identity but the first lands in the one after it."""

    feature = "account-page"

    def identity(self, shown: int) -> int:
        return shown % 9 + 1 if shown > 1 else shown


class ExpiryDropDownIgnored(FormStrategy):
    """The Expiry chosen on the SIP page jumps back when the page is saved."""

    feature = "sip-page"

    def stored(self, name: str, text: str, before: str) -> str:
        return before if name == "user_expiry" else text


class MismatchedPasswordsAccepted(PasswordStrategy):
    """A typing error in one of the two password fields is stored as the password."""

    feature = "password-repeat"

    def agree(self, first: str, second: str) -> bool:
        return True


class PasswordInThePage(PasswordStrategy):
    """The page source holds the SIP password of the identity."""

    feature = "password-hidden"

    def shown(self, stored: str) -> str:
        return stored


class MacOneTooHigh(StatusStrategy):
    """The status page shows a MAC that is not the one on the wire and on the label."""

    feature = "status-page"

    def mac(self, mac: str) -> str:
        head, _, last = mac.rpartition(":")
        return f"{head}:{int(last, 16) + 1 & 0xFF:02X}"


class UptimeInSeconds(StatusStrategy):
    """The uptime is a bare number of seconds."""

    feature = "status-uptime"

    def uptime(self, seconds: int) -> str:
        return str(seconds)


class AddressWithoutSource(StatusStrategy):
    """The status page no longer tells whether an address came by DHCP."""

    feature = "status-address-source"

    def tagged(self, value: str, by_dhcp: bool, interface: str) -> str:
        return value


class EverybodyLooksRegistered(StatusStrategy):
    """The registration page says Registered for identities that are not."""

    feature = "registration-page"

    def registration(self, state: str, registered: bool) -> str:
        return "Registered"


@defect(feature="unknown-page", replaces=Site.not_found)
def unknown_page_is_welcome(healthy: Callable[[Site, Request], Response], site: Site, request: Request) -> Response:
    """A page that does not exist answers 200: scripts believe that they have saved something."""
    return replace(healthy(site, request), status=200)


class SpeedDialTabMissing(PageStrategy):
    """The tab Speed Dial is gone from every identity."""

    feature = "identity-tabs"

    def tabs(self, tabs: list[str]) -> list[str]:
        return [tab for tab in tabs if tab != "speed"]


class LdapTitleWithoutIdentity(PageStrategy):
    """The heading of the LDAP tab does not say whose settings it shows."""

    feature = "page-titles"

    def title(self, title: str, identity: int) -> str:
        return f"{title} Settings" if title == "LDAP" else super().title(title, identity)


@defect(feature="web-reboot", replaces=update.update)
def reboot_button_dead(healthy: Callable[[Site, Request], Response], site: Site, request: Request) -> Response:
    """The base says that it reboots, and goes on."""
    response = healthy(site, request)
    site.reboot_asked = False
    return response


@defect(feature="handset-locator", replaces=status.press)
def locate_button_dead(healthy: Callable[[Device, dict[str, str]], str], device: Device, posted: dict[str, str]) -> str:
    """Locate handsets says that all handsets ring, and none does."""
    return "All handsets ring." if "locate" in posted else healthy(device, posted)


class PinWarningMissing(WarningStrategy):
    """The landing page keeps silent about the factory PIN."""

    feature = "pin-warning"

    def warns(self, pin: str, prompt: bool) -> bool:
        return False


class LogPageStops(LogPageStrategy):
    """The log page shows the first twenty messages since power-on and none that came later."""

    feature = "application-log"

    def lines(self, lines: list[str]) -> list[str]:
        return lines[:20]
