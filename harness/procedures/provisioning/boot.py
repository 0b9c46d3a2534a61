"""Booting a base: the plug, what the rig's servers have for it, and what is expected of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.base import setting_definitions
from harness.core import clock
from harness.core.errors import NotApplicable
from harness.procedures.judging import await_occasions, judge_rules
from harness.procedures.limits import limits
from harness.procedures.provisioning.dhcp import DhcpOffer
from harness.procedures.provisioning.documents import Documents
from harness.procedures.provisioning.expectations import BootExpectations
from harness.procedures.provisioning.fetch import Fetches
from harness.procedures.provisioning.fixed_address import fix_address
from harness.procedures.provisioning.identities import BootedIdentities
from harness.procedures.provisioning.names import OfferedNames
from harness.procedures.provisioning.state import BootState

if TYPE_CHECKING:
    from harness.power.protocol import Power
    from harness.procedures.context import TestContext
    from harness.profiles.model import Rule
    from harness.rig.factory import Services


class BootProcedure:
    """The plug of one rig; this is the only place that joins the parts of a provisioning procedure."""

    def __init__(self, context: TestContext, services: Services, power: Power) -> None:
        self.context = context
        self._state = state = BootState(context, services, power, clock.now())
        self.dhcp = DhcpOffer(state)
        self.names = OfferedNames(state)
        self.documents = Documents(state, self.dhcp, self.names)
        self.fetches = Fetches(state)
        self.identities = BootedIdentities(state)
        self.expect = BootExpectations(state, self.dhcp, self.fetches, self.identities)

    # acts

    def power_off(self) -> None:
        """Power is taken away."""
        self._state.power.off()

    def power_on(self) -> None:
        """Power is given; from here on events count."""
        self._state.began = self.context.wire.mark()
        self._state.power.on()

    def power_cycle(self) -> None:
        """Power is taken away and given again; that the base is ready then is expected by name."""
        self.power_off()
        self.power_on()

    def lose_power_while_it_stores(self) -> None:
        """Power comes, and goes again as soon as the settings have been delivered; without them the test is invalid."""
        self.power_off()
        self.power_on()
        self.context.wire.http.require(
            dest=self._state.base_addresses,
            since=self._state.began,
            where=lambda m: m.status > 0,
            timeout=self._state.limit,
            what="answer with the settings",
        )
        self.power_off()

    def fix_address(self) -> None:
        """The address that the base has by DHCP is typed in, and DHCP switched off; as before after the test."""
        fix_address(self._state)

    def read_version(self) -> None:
        """The status page is read: the version that User-Agent names too."""
        self.context.saw("version", self.context.base.version(), {"product": "snom-m9"})

    def read_status(self) -> None:
        """The status page is read: address, mask, router and name server as the base tells them."""
        self.context.saw("status", "network", self.context.base.web.status())

    # what is only asked of a unit that is said to do it

    def require_an_address_in_option_67(self) -> None:
        """Only where the data says so: that a boot file may be a whole URL is inferred (presentation: a file name)."""
        if setting_definitions.load().chosen("boot_file") != "url":
            raise NotApplicable("settings.choices.boot_file: this unit takes a file name in option 67, no URL")

    def require_the_base_name_as_host_name(self) -> None:
        """Only where the data says so: that option 12 follows base_name is inferred (facts sheet 2.1)."""
        if setting_definitions.load().chosen("host_name") != "base_name":
            raise NotApplicable("settings.choices.host_name: this unit's host name does not follow base_name")

    def judge(self, *rules: Rule | str, times: int = 0) -> None:
        """The test's rule over the test, and others by their ids; each of them must have been exercised.

        With `times` it is waited until each was exercised so often: for what a base does in its own time.
        """
        __tracebackhide__ = True
        rows = [self.context.profile.rule(one) if isinstance(one, str) else one for one in rules]
        if times:
            await_occasions(self.context, rows, times, self._state.limit + limits().occasions)
        judge_rules(self.context, rows)
