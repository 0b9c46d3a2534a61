"""Booting a base: what it asks for between the plug and its first registration, and what it makes of what it got."""

from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.errors import NotApplicable
from harness.procedures.judging import await_occasions, judge_rules
from harness.procedures.provisioning.fetch import Fetching
from harness.procedures.provisioning.fixed_address import FixedAddress

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.power.protocol import Power
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule
    from harness.rig.factory import Services

KNOCK_SECONDS = 1.0
WEB_PORT = 80
OCCASIONS_WITHIN_S = 20.0
"""So long, and the time of a boot, it is waited for what a rule judges: silence is judged later than an answer."""


class Boot(FixedAddress, Fetching):
    """The plug of one rig, and the wire of its base."""

    def __init__(self, context: TestContext, services: Services, power: Power) -> None:
        super().__init__(context, services)
        self.power = power

    def judge(self, *rules: Rule | str, times: int = 0) -> None:
        """The test's rule over the test, and others by their ids; each of them must have been exercised.

        With `times` it is waited until each was exercised so often: for what a base does in its own time.
        """
        __tracebackhide__ = True
        wanted = [self.context.profile.rule(one) if isinstance(one, str) else one for one in rules]
        if times:
            await_occasions(self.context, wanted, times, self._limit + OCCASIONS_WITHIN_S)
        judge_rules(self.context, wanted)

    # the plug

    def power_cycle(self) -> None:
        """Off and on; returns when the base has an address, answers, and its first identity is registered."""
        self.power_off()
        self.power_on()
        self.is_ready()

    def power_off(self) -> None:
        """Take power away."""
        self.power.off()

    def power_on(self) -> None:
        """Give power; from here on events count."""
        self.began = self.wire.mark()
        self.power.on()

    def is_ready(self) -> None:
        """Address, web pages, and the first identity registered."""
        self._dhcp_request()
        self.is_ready_without_dhcp()

    def is_ready_without_dhcp(self) -> None:
        """Web pages at the address the base has had, and the first identity registered."""
        self.base.web.answers(self._limit)
        self.base.web.forget_session()
        self._registered(self.context.rig.handsets[0].identity)

    def restarted(self) -> None:
        """The base asks for its settings once more without having lost power."""
        self.began = self.wire.default_since
        self._fetch(lambda path: True, "any document")

    def loses_power_while_it_stores(self) -> None:
        """Power comes, and goes again as soon as the settings have been delivered."""
        self.power_off()
        self.power_on()
        self._fetch(lambda path: True, "the settings")
        self.wire.http.witness(
            dest=self._own,
            since=self.began,
            where=lambda m: m.status > 0,
            timeout=self._limit,
            what="answer with the settings",
        )
        self.power_off()

    def is_silent(self) -> None:
        """Without power no frame of the base is on the wire, though somebody knocks; judged after a fence."""
        self.wire.fence()
        since = clock.now()
        with contextlib.suppress(OSError):
            socket.create_connection((self.base.web.address, WEB_PORT), timeout=KNOCK_SECONDS).close()
        for view in (self.wire.sip, self.wire.dhcp, self.wire.http, self.wire.other):
            view.never(source=self._own, since=since, claim="a base without power is silent")

    def answers_over_ipv6(self) -> None:
        """The web pages answer at the address that the base makes of the announced prefix and its MAC."""
        if self.context.rig.network.address6 is None:
            raise NotApplicable("this rig's network has no IPv6")
        address = self._own[-1]
        claim = "the base has an address of the announced prefix, and answers there"
        try:
            with socket.create_connection((address, WEB_PORT), timeout=self.context.answer) as line:
                line.sendall(f"GET / HTTP/1.1\r\nHost: [{address}]\r\nConnection: close\r\n\r\n".encode())
                line.recv(1)
        except OSError as error:
            self.context.broken(claim, f"an HTTP answer of [{address}]", str(error))
        self.wire.http.expect(
            source=address, timeout=self.context.answer, what=f"HTTP answer of {address}", claim=claim
        )

    def counts_its_uptime_from_now(self) -> None:
        """The uptime on the status page began after power came."""
        shown = self.base.web.uptime()
        since = clock.now() - self.began
        if shown is None or shown > since + 1:
            self.context.broken("the uptime tells when power came", f"at most {since:.0f} s", shown)

    # registrations, from which settings in effect are read

    def identity_is_called(self, identity: int, name: str) -> None:
        """The identity registers, and From shows this display name."""
        request = self._register(identity)
        self.context.same(f"display name of identity {identity} in From", request.from_.display, name, request)

    def identity_is_called_one_of(self, identity: int, *names: str) -> None:
        """The identity registers, and From shows one of these display names."""
        request = self._register(identity)
        self.context.same(f"display name of identity {identity} in From", request.from_.display, names, request)

    def identity_asks_for(self, identity: int, *seconds: int) -> None:
        """The identity registers for this time, or for one of these."""
        request = self._register(identity)
        self.context.same(f"time identity {identity} registers for", request.expires, seconds, request)

    def identity_keeps_still(self, identity: int) -> None:
        """All other identities register and this one does not."""
        for entry in self.context.rig.handsets:
            if entry.identity != identity:
                self._registered(entry.identity)
        self.wire.sip.never(
            method="REGISTER",
            source=self._own,
            to_user=self.context.account(identity).user,
            since=self.began,
            claim=f"identity {identity}, switched off, does not register",
        )

    # small parts

    def _register(self, identity: int) -> SipMessage:
        return self.wire.sip.expect(
            method="REGISTER",
            source=self._own,
            to_user=self.context.account(identity).user,
            since=self.began,
            where=lambda m: m.expires != 0,
            timeout=self._limit,
            what=f"REGISTER of identity {identity}",
            claim=f"identity {identity} registers after the boot",
        )

    def _registered(self, identity: int) -> SipMessage:
        user = self.context.account(identity).user
        with self.context.registering(identity, self.began):
            return self.wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                to_user=user,
                since=self.began,
                timeout=self._limit,
                what=f"200 to REGISTER of {user}",
                claim="a base with power registers",
            )
