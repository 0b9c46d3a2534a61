"""What is expected of a base with power, and of one without."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.errors import NotApplicable

if TYPE_CHECKING:
    from harness.procedures.provisioning.dhcp import DhcpOffer
    from harness.procedures.provisioning.fetch import Fetches
    from harness.procedures.provisioning.identities import BootedIdentities
    from harness.procedures.provisioning.state import BootState

KNOCK_SECONDS = 1.0
WEB_PORT = 80


class BootExpectations:
    """One base since the plug was pulled or put in."""

    def __init__(self, state: BootState, dhcp: DhcpOffer, fetches: Fetches, identities: BootedIdentities) -> None:
        self._state = state
        self._dhcp = dhcp
        self._fetches = fetches
        self._identities = identities
        self._context = state.context

    def ready(self) -> None:
        """An address was asked for, the web pages answer, and the first identity is registered."""
        self._dhcp.expect_request()
        self.ready_without_dhcp()

    def ready_without_dhcp(self) -> None:
        """The web pages answer at the address that the base has had, and the first identity is registered."""
        self._context.base.web.answers(self._state.limit)
        self._context.base.web.forget_session()
        self._identities.expect_registered(self._context.rig.handsets[0].identity)

    def restarted(self) -> None:
        """The base has asked for its settings once more without having lost power."""
        self._state.began = self._context.wire.default_since
        self._fetches.expect_any()

    def silence(self) -> None:
        """Without power no frame of the base is on the wire, though its web port is tried; judged after a fence."""
        wire = self._context.wire
        wire.fence()
        since = clock.now()
        with contextlib.suppress(OSError):
            socket.create_connection((self._context.base.web.address, WEB_PORT), timeout=KNOCK_SECONDS).close()
        for view in (wire.sip, wire.dhcp, wire.http, wire.other):
            view.never(source=self._state.base_addresses, since=since, claim="a base without power is silent")

    def answer_over_ipv6(self) -> None:
        """The web pages answer at the address that the base makes of the announced prefix and its MAC."""
        if self._context.rig.network.address6 is None:
            raise NotApplicable("this rig's network has no IPv6")
        address, limit = self._state.base_addresses[-1], self._context.answer
        claim = "the base has an address of the announced prefix, and answers there"
        try:
            with socket.create_connection((address, WEB_PORT), timeout=limit) as line:
                line.sendall(f"GET / HTTP/1.1\r\nHost: [{address}]\r\nConnection: close\r\n\r\n".encode())
                line.recv(1)
        except OSError as error:
            self._context.broken(claim, f"an HTTP answer of [{address}]", str(error))
        self._context.wire.http.expect(source=address, timeout=limit, what=f"HTTP answer of {address}", claim=claim)

    def uptime_from_now(self) -> None:
        """The uptime on the status page began after power came."""
        shown = self._context.base.web.uptime()
        since = clock.now() - self._state.began
        if shown is None or shown > since + 1:
            self._context.broken("the uptime tells when power came", f"at most {since:.0f} s", shown)
