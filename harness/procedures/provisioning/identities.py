"""Registrations after a boot, from which settings in effect are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.provisioning.state import BootState


class BootedIdentities:
    """The identities of one base since power came."""

    def __init__(self, state: BootState) -> None:
        self._state = state
        self._context = state.context

    def expect_all_registered(self) -> None:
        """The server has taken every identity."""
        for entry in self._context.handsets_in_use:
            self.expect_registered(entry.identity)

    def expect_silent(self, identity: int) -> None:
        """All other identities register and this one does not."""
        for entry in self._context.handsets_in_use:
            if entry.identity != identity:
                self.expect_registered(entry.identity)
        self._context.wire.sip.never(
            method="REGISTER",
            source=self._state.base_addresses,
            to_user=self._context.account(identity).user,
            since=self._state.began,
            claim=f"identity {identity}, switched off, does not register",
        )

    def expect_registered(self, identity: int) -> SipMessage:
        """The server has taken the identity."""
        user = self._context.account(identity).user
        with self._context.registering(identity, self._state.began):
            return self._context.wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                to_user=user,
                since=self._state.began,
                timeout=self._state.limit,
                what=f"200 to REGISTER of {user}",
                claim="a base with power registers",
            )
