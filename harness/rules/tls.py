"""SIP over TLS: what may not go in clear, one connection for all, and servers that may not be trusted."""

from __future__ import annotations

from collections.abc import Iterator

from harness.capture.headers import parse_address
from harness.capture.messages import SipMessage
from harness.rules.acts import Shown
from harness.rules.conversation import Conversation
from harness.rules.evidence import Evidence
from harness.rules.findings import Finding, broken, cannot_be_said, held, judged
from harness.rules.registry import rule
from harness.rules.request_path import uri_of

TLS = "tls"
HANDSHAKE = "handshake"
"""What the wire showed of a server's certificate: a `Shown` whose value is the certificate's fault."""


@rule("TLS-ONLY", reads=("sip", "acts"), of_one_packet=True)
def nothing_goes_in_clear(evidence: Evidence) -> Iterator[Finding]:
    """Requests of an identity whose outbound proxy asks for TLS go over TLS; the removal of a binding may not."""
    settings = evidence.settings
    for one in evidence.asked_by_base:
        request = one.request
        identity = settings.identity_of(request.from_.user, at=request.at)
        proxy = settings.value("user_outbound", identity, at=request.at) if identity else None
        if proxy and asks_for_tls(proxy) and request.expires != 0:
            seen = request.transport.upper()
            claim = f"{request.method} goes over TLS"
            yield judged(is_secure(request), request, expected="TLS", seen=seen, claim=claim)


@rule("TLS-CONTACT", of_one_packet=True)
def contact_asks_for_tls(conversation: Conversation) -> Iterator[Finding]:
    """Each Contact that is sent over TLS asks for TLS, so that what follows comes over TLS too."""
    for message in conversation.sent:
        if not is_secure(message) or message.status >= 300:
            continue
        for contact in message.contacts:
            if contact.uri not in ("", "*"):
                asked = "tls" if contact.uri.startswith("sips:") else contact.uri_params.get("transport", "").lower()
                yield judged(asked == TLS, message, expected="transport=tls", seen=contact.uri)


@rule("TLS-REUSE", reads=("sip", "acts"))
def one_connection_for_all(evidence: Evidence) -> Iterator[Finding]:
    """Requests to a server go over the connection that is open: a server reaches the base by no other (RFC 5923).

    A restart or a save of settings may end a connection, and so may the server: without acts that is not known.
    """
    last: dict[tuple[str, int, str], SipMessage] = {}
    for one in evidence.asked_by_base:
        request = one.request
        if not is_secure(request):
            continue
        place = (request.dst, request.dport, request.src)
        before = last.get(place)
        last[place] = request
        if before is None or evidence.settings.touched(0, before.at, request.at):
            continue
        if before.sport == request.sport:
            yield held(request)
        elif evidence.acts is None:
            yield cannot_be_said(before, request, why="whether the connection before was closed is not known")
        else:
            seen = f"another one, from port {request.sport}"
            yield broken(before, request, expected=f"the connection from port {before.sport}", seen=seen)


@rule("TLS-VERIFY", reads=("sip", "http", "shown"))
def wrong_certificates_are_refused(evidence: Evidence) -> Iterator[Finding]:
    """No message goes over a connection on which the server showed a certificate that must not be trusted."""
    for seen in evidence.shown or ():
        if seen.kind == HANDSHAKE and seen.value:
            yield _refused(evidence, seen)


def _refused(evidence: Evidence, handshake: Shown) -> Finding:
    port = int(handshake.detail.get("port", "0"))
    since = float(handshake.detail.get("since", handshake.at))  # when it was noted, messages may have gone already
    sip = [message for message in evidence.sip if is_secure(message)]
    said = [
        message
        for message in (*sip, *evidence.http)
        if message.at >= since and evidence.is_base(message.src) and message.sport == port
    ]
    if not said:
        return held(handshake)
    expected = f"the connection is refused: the certificate is wrong ({handshake.value})"
    return broken(handshake, said[0], expected=expected, seen="a message is sent over it")


def is_secure(message: SipMessage) -> bool:
    """Whether it went over TLS."""
    return message.transport.lower() == TLS


def asks_for_tls(proxy: str) -> bool:
    """Whether an outbound proxy asks for TLS."""
    uri = uri_of(proxy)
    return uri.lower().startswith("sips:") or parse_address(f"<{uri}>").uri_params.get("transport", "").lower() == TLS
