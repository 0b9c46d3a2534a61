"""TLS handshakes of the base with the server, as the wire shows them."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from harness.capture import ek
from harness.core.errors import InvalidTest

if TYPE_CHECKING:
    from harness.capture.messages import Packet
    from harness.procedures.security.state import SecurityState

CLIENT_HELLO, CERTIFICATE = 1, 11
"""Types of handshake messages (RFC 5246 section 7.4)."""
TYPES = "tls_tls_handshake_type"


class Handshakes:
    """The connections that the base opens to the server's TLS port."""

    def __init__(self, state: SecurityState) -> None:
        self._state = state
        self._context = state.context

    def require_the_certificate(self) -> None:
        """The base has opened a connection since the last act, and was shown the certificate: the rules judge that.

        Returns when the base has reacted to it in any way, or has had the time of a registration to do so.
        """
        hello = self._require("ClientHello of the base", source=True, kind=CLIENT_HELLO)
        shown = self._require("Certificate of the server", source=False, kind=CERTIFICATE, port=hello.sport)
        place = {"port": str(hello.sport), "server": f"{hello.dst}:{hello.dport}", "since": f"{hello.at:.6f}"}
        self._context.saw("handshake", self._state.fault, place)
        with suppress(InvalidTest):
            self._require("the base's reaction", source=True, port=hello.sport, since=shown.at)
        if self._goes_on(hello.sport, shown.at):
            wire = self._context.wire
            view = wire.http if self._state.port else wire.sip
            with suppress(InvalidTest):
                view.require(source=self._addresses, sport=hello.sport, since=shown.at, timeout=self._state.limit)

    @property
    def _addresses(self) -> tuple[str, ...]:
        return self._context.base_addresses

    def _goes_on(self, port: int, since: float) -> bool:
        """Whether the base has sent more of a handshake, and no alert, on this connection."""
        sent = self._context.wire.other.all(source=self._addresses, sport=port, since=since)
        return bool(sent) and not any("tls_tls_alert_message" in packet.fields for packet in sent)

    def _require(self, what: str, *, source: bool, kind: int = 0, port: int = 0, since: float = 0.0) -> Packet:
        """A TLS packet on the server's TLS port that the base sent, or got."""
        near, far = ("sport", "dport") if source else ("dport", "sport")
        conditions: dict[str, Any] = {
            "source" if source else "dest": self._addresses,
            far: self._state.secure_port,
        }
        if port:
            conditions[near] = port
        return self._context.wire.other.require(
            what=what,
            since=since or self._state.began,
            timeout=self._state.limit,
            where=lambda packet: not kind or kind in types_of(packet),
            **conditions,
        )


def types_of(packet: Packet) -> set[int]:
    """The types of the handshake messages in a packet; none for other packets."""
    return {ek.integer(text) for text in ek.texts(packet.fields.get(TYPES))}
