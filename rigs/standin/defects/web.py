"""Defects of the web interface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from html import escape

from rigs.standin.base.device import Device
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import TextOf
from rigs.standin.web import forms, render
from rigs.standin.web.definitions import Field, FormPage, tabs
from rigs.standin.web.http import Request, Response
from rigs.standin.web.login import Login, Page
from rigs.standin.web.pages import log, status, update
from rigs.standin.web.render import Notice, Tab
from rigs.standin.web.site import Site
from rigs.standin.web.strategies import (
    EulaStrategy,
    LoginStrategy,
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


@defect(feature="web-access", replaces=Login.answer)
def status_open_to_all(
    healthy: Callable[[Login, Request, Page], Response], login: Login, request: Request, page: Page
) -> Response:
    """The status pages are shown without a login."""
    return login.inside(request, page) if request.path == "/status.htm" else healthy(login, request, page)


class LicenceNotAsked(EulaStrategy):
    """A fresh unit works without its licence having been accepted."""

    feature = "eula"

    def asks(self, accepted: bool) -> bool:
        return False


@defect(feature="network-page", replaces=forms.text_of)
def partial_post_blanks(healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]) -> str | None:
    """A form that brings one field empties all the others of its page."""
    return healthy(device, field, at, posted) or ""


@defect(feature="account-page", replaces=forms.save)
def saves_for_the_next_identity(
    healthy: Callable[[Device, FormPage, int, dict[str, str]], list[Notice]],
    device: Device,
    page: FormPage,
    idx: int,
    posted: dict[str, str],
) -> list[Notice]:
    """What is saved for an identity but the first lands in the one after it."""
    return healthy(device, page, idx % 9 + 1 if idx > 1 else idx, posted)


@defect(feature="sip-page", replaces=forms.text_of)
def expiry_drop_down_ignored(
    healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]
) -> str | None:
    """The Expiry chosen on the SIP page jumps back when the page is saved."""
    return None if field.name == "user_expiry" else healthy(device, field, at, posted)


class MismatchedPasswordsAccepted(PasswordStrategy):
    """A typing error in one of the two password fields is stored as the password."""

    feature = "password-repeat"

    def agree(self, first: str, second: str) -> bool:
        return True


@defect(feature="password-hidden", replaces=forms.rows)
def password_in_the_page(
    healthy: Callable[[Device, FormPage, int], str], device: Device, page: FormPage, idx: int
) -> str:
    """The page source holds the SIP password of the identity."""
    text = healthy(device, page, idx)
    for field in page.fields:
        if field.kind == "password":
            stored = device.settings.stored(field.name, idx if field.idx is None else field.idx)
            for name in (forms.form_name(device, field), forms.form_name(device, field) + forms.REPEAT):
                empty = render.password_field(name)
                text = text.replace(empty, empty.replace('value=""', f'value="{escape(stored)}"'))
    return text


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


@defect(feature="registration-page", replaces=status.registration_rows)
def everybody_looks_registered(
    healthy: Callable[[Device], list[tuple[str, ...]]], device: Device
) -> list[tuple[str, ...]]:
    """The registration page says Registered for identities that are not."""
    return [(*row[:3], "Registered", row[4]) for row in healthy(device)]


@defect(feature="unknown-page", replaces=Site.not_found)
def unknown_page_is_welcome(healthy: Callable[[Site, Request], Response], site: Site, request: Request) -> Response:
    """A page that does not exist answers 200: scripts believe that they have saved something."""
    return replace(healthy(site, request), status=200)


@defect(feature="identity-tabs", replaces=Site.tabs)
def speed_dial_tab_missing(
    healthy: Callable[[Site, int, str], list[Tab]], site: Site, idx: int, here: str
) -> list[Tab]:
    """The tab Speed Dial is gone from every identity."""
    return [tab for tab in healthy(site, idx, here) if tab.text != tabs()["speed"].title]


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


@defect(feature="application-log", replaces=log.lines)
def log_page_stops(healthy: Callable[[Device], list[str]], device: Device) -> list[str]:
    """The log page shows the first twenty messages since power-on and none that came later."""
    return healthy(device)[:20]
