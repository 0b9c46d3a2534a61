"""One identity's account, and the random words that its requests are named by."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field

from rigs.standin.sip.values import Address, Uri, escape_user

_ALNUM = string.ascii_lowercase + string.digits


def alnum(length: int) -> str:
    """Random lower-case letters and digits, as the seed's tags, lines and branches are made of."""
    return "".join(secrets.choice(_ALNUM) for _ in range(length))


@dataclass(frozen=True)
class Account:
    """The settings of one identity as SIP uses them, read at one moment."""

    number: int
    active: bool
    display: str
    user: str
    host: str
    outbound: str
    authname: str
    password: str = field(repr=False)
    expiry: int

    @property
    def usable(self) -> bool:
        return self.active and bool(self.user and self.host)

    @property
    def user_part(self) -> str:
        """The account as From and Contact write it."""
        return escape_user(self.user)

    @property
    def uri(self) -> Uri:
        """The address of record. Raises ValueSyntaxError when the registrar setting is no host."""
        host = Uri.parse(f"sip:{self.host.strip().removeprefix('sip:')}")
        return Uri("sip", self.user_part, host.host, host.port)

    @property
    def address(self) -> Address:
        """From and To of a REGISTER: the account where no display name is set, as in the seed."""
        return Address(self.uri, self.display or self.user)
