"""Action URLs over HTTPS: a server of the harness with the certificate of its servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable
from harness.procedures.cti.cti import Cti
from harness.services.action_server import ActionServer

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.services.authority import ServerFiles

PORT = 443
"""Where tshark looks for TLS with HTTP inside."""


def secured(context: TestContext, files: ServerFiles | None) -> Cti:
    """Action URLs at a server that shows this certificate as it is at the time of a connection; stopped after the test.

    Raises NotApplicable where the harness has no certificate of its own.
    """
    if files is None:
        raise NotApplicable("all servers of this rig are the lab's own: they have no certificate of the harness")
    minimum = context.rig.base.tls.minimum
    server = ActionServer(context.rig.network.host, PORT, tls=lambda: files.context(minimum))
    context.addfinalizer(server.stop)
    return Cti(context, server)
