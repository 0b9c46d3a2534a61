"""TLS between base and server: whom the base trusts, what the server shows, and what the base makes of it."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from harness.core import clock
from harness.procedures.judging import judge_rules
from harness.procedures.security.handshakes import Handshakes
from harness.procedures.security.state import SecurityState
from harness.services.http import ProvisioningServer

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.procedures.provisioning.boot import BootProcedure
    from harness.procedures.registration.registration import RegistrationProcedure
    from harness.profiles.model import Rule
    from harness.services.authority import Fault, ServerFiles


HTTPS = 443


class SecurityProcedure:
    """One base and one server; this is the only place that joins the parts of the procedure."""

    def __init__(
        self,
        context: TestContext,
        boot: BootProcedure,
        registration: RegistrationProcedure,
        shown: ServerFiles | None,
    ) -> None:
        self._context = context
        self._boot = boot
        self._registration = registration
        self._state = SecurityState(context, shown, clock.now())
        self.handshakes = Handshakes(self._state)

    # acts

    def trust_the_harness(self) -> None:
        """The base is given the harness's authority as its trusted root, unless its status page lists it already.

        It stays so for the run (see `permits` of the rig file): a restart for each test would cost minutes.
        """
        if self.roots_shown():
            return
        self._boot.documents.serve_certificates(self._state.files.authority.pem)
        self._boot.power_cycle()
        self._boot.expect.ready()

    def show_certificate(self, fault: Fault) -> None:
        """From now on the server shows new connections a certificate with this fault; after the test the right one."""
        self._state.files.present(fault)
        self._context.addfinalizer(self._show_the_right_one)
        self._state.server.reload_certificate()
        self._state.fault = fault

    def serve_over_https(self, *entries: tuple[str, str]) -> None:
        """Settings are offered by HTTPS, with the certificate that is shown now."""
        serving, state = ExitStack(), self._state
        context = state.files.context(self._context.rig.base.tls.minimum)
        server = serving.enter_context(ProvisioningServer(self._context.rig.network.host, HTTPS, tls=context))
        self._context.addfinalizer(serving.close)
        self._boot.documents.serve_from(server, entries)
        self.watch_https()

    def watch_https(self) -> None:
        """From now on `handshakes` are those with the harness's own HTTPS server."""
        self._state.port, self._state.began = HTTPS, self._context.wire.mark()

    # what is expected

    def expect_root_shown(self) -> None:
        """The status page lists the root that the base was given (presentation, CA Overview)."""
        if not self.roots_shown():
            name = self._state.files.authority.name
            page = self._context.base.web.open("status-network")
            cells = [cell for table in page.tables for row in table for cell in row]
            self._context.broken("the status page lists the trusted roots", name, ", ".join(cells)[-300:])

    def judge(self, rule: Rule | str, *others: str) -> None:
        """Judge rules over the test; each must have been exercised."""
        __tracebackhide__ = True
        named = [self._context.profile.rule(one) if isinstance(one, str) else one for one in (rule, *others)]
        judge_rules(self._context, named)

    def roots_shown(self) -> bool:
        """Whether the status page lists the harness's authority now."""
        return self._state.files.authority.name in self._context.base.web.open("status-network").text

    def _show_the_right_one(self) -> None:
        self._state.files.present("")
        self._state.server.reload_certificate()
