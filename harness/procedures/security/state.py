"""The common state of a security procedure: the servers' certificate, and since when connections count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable
from harness.pbx.protocol import SecurePbx, secured

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.services.authority import Fault, ServerFiles


@dataclass
class SecurityState:
    """One base and the server that shows it certificates; `fault` is what is wrong with the one shown now."""

    context: TestContext
    shown: ServerFiles | None
    began: float
    fault: Fault = ""
    port: int = 0
    """The server's port, if it is not that of SIP over TLS."""

    @property
    def secure_port(self) -> int:
        """The port at which the server shows its certificate."""
        return self.port or self.server.secure_port

    @property
    def server(self) -> SecurePbx:
        """The PBX, by TLS; NotApplicable for one that has none."""
        return secured(self.context.pbx)

    @property
    def files(self) -> ServerFiles:
        """Certificate and key of the server."""
        if self.shown is None:
            raise NotApplicable("all servers of this rig are the lab's own: they have no certificate of the harness")
        return self.shown

    @property
    def limit(self) -> float:
        """How long a registration may take, in seconds."""
        return self.context.rig.timing.register_
