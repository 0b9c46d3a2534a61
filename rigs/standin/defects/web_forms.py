"""Defects of the web interface's forms: what is shown, taken and kept of a setting."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_plus

from rigs.standin.base.settings import definitions
from rigs.standin.core.replacing import defect
from rigs.standin.web.http import Request, Response
from rigs.standin.web.site import Site
from rigs.standin.web.strategies import FormStrategy, PageStrategy, PasswordStrategy


class EntitiesAreUnfolded(FormStrategy):
    """A text that looks like HTML comes back as something else: `&amp;` becomes `&`."""

    feature = "account-page"

    def stored(self, name: str, text: str, before: str) -> str:
        return html.unescape(text)


class UmlautsAreDoubled(FormStrategy):
    """What is not ASCII is read in the wrong character set: Kühl becomes KÃ¼hl."""

    feature = "account-page"

    def stored(self, name: str, text: str, before: str) -> str:
        return text.encode().decode("latin-1")


class RadioButtonsJumpBack(FormStrategy):
    """RTP Encryption chosen on the SIP page is off again when the page is saved."""

    feature = "sip-page"

    def stored(self, name: str, text: str, before: str) -> str:
        return before if name == "rtp_encryption" else text


class NoWordAboutTheReboot(FormStrategy):
    """A network setting is stored, and the page does not say that it needs a reboot."""

    feature = "network-page"

    def word(self, restart: bool) -> str:
        return super().word(False)


class SaveClearsThePassword(PasswordStrategy):
    """Any save of the account page empties the password of an identity but the first: it registers no more."""

    feature = "account-page"

    def changes(self, name: str, text: str, identity: int) -> bool:
        return (name == "user_pass" and identity > 1) or super().changes(name, text, identity)


class AccountAndNameSwapped(PageStrategy):
    """The labels Account and Display Name stand at each other's field."""

    feature = "account-page"

    def label(self, name: str, label: str) -> str:
        return {"user_name": "Display Name", "user_realname": "Account"}.get(name, label)


class NinthIdentityShowsTheEighth(PageStrategy):
    """The tabs LDAP and Action URLs of the ninth identity carry the number of the eighth."""

    feature = "identity-tabs"

    def title(self, title: str, identity: int) -> str:
        spoiled = title.startswith(("LDAP", "Action URL"))
        return super().title(title, min(identity, 8) if spoiled else identity)


@defect(feature="account-page", replaces=Site.answer)
def pages_name_another_charset(healthy: Callable[[Site, Request], Response], site: Site, request: Request) -> Response:
    """Browsers show two wrong letters for each umlaut: pages are written in one charset and named as another."""
    response = healthy(site, request)
    return replace(response, content_type=response.content_type.replace("utf-8", "iso-8859-1"))


class FormsAreDecodedTwice(FormStrategy):
    """A plus sign typed into a page becomes a blank, and %41 an A: +49 30 is stored without its plus."""

    feature = "account-page"

    def stored(self, name: str, text: str, before: str) -> str:
        secret = definitions()[name].type == "secret"
        return super().stored(name, text if secret else unquote_plus(text), before)
