"""Defects of the web interface's forms: what is shown, taken and kept of a setting."""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_plus

from rigs.standin.base.device import Device
from rigs.standin.base.settings import definitions
from rigs.standin.core.replacing import defect
from rigs.standin.defects._healthy import TextOf
from rigs.standin.web import forms
from rigs.standin.web.definitions import Field, FormPage
from rigs.standin.web.http import Request, Response
from rigs.standin.web.site import Site
from rigs.standin.web.strategies import PageStrategy, PasswordStrategy


@defect(feature="account-page", replaces=forms.text_of)
def entities_are_unfolded(healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]) -> str | None:
    """A text that looks like HTML comes back as something else: `&amp;` becomes `&`."""
    text = healthy(device, field, at, posted)
    return text and html.unescape(text)


@defect(feature="account-page", replaces=forms.text_of)
def umlauts_are_doubled(healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]) -> str | None:
    """What is not ASCII is read in the wrong character set: Kühl becomes KÃ¼hl."""
    text = healthy(device, field, at, posted)
    return text and text.encode().decode("latin-1")


@defect(feature="sip-page", replaces=forms.text_of)
def radio_buttons_jump_back(
    healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]
) -> str | None:
    """RTP Encryption chosen on the SIP page is off again when the page is saved."""
    return None if field.name == "rtp_encryption" else healthy(device, field, at, posted)


@defect(feature="network-page", replaces=forms.word)
def no_word_about_the_reboot(healthy: Callable[[bool], str], restart: bool) -> str:
    """A network setting is stored, and the page does not say that it needs a reboot."""
    return healthy(False)


class SaveClearsThePassword(PasswordStrategy):
    """Any save of the account page empties the password of an identity but the first: it registers no more."""

    feature = "account-page"

    def changes(self, name: str, text: str, identity: int) -> bool:
        return (name == "user_pass" and identity > 1) or super().changes(name, text, identity)


@defect(feature="account-page", replaces=forms.rows)
def account_and_name_swapped(
    healthy: Callable[[Device, FormPage, int], str], device: Device, page: FormPage, idx: int
) -> str:
    """The labels Account and Display Name stand at each other's field."""
    labels = {"user_name": "Display Name", "user_realname": "Account"}
    rows = (replace(row, label=labels.get(row.name, row.label)) if isinstance(row, Field) else row for row in page.rows)
    return healthy(device, replace(page, rows=tuple(rows)), idx)


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


@defect(feature="account-page", replaces=forms.text_of)
def forms_are_decoded_twice(
    healthy: TextOf, device: Device, field: Field, at: int, posted: dict[str, str]
) -> str | None:
    """A plus sign typed into a page becomes a blank, and %41 an A: +49 30 is stored without its plus."""
    text = healthy(device, field, at, posted)
    secret = definitions()[field.name].type == "secret"
    return text if secret or not text else unquote_plus(text)
