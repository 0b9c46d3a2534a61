"""The boot of a base as events: address bound, document fetched, web server answering, users registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from harness.base.web import WebUi
from harness.core import clock, steps
from harness.core.clock import Deadline, WaitExpired
from harness.core.errors import Expectation, ProductFailure, RigFault
from harness.services.dnsmasq_log import DhcpEvent
from harness.services.http import ProvisioningServer


class Dhcp(Protocol):
    """Sees the base ask for its address."""

    def expect_dhcp(self, kind: str, mac: str, within: float, since: float = 0.0) -> DhcpEvent:
        """Wait for a DHCP message of this MAC."""


@dataclass(frozen=True)
class Boot:
    """The events of one boot in epoch seconds (0 for those not seen) and the address that the base got."""

    started: float
    bound: float
    fetched: float
    answered: float
    address: str

    @property
    def seconds(self) -> float:
        """Seconds from the act that started it to the web server's first answer."""
        return self.answered - self.started


class BootWatch:
    """Sees one base boot. `path` is its document on `server`; `limit` and `register` are seconds."""

    def __init__(
        self,
        web: WebUi,
        server: ProvisioningServer,
        *,
        mac: str,
        path: str,
        dhcp: Dhcp | None = None,
        limit: float = 90.0,
        register: float = 15.0,
        registered: Callable[[str], bool] | None = None,
    ) -> None:
        self.web = web
        self.server = server
        self.mac = mac.upper()
        self.path = path
        self.limit = limit
        self.register_limit = register
        self._dhcp = dhcp
        self._registered = registered

    def wait(self, *, since: float, users: Sequence[str] = (), within: float | None = None) -> Boot:
        """Wait for the events of a boot begun at `since`: address bound, document fetched, web server answering,
        and these users registered.

        Raises RigFault if the base sends nothing at all, ProductFailure if it stops during the boot.
        """
        deadline = Deadline(self.limit if within is None else within)
        bound = self._bound(since, deadline)
        fetched = self._fetched(since, deadline, alive=bound is not None)
        try:
            answered = self.web.answers(deadline.left).at
        except WaitExpired as expired:
            raise ProductFailure(
                Expectation("the web server answers after a boot", "an answer", expired.last_seen)
            ) from expired
        for user in users:
            self._await_registration(user)
        boot = Boot(since, bound.at if bound else 0.0, fetched, answered, self.web.address)
        steps.publish("base", f"ready after {boot.seconds:.1f} s at {boot.address}", boot=boot)
        return boot

    def _bound(self, since: float, deadline: Deadline) -> DhcpEvent | None:
        if self._dhcp is None:
            return None
        try:
            event = self._dhcp.expect_dhcp("ACK", self.mac, deadline.left, since)
        except WaitExpired as expired:
            if self.mac not in expired.last_seen.upper():
                raise RigFault(
                    "base",
                    f"{self.mac} asked for no address in {deadline.within:g} s",
                    remedy="check that it is powered (LED), its cable, base.mac, and that its DHCP is on",
                ) from expired
            raise ProductFailure(
                Expectation("the base takes the address it is offered", "DHCPACK", expired.last_seen)
            ) from expired
        if event.address:
            self.web.address = event.address
        return event

    def _fetched(self, since: float, deadline: Deadline, *, alive: bool) -> float:
        try:
            return self.server.expect_fetch(self.path, deadline.left, since).at
        except WaitExpired as expired:
            if alive:
                raise ProductFailure(
                    Expectation("the base fetches its settings after a boot", f"GET {self.path}", expired.last_seen)
                ) from expired
            raise RigFault(
                "base",
                f"no request for {self.path} in {deadline.within:g} s",
                remedy="check that it is powered, and that its setting_server or DHCP option 66 names the harness",
            ) from expired

    def _await_registration(self, user: str) -> None:
        if self._registered is None:
            return
        registered = self._registered
        try:
            clock.wait_until(lambda: registered(user), what=f"registration of {user}", within=self.register_limit)
        except WaitExpired as expired:
            raise ProductFailure(
                Expectation(
                    f"{user} registers after a boot", f"registered in {self.register_limit:g} s", "not registered"
                )
            ) from expired
