"""Whom the base trusts: its root certificates in flash, and the verification of servers against them (facts 2.3)."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rigs.standin.base.flash import Flash
    from rigs.standin.base.log import LogRing

CERTIFICATES = "certificates.json"
CIPHERS = "DEFAULT"
"""Also key exchange by RSA, which is what servers of 2011 had [inferred]."""


class Trust:
    """The trusted roots of one base, and its own certificate."""

    def __init__(self, flash: Flash, log: LogRing) -> None:
        self._flash = flash
        self._log = log

    def roots(self) -> list[str]:
        """The trusted roots that were loaded, as PEM texts."""
        stored = self._flash.load(CERTIFICATES).get("authorities")
        return [str(text) for text in stored] if isinstance(stored, list) else []

    def names(self) -> list[str]:
        """The common names of these roots, in their order; of one without a name its serial number."""
        return [_name(root) for root in self.context().get_ca_certs()]

    def store(self, authorities: Sequence[str], certificate: str, key: str) -> None:
        """Keeps new roots in place of the old ones, or a new pair of certificate and key; nothing given stays."""
        stored = self._flash.load(CERTIFICATES)
        if authorities:
            stored["authorities"] = list(authorities)
        if certificate and key:
            stored["certificate"], stored["key"] = certificate, key
        self._flash.store(CERTIFICATES, stored)
        self._log.write("tls", 4, f"Certificates stored: {len(authorities)} roots")

    def context(self) -> ssl.SSLContext:
        """For a connection to a server: verified against the roots, and by the name it was asked for."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_ciphers(CIPHERS)
        for authority in self.roots():
            try:
                context.load_verify_locations(cadata=authority)
            except (ssl.SSLError, ValueError, TypeError) as error:  # TypeError: a text that is not ASCII
                self._log.write("tls", 2, f"A root certificate cannot be used: {error}")
        return context

    def refused(self, server: object, reason: Exception) -> None:
        """Notes why there is no connection to a server."""
        self._log.write("tls", 2, f"{server}: {str(reason) or 'time-out'}")


def _name(root: Any) -> str:
    """What a page calls a root, of the form that the ssl module gives certificates."""
    known = {name: str(value) for part in root.get("subject", ()) for name, value in part}
    return known.get("commonName") or known.get("organizationName") or str(root.get("serialNumber", ""))
