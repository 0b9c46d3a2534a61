"""The decisions of the healthy user agent that a fault could get wrong, one small class each."""

from __future__ import annotations

import random
import secrets
import string
from dataclasses import dataclass, field

from rigs.standin.base.media.description import Direction
from rigs.standin.base.sip.digest import Challenge, Credentials
from rigs.standin.base.sip.message import Headers, Request, Response
from rigs.standin.base.sip.values import Address, Uri, ValueSyntaxError, escape_user
from rigs.standin.strategies import Strategy

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
    server_type: str

    @property
    def usable(self) -> bool:
        return self.active and bool(self.user and self.host)

    @property
    def uri(self) -> Uri:
        """The address of record. Raises ValueSyntaxError when the registrar setting is no host."""
        host = Uri.parse(f"sip:{self.host.strip().removeprefix('sip:')}")
        return Uri("sip", escape_user(self.user), host.host, host.port)

    @property
    def address(self) -> Address:
        """From and To of a REGISTER: the account where no display name is set, as in the seed."""
        return Address(self.uri, self.display or self.user)


class BranchStrategy(Strategy):
    """How a new transaction is named."""

    def branch(self) -> str:
        return "z9hG4bK-" + alnum(6)


class ViaStrategy(Strategy):
    """What the topmost Via asks for (RFC 3581)."""

    def params(self, branch: str) -> dict[str, str | None]:
        return {"branch": branch, "rport": None}


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


class CallerStrategy(Strategy):
    """Who we say we are in an outgoing call."""

    def account(self, asked: Account, all_accounts: list[Account]) -> Account:
        """The identity whose name stands in From."""
        return asked

    def display(self, account: Account) -> str:
        """The display name in From."""
        return account.display or account.user


class RegisterStrategy(Strategy):
    """What a REGISTER says beside its addresses."""

    def supported(self) -> tuple[str, ...]:
        """The option tags of the seed."""
        return ("path", "outbound", "gruu")


class InstanceStrategy(Strategy):
    """The unit's name in +sip.instance (RFC 5626): the same after each reboot."""

    def urn(self, mac: str) -> str:
        plain = mac.replace(":", "").lower()
        return f"urn:uuid:484c821f-0000-1000-8000-{plain}"


class TransportStrategy(Strategy):
    """Which transport a URI asks for."""

    def wanted(self, uri: Uri) -> str:
        """UDP or TCP when the URI says so, else nothing."""
        asked = (uri.params.get("transport") or "").upper()
        return asked if asked in ("UDP", "TCP") else ""


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

    def reuses(self) -> bool:
        """Whether a refresh carries credentials made from the last challenge (facts 6.1)."""
        return True


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
            if same_binding(address.uri, contact) and (text := address.params.get("expires") or "").isdigit():
                return int(text[:9])
        header = (response.headers.get("Expires") or "").strip()
        return int(header[:9]) if header.isdigit() else asked

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
        return lines[0] == lines[1] and one.user == other.user
    return (one.user, one.host, one.port) == (other.user, other.host, other.port)


class SignOutStrategy(Strategy):
    """What is said when an identity goes."""

    def deregisters(self) -> bool:
        return True


class HoldStrategy(Strategy):
    """What our side of the line offers and answers (RFC 3264 section 8.4)."""

    def offer(self, holding: bool, held: bool, *, first: bool) -> Direction:
        """`holding`: we hold the far end; `held`: it holds us; `first`: the offer that opens the session."""
        if holding:
            return "inactive" if held else "sendonly"
        return "recvonly" if held else "sendrecv"

    def answer(self, offered: Direction, holding: bool) -> Direction:
        """The answer to an offered direction; while we hold, nothing is to be heard."""
        sends = offered in ("sendrecv", "recvonly")
        hears = offered in ("sendrecv", "sendonly") and not holding
        if sends:
            return "sendrecv" if hears else "sendonly"
        return "recvonly" if hears else "inactive"

    def address(self, address: str, holding: bool) -> str:
        """The c= line: our real address, held or not (never 0.0.0.0)."""
        return address


class OriginStrategy(Strategy):
    """The o= line (RFC 3264 section 8)."""

    def version(self, previous: int, changed: bool) -> int:
        """Up by one when anything in the description changed."""
        return previous + 1 if changed else previous


class EarlyMediaStrategy(Strategy):
    """What SDP in a provisional response is good for (RFC 3960)."""

    def opens(self, response: Response) -> bool:
        return True


class ReliableStrategy(Strategy):
    """Reliable provisional responses (RFC 3262)."""

    def acknowledges(self, response: Response) -> bool:
        return True


class CancelStrategy(Strategy):
    """How a call is given up that nobody answered."""

    def sends_cancel(self, provisional: bool) -> bool:
        """A CANCEL goes out once a provisional response came (RFC 3261 section 9.1), before it has to wait."""
        return provisional

    def obeys(self) -> bool:
        """Whether the far end's CANCEL ends the ringing."""
        return True

    def answered_elsewhere(self, cancel: Request) -> bool:
        """Reason: SIP;cause=200 says that another phone took the call (RFC 3326)."""
        for value in cancel.headers.values("Reason"):
            protocol, *params = [part.strip().lower() for part in value.split(";")]
            if protocol == "sip" and "cause=200" in params:
                return True
        return False

    def final_status(self) -> int:
        """What the INVITE ends with that was cancelled."""
        return 487


class AckStrategy(Strategy):
    """The ACK of a 2xx."""

    def sends(self, retransmission: bool) -> bool:
        return True


class ByeStrategy(Strategy):
    """How a call ends."""

    def answers(self) -> bool:
        """Whether the far end's BYE gets its 200."""
        return True

    def sends(self) -> bool:
        """Whether hanging up says so to the far end."""
        return True


class RejectStrategy(Strategy):
    """The status line of a refused call."""

    def line(self, status: int, reason: str) -> tuple[int, str]:
        """What the exchange chose: dnd_msg, reject_msg, busy."""
        return status, reason


class RingingStrategy(Strategy):
    """What an incoming call hears of our ringing."""

    def status(self) -> int:
        return 180


class OptionsStrategy(Strategy):
    """Answers to OPTIONS."""

    def answers(self, in_dialog: bool) -> bool:
        return True


class AllowStrategy(Strategy):
    """The methods and extensions we name."""

    METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "NOTIFY", "UPDATE", "PRACK")

    def methods(self) -> tuple[str, ...]:
        return self.METHODS

    def supported(self) -> tuple[str, ...]:
        return ("timer", "100rel")


class SessionTimerStrategy(Strategy):
    """Session timers (RFC 4028), in s."""

    INTERVAL = 3600
    MINIMUM = 90

    def refresh_delay(self, interval: int) -> float | None:
        """When the named refresher refreshes: at half time."""
        return interval / 2

    def expiry_delay(self, interval: int) -> float:
        """When a session dies that the other side should have refreshed (RFC 4028 section 10)."""
        return interval - min(32, interval / 3)

    def minimum(self, refused: int) -> int:
        """The interval to ask for after a 422 with this Min-SE."""
        return max(refused, self.INTERVAL)


class DigitStrategy(Strategy):
    """How a digit goes out."""

    def by_info(self, setting: int) -> bool:
        """SIP INFO only where the identity says so (facts 3.4, user_sip_info)."""
        return setting != 0

    def info_body(self, digit: str, ms: int) -> bytes:
        return f"Signal={digit}\r\nDuration={ms}\r\n".encode()


class LineStrategy(Strategy):
    """Which identity an incoming request is for."""

    def identity(self, line: str, user: str, lines: dict[str, int], users: dict[str, int]) -> int | None:
        """By the line of our Contact; by user part among `users`, those identities that may be found so."""
        if line in lines:
            return lines[line]
        return users.get(user)


class CallerIdStrategy(Strategy):
    """Which header names the far end (profile row CID-1)."""

    def address(self, headers: Headers, trusted: bool) -> Address | None:
        """P-Asserted-Identity, then Remote-Party-ID, then From; the first two from the own server only."""
        names = ("P-Asserted-Identity", "Remote-Party-ID", "From") if trusted else ("From",)
        for name in names:
            for value in headers.values(name):
                try:
                    return Address.parse(value)
                except ValueSyntaxError:
                    continue
        return None

    def withheld(self, headers: Headers, address: Address) -> bool:
        """Whether the far end does not want to be shown (RFC 3323)."""
        private = headers.tokens("Privacy") & {"id", "user", "header"}
        rpid = (address.params.get("privacy") or "").lower() in ("full", "uri", "name")
        return bool(private) or rpid or address.uri.number == "anonymous"


class GlareStrategy(Strategy):
    """Two offers at once (RFC 3261 section 14.1)."""

    def wait(self, own_call_id: bool) -> float:
        """Seconds before the next try after a 491."""
        return random.uniform(2.1, 4.0) if own_call_id else random.randrange(0, 200) / 100


class MessageWaitingStrategy(Strategy):
    """Unasked NOTIFY of a mailbox (profile row MWI-2)."""

    def status(self) -> int:
        return 200


class CheckSyncStrategy(Strategy):
    """NOTIFY check-sync (profile row FEA-7)."""

    def obeys(self, allowed: bool) -> bool:
        return allowed


class RequireStrategy(Strategy):
    """Extensions the far end insists on."""

    def unknown(self, required: set[str], supported: set[str]) -> set[str]:
        return required - supported


class RemoteTargetStrategy(Strategy):
    """Where in-dialog requests go."""

    def refreshed(self, current: Uri, offered: Uri | None) -> Uri:
        """The Contact of a target refresh replaces the old one (RFC 3261 section 12.2)."""
        return offered or current

    def routes(self, record_route: list[str]) -> list[str]:
        """The route set, already in the direction of travel."""
        return record_route
