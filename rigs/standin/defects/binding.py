"""Faults of a binding's life: how it is named, proved, refreshed, and taken up again after a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from rigs.standin.core.replacing import defect
from rigs.standin.defects._altering import rewrite_credentials, spoils_response
from rigs.standin.sip import notify
from rigs.standin.sip.authentication import Authenticator
from rigs.standin.sip.message import Request, Response
from rigs.standin.sip.notify import MailboxState
from rigs.standin.sip.registration import Registration
from rigs.standin.sip.strategies import (
    ContactStrategy,
)
from rigs.standin.sip.transaction import ClientTransaction
from rigs.standin.sip.values import Uri


@defect(feature="registration-refresh", replaces=Registration.request)
def instance_lost_at_refresh(
    healthy: Callable[[Registration, Uri, str, int], Request],
    registration: Registration,
    registrar: Uri,
    contact: str,
    expires: int,
) -> Request:
    """Only the first request names the unit: servers count a second device from the refresh on."""
    if registration.registered:
        contact = re.sub(r";\+sip\.instance=.*$", "", contact)
    return healthy(registration, registrar, contact, expires)


class SecondFlowOnly(ContactStrategy):
    """Servers with outbound wait for the other flow of the unit: its only one is called the second, reg-id=2."""

    feature = "registration-shape"

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        return super().register(user, host_port, transport, line, instance).replace(";reg-id=1", ";reg-id=2")


class InstanceWithoutBrackets(ContactStrategy):
    """The unit's name is no URN in angle brackets: strict servers take every base for the same."""

    feature = "instance-id"

    def register(self, user: str, host_port: str, transport: str, line: str, instance: str) -> str:
        return super().register(user, host_port, transport, line, instance).replace(f"<{instance}>", instance)


class UdpContactOverTcp(ContactStrategy):
    """Calls to an identity that registered over TCP are sent over UDP, where a firewall stops them."""

    feature = "sip-tcp"

    def uri(self, user: str, host_port: str, transport: str, line: str) -> str:
        return super().uri(user, host_port, "udp", line)


@defect(feature="digest", replaces=Authenticator.sign)
def opaque_dropped(
    healthy: Callable[[Authenticator, Request], None], authenticator: Authenticator, request: Request
) -> None:
    """Servers that keep their state in opaque refuse the credentials."""
    healthy(authenticator, request)
    rewrite_credentials(request, lambda value: re.sub(r",opaque=\"[^\"]*\"", "", value))


@defect(feature="digest-count", replaces=Authenticator.sign)
def qop_quoted(
    healthy: Callable[[Authenticator, Request], None], authenticator: Authenticator, request: Request
) -> None:
    """Strict servers cannot read the quality of protection: it stands in quotes."""
    healthy(authenticator, request)
    rewrite_credentials(request, lambda value: value.replace("qop=auth,", 'qop="auth",'))


@defect(feature="retransmission", replaces=ClientTransaction.start)
def first_interval_fixed(healthy: Callable[[ClientTransaction], None], transaction: ClientTransaction) -> None:
    """The setting of T1 has no effect: on slow lines every request is sent twice."""
    transaction.interval = 0.5
    healthy(transaction)


@defect(feature="message-waiting", replaces=notify.summary)
def old_messages_wait(
    healthy: Callable[[int, bytes], MailboxState | None], identity: int, body: bytes
) -> MailboxState | None:
    """The lamp stays on for messages that were listened to."""
    state = healthy(identity, body)
    return state and replace(state, waiting=state.waiting or bool(state.old))


@defect(feature="mwi-unsolicited", replaces=notify.summary)
def mailbox_of_the_first(
    healthy: Callable[[int, bytes], MailboxState | None], identity: int, body: bytes
) -> MailboxState | None:
    """Messages for any identity light the lamp of the first identity's handset."""
    return healthy(1, body)


@spoils_response("NOTIFY", 489, feature="sip-robustness")
def unknown_event_welcome(response: Response) -> Response:
    """Servers go on sending notices that the base can do nothing with."""
    response.status, response.reason = 200, "OK"
    return response
