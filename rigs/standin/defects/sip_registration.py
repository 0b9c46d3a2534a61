"""Faults of registration, authentication and addressing."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import Async, defect
from rigs.standin.defects._altering import AnsweringOptions, Outgoing, copy
from rigs.standin.sip.account import Account
from rigs.standin.sip.authentication import Authenticator, Conversation
from rigs.standin.sip.digest import Challenge, Credentials
from rigs.standin.sip.inbound import Inbound
from rigs.standin.sip.layer import TransactionLayer
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import (
    AgentNameStrategy,
    CredentialStrategy,
    HostStrategy,
    LineStrategy,
    RefreshStrategy,
    TosStrategy,
    TransportStrategy,
)
from rigs.standin.sip.transaction import ClientTransaction, ServerTransaction
from rigs.standin.sip.values import Uri


class RefreshTooLate(RefreshStrategy):
    """The binding runs out before it is renewed: for a while the base cannot be called."""

    feature = "registration-refresh"

    def delay(self, granted: int) -> float:
        return granted * 1.2 + 1


class GrantedExpiryIgnored(RefreshStrategy):
    """The base uses the expiry that it asked for and ignores the granted one."""

    feature = "registration-expiry"

    def granted(self, response: Response, contact: Uri, asked: int) -> int:
        return asked


class MinExpiresIgnored(RefreshStrategy):
    """A server that wants longer registrations than configured is never registered with."""

    feature = "min-expires"

    def asked(self, configured: int, minimum: int) -> int:
        return super().asked(configured, 0)


class RetryAfterIgnored(RefreshStrategy):
    """A server that asks for a pause is asked again at once."""

    feature = "retry-after"

    def retry(self, failures: int, status: int, retry_after: int | None) -> float:
        return super().retry(failures, status, None)


class RegistersOnlyOnce(RefreshStrategy):
    """After an outage of the server the phones do not work until a user reboots the base."""

    feature = "registration-recovery"

    def retry(self, failures: int, status: int, retry_after: int | None) -> float:
        return 86400.0


class WrongPasswordHammered(RefreshStrategy):
    """A mistyped password is sent every second, until the server locks the account."""

    feature = "wrong-password"

    def retry(self, failures: int, status: int, retry_after: int | None) -> float:
        return 1.0 if status in (401, 403, 407) else super().retry(failures, status, retry_after)


class StaleNonceGivesUp(CredentialStrategy):
    """An old nonce is taken for a wrong password: the registration fails until the next boot."""

    feature = "stale-nonce"

    def worth_answering(self, challenge: Challenge, answered: Challenge | None) -> bool:
        return answered is None and not challenge.stale


class NonceCountStuck(CredentialStrategy):
    """Servers that count the uses of a nonce refuse the second request."""

    feature = "digest-count"

    def nonce_count(self, used: int) -> int:
        return 1


class CseqKeptAfterChallenge(CredentialStrategy):
    """The request with credentials has the number of the one without: strict servers drop it."""

    feature = "digest"

    def cseq(self, number: int) -> int:
        return number


@defect(feature="credentials-reuse", replaces=Authenticator.conversation)
def credentials_forgotten(
    healthy: Callable[[Authenticator], Conversation], authenticator: Authenticator
) -> Conversation:
    """Every refresh is challenged anew: twice the load for the server."""
    authenticator.forget()
    return healthy(authenticator)


class AuthenticationNameIgnored(CredentialStrategy):
    """Accounts whose login differs from their number cannot register."""

    feature = "authentication-name"

    def credentials(self, account: Account) -> Credentials:
        return Credentials(account.user, account.password)


class CallsGoToTheFirstIdentity(LineStrategy):
    """A call for any identity rings the first identity's handset."""

    feature = "identity-lines"

    def identity(self, line: str, user: str, lines: dict[str, int], users: dict[str, int]) -> int | None:
        found = super().identity(line, user, lines, users)
        return None if found is None else min(lines.values())


class VersionHidden(AgentNameStrategy):
    """SIP traces do not tell the firmware: the User-Agent ends after the name."""

    feature = "user-agent"

    def text(self, version: str) -> str:
        return "snom-m9"


@defect(feature="retransmission", replaces=ClientTransaction.start)
def never_sent_again(healthy: Callable[[ClientTransaction], None], transaction: ClientTransaction) -> None:
    """One lost packet costs half a minute: an unanswered request is not repeated."""
    transaction.interval *= 128
    healthy(transaction)


@defect(feature="retransmission", replaces=ClientTransaction.start)
def everything_twice(healthy: Callable[[ClientTransaction], None], transaction: ClientTransaction) -> None:
    """Each request leaves twice: servers count double, and some limit the rate."""
    healthy(transaction)
    transaction.transmit()


@defect(feature="de-register", replaces=Registration.sign_out)
async def no_sign_out(healthy: Callable[[Registration], Async[None]], registration: Registration) -> None:
    """An identity that was switched off still gets calls at the server."""


@defect(feature="rport", replaces=TransactionLayer.outgoing)
def rport_missing(healthy: Outgoing, layer: TransactionLayer, message: Message) -> Message:
    """Behind a NAT no answer comes back."""
    if isinstance(message, Request):
        message = copy(message)
        message.headers.set("Via", (message.headers.get("Via") or "").replace(";rport", ""))
    return healthy(layer, message)


class TcpIgnored(TransportStrategy):
    """An outbound proxy with transport=tcp is asked over UDP."""

    feature = "sip-tcp"

    def wanted(self, uri: Uri) -> str:
        return ""


class SipUnmarked(TosStrategy):
    """SIP packets travel without the configured TOS byte."""

    feature = "tos-sip"

    def byte(self, setting: int) -> int:
        return 0


class Ipv6Unbracketed(HostStrategy):
    """IPv6 addresses stand in headers without brackets: servers cannot read them."""

    feature = "ipv6"

    def text(self, address: str) -> str:
        return address.partition("%")[0]


@defect(feature="options-ping", replaces=Inbound.answer_options)
def ping_unanswered(healthy: AnsweringOptions, inbound: Inbound, transaction: ServerTransaction, *, tag: str) -> None:
    """Servers that ping with OPTIONS take the base for dead."""
    if transaction.request.to.tag:
        healthy(inbound, transaction, tag=tag)
