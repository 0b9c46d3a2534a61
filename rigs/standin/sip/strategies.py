"""Choices of registration, of addressing, and of answers outside calls."""

from __future__ import annotations

import random
from collections.abc import Set
from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Strategy
from rigs.standin.sip import extensions
from rigs.standin.sip.account import Account
from rigs.standin.sip.digest import Challenge, Credentials
from rigs.standin.sip.message import Response
from rigs.standin.sip.values import LONGEST, Address, Uri, ValueSyntaxError, number

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings

PUBLISHES = "user_publish_presence"


class AgentNameStrategy(Strategy):
    """What the base calls itself in SIP (facts 6.1)."""

    def text(self, version: str) -> str:
        return f"snom-m9/{version}"


class HostStrategy(Strategy):
    """How an own address is written into headers."""

    def text(self, address: str) -> str:
        """Brackets around an IPv6 literal, the zone left out."""
        return f"[{address.partition('%')[0]}]" if ":" in address else address


class TosStrategy(Strategy):
    """The mark of SIP packets."""

    def byte(self, setting: int) -> int:
        return setting & 0xFF


class ContactStrategy(Strategy):
    """The Contact of a REGISTER (facts 6.1)."""

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        params = f';reg-id=1;+sip.instance="<{instance}>"'
        return f"<{self.uri(user, host_port, transport, line)}>{params}"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        """The address a dialog is reached at."""
        return f"sip:{user}@{host_port};transport={transport.lower()};line={line}"


class RegisterStrategy(Strategy):
    """What a REGISTER says beside its Contact (facts 6.1)."""

    def supported(self, refused: Set[str]) -> list[str]:
        """The option tags that it names: those that no 420 refused."""
        return [tag for tag in ("path", "outbound", "gruu") if tag not in refused]

    def sender(self, address: Address, mac: str, tag: str) -> str:
        """The From."""
        return f"{address};tag={tag}"

    def extensions(self, supported: list[str]) -> list[tuple[str, str]]:
        """The headers about what the base can and wants beyond the binding."""
        return [("Supported", ", ".join(supported))] if supported else []


class CalleeStrategy(Strategy):
    """How a dialled number becomes an address."""

    def uri(self, user: str, host: str, port: int | None) -> Uri:
        return Uri("sip", user, host, port)


class PublishStrategy(Strategy):
    """Whether presence is published by PUBLISH."""

    def publishes(self, settings: Settings, identity: int) -> bool:
        """Where the setting asks for it."""
        return settings.bool(PUBLISHES, identity)


class MethodStrategy(Strategy):
    """Methods outside calls that the base does not list in Allow."""

    def refusal(self, method: str) -> int:
        """The status they are refused with; 0 is no answer of any kind."""
        return extensions.method_refusal(method)


class InstanceStrategy(Strategy):
    """The unit's name in +sip.instance (RFC 5626): the same after each reboot."""

    def urn(self, mac: str) -> str:
        plain = mac.replace(":", "").lower()
        return f"urn:uuid:484c821f-0000-1000-8000-{plain}"


class TransportStrategy(Strategy):
    """Which transport a URI asks for."""

    def wanted(self, uri: Uri) -> str:
        """UDP, TCP or TLS when the URI says so, else nothing; sips is TLS (RFC 3261 section 26.2.2)."""
        asked = (uri.params.get("transport") or "").upper()
        if uri.scheme == "sips":
            return "TLS"
        return asked if asked in ("UDP", "TCP", "TLS") else ""


class CredentialStrategy(Strategy):
    """How a challenge is answered."""

    def credentials(self, account: Account) -> Credentials:
        return Credentials(account.authname or account.user, account.password)

    def worth_answering(self, challenge: Challenge, answered: Challenge | None) -> bool:
        """A first challenge, or one that says only the nonce was old; never twice the same refusal."""
        return answered is None or challenge.stale

    def nonce_count(self, used: int) -> int:
        """The count of this use of a nonce that was used so often before (RFC 2617 section 3.2.2)."""
        return used + 1

    def cseq(self, number: int) -> int:
        """The CSeq of the request that repeats number `number` with credentials."""
        return number + 1


class RefreshStrategy(Strategy):
    """When and for how long a binding is renewed."""

    def asked(self, configured: int, minimum: int) -> int:
        """The expiry to ask for, in s; `minimum` is the Min-Expires of a 423 or 0."""
        return max(configured if configured > 0 else 3600, minimum)

    def granted(self, response: Response, contact: Uri, asked: int) -> int:
        """Expiry of our own Contact in the 200, else its header, else what was asked for."""
        for value in response.headers.values("Contact"):
            try:
                address = Address.parse(value)
            except ValueSyntaxError:
                continue
            said = number(address.params.get("expires"), most=LONGEST, otherwise=-1)
            if same_binding(address.uri, contact) and said >= 0:
                return said
        return number(response.headers.get("Expires"), most=LONGEST, otherwise=asked)

    def delay(self, granted: int) -> float:
        """Seconds from the 200 to the refresh: half time, but no more than ten minutes early."""
        return max(granted / 2, granted - 600.0, 1.0)

    def retry(self, failures: int, status: int, retry_after: int | None) -> float:
        """Seconds to the next attempt after so many failures in a row; `status` 0 is no answer at all.

        A Retry-After is kept to; a refused password does not get better by asking often.
        """
        if retry_after is not None:
            return float(min(retry_after, 3600))
        if status in (401, 403, 404, 407):
            return random.uniform(120.0, 300.0)
        return min(60.0, 4.0 * 2.0 ** min(failures - 1, 7)) * random.uniform(0.5, 1.0)


def same_binding(one: Uri, other: Uri) -> bool:
    """Whether two Contact URIs are one: line decides where both have one."""
    lines = one.params.get("line"), other.params.get("line")
    if all(lines):
        return lines[0] == lines[1] and one.number == other.number
    return (one.number, one.host, one.port) == (other.number, other.host, other.port)


class LineStrategy(Strategy):
    """Which identity an incoming request is for."""

    def identity(self, line: str, user: str, lines: dict[str, int], users: dict[str, int]) -> int | None:
        """By the line of our Contact; by user part among `users`, those identities that may be found so."""
        if line in lines:
            return lines[line]
        return users.get(user)


class MissingLineStrategy(Strategy):
    """Requests that lost the line= of our Contact."""

    def by_user(self, quirk: str) -> bool:
        """Whether their identity is found by the user part; `quirk` is that of missing_line."""
        return quirk == "user"


class RequireStrategy(Strategy):
    """Extensions the far end insists on."""

    def unknown(self, required: set[str], supported: set[str]) -> set[str]:
        return required - supported
