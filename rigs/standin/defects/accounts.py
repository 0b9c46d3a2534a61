"""Faults of registration that show late, or with some accounts only."""

from __future__ import annotations

import re
from collections.abc import Callable

from rigs.standin.base.settings import Settings
from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import (
    AnsweringOptions,
    Finding,
    rewrite_credentials,
    spoils_request,
)
from rigs.standin.defects._healthy import InEffect
from rigs.standin.sip.account import Account
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.outbound import Outbound
from rigs.standin.sip.strategies import RefreshStrategy
from rigs.standin.sip.transaction import ServerTransaction
from rigs.standin.sip.transport import Target
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError


@defect(feature="digest-count", replaces=Authenticator.sign)
def tenth_use_of_a_nonce_refused(
    healthy: Callable[[Authenticator, Request], None], authenticator: Authenticator, request: Request
) -> None:
    """Every tenth refresh is challenged anew: nc is written in decimal, and read as hexadecimal from the tenth use."""

    def in_decimal(value: str) -> str:
        return re.sub(r"\bnc=([0-9a-f]{8})", lambda found: f"nc={int(found.group(1), 16):08d}", value)

    healthy(authenticator, request)
    rewrite_credentials(request, in_decimal)


class ExpiryOfTheFirstListed(RefreshStrategy):
    """Where two phones share an account, the base obeys the expiry of whichever binding the 200 lists first."""

    feature = "registration-expiry"

    def granted(self, response: Response, contact: Uri, asked: int) -> int:
        for value in response.headers.values("Contact"):
            try:
                text = Address.parse(value).params.get("expires") or ""
            except ValueSyntaxError:
                continue
            if text.isdigit():
                return int(text[:9])
        return super().granted(response, contact, asked)


@spoils_request("REGISTER", feature="de-register", within=False)
def everybody_signed_out(request: Request) -> Request:
    """Switching an identity off signs out the user's other phones too (lawful, and not what users want): Contact: *."""
    if (request.headers.get("Expires") or "").strip() != "0":
        return request
    request.headers.set("Contact", "*")
    return request


@defect(feature="dns-srv", replaces=Outbound.targets)
async def backup_server_first(
    healthy: Finding, outbound: Outbound, uri: Uri, account: Account, *, direct: bool = False
) -> list[Target]:
    """The backup server gets all the traffic: of an SRV set the highest priority number is tried first."""
    servers = await healthy(outbound, uri, account, direct=direct)
    plain = [server for server in servers if ":" not in server.host]
    return [*reversed(plain), *(server for server in servers if ":" in server.host)]


@defect(feature="options-ping", replaces=Inbound.answer_options)
def ping_in_a_call_unanswered(
    healthy: AnsweringOptions, inbound: Inbound, transaction: ServerTransaction, *, tag: str
) -> None:
    """Servers that look after a call with OPTIONS end it after half a minute: inside a dialog no answer comes."""
    if not transaction.request.to.tag:
        healthy(inbound, transaction, tag=tag)


@defect(feature="display-name", replaces=Settings.in_effect)
def display_name_ends_at_a_blank(healthy: InEffect, settings: Settings, name: str, idx: int, stored: str) -> str:
    """Called parties see the first word of the name only, though the page shows it whole."""
    value = healthy(settings, name, idx, stored)
    return value.partition(" ")[0] if name == "user_realname" else value
