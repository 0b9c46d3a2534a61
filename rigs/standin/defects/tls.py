"""Faults of SIP over TLS, of the trusted roots, and of the verification of servers."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from dataclasses import replace

from rigs.standin.base.trust import Trust
from rigs.standin.core.replacing import defect
from rigs.standin.sip.account import Account
from rigs.standin.sip.outbound import Outbound
from rigs.standin.sip.transport import TLS, UDP, Connection, Target, Transport
from rigs.standin.sip.values import Uri

Context = Callable[[Trust], ssl.SSLContext]


@defect(feature="sip-tls", replaces=Outbound.addressed)
def tls_proxy_is_asked_in_clear(
    healthy: Callable[[Outbound, Target, Uri], Target], way: Outbound, target: Target, hop: Uri
) -> Target:
    """The proxy is set to TLS, and everybody on the network reads along: the base asks it over UDP."""
    found = healthy(way, target, hop)
    return replace(found, transport=UDP, port=5060) if found.transport == TLS else found


@defect(feature="sip-tls", replaces=Outbound.contact)
def contact_of_a_call_forgets_tls(
    healthy: Callable[[Outbound, Account, Target, str], str], way: Outbound, account: Account, target: Target, line: str
) -> str:
    """The far end's next requests in a call come in clear, or never."""
    return healthy(way, account, target, line).replace(";transport=tls", "")


@defect(feature="sip-tls", replaces=Transport.open_connection)
def each_request_has_its_own_connection(
    healthy: Callable[[Transport, Target], Connection | None], transport: Transport, target: Target
) -> Connection | None:
    """Each request costs a handshake, and the server does not know which of the connections leads to the base."""
    return None if target.transport == TLS else healthy(transport, target)


@defect(feature="server-verification", replaces=Trust.context)
def any_server_is_trusted(healthy: Context, trust: Trust) -> ssl.SSLContext:
    """Whoever answers in the server's place is believed, whatever certificate he shows."""
    context = healthy(trust)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


@defect(feature="server-verification", replaces=Trust.context)
def name_of_a_server_is_not_compared(healthy: Context, trust: Trust) -> ssl.SSLContext:
    """A certificate of another host of the same authority passes for the server's."""
    context = healthy(trust)
    context.check_hostname = False
    return context


@defect(feature="server-verification", replaces=Trust.context)
def dates_of_a_certificate_are_not_read(healthy: Context, trust: Trust) -> ssl.SSLContext:
    """A certificate is good for ever: one that ran out, or was meant for later, is taken."""
    context = healthy(trust)
    context.verify_flags |= ssl.VerifyFlags(0x200000)  # X509_V_FLAG_NO_CHECK_TIME of OpenSSL
    return context


@defect(feature="custom-ca", replaces=Trust.store)
def roots_of_the_customer_are_thrown_away(
    healthy: Callable[[Trust, Sequence[str], str, str], None],
    trust: Trust,
    authorities: Sequence[str],
    certificate: str,
    key: str,
) -> None:
    """The customer's own root is loaded, and his servers stay unknown."""
    healthy(trust, (), certificate, key)


@defect(feature="ca-overview", replaces=Trust.names)
def overview_lists_the_roots_of_the_factory(healthy: Callable[[Trust], list[str]], trust: Trust) -> list[str]:
    """The page lists the roots that were in the box, not those that are trusted."""
    return []
