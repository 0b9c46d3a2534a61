"""The third party of a transfer: the peer to whom the far end, or the handset, is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState
    from harness.softphone.leg import Leg


class ThirdParty:
    """A further peer; `call` is the one that is transferred. What it tells is no verdict: only the base's wire is."""

    def __init__(self, call: CallState, peer: int = 2) -> None:
        self._call = call
        self._context = call.context
        self.peer = peer
        self._softphone = call.context.peer(peer)
        self._leg: Leg | None = None

    @property
    def number(self) -> str:
        """What others dial to reach it."""
        return self._context.peer_account(self.peer).dialled

    def expect_call(self) -> None:
        """The far end, or the server for it, calls; if it does not, the rules are asked first."""
        with self._context.needs_server_support("a call of the far end to the third"), self._call.rules_first():
            self._leg = self._softphone.expect_call(within=self._context.answer)

    def ring(self) -> None:
        """180 is sent."""
        self._call.mark_act()
        self.leg.ring()

    def answer(self) -> None:
        """The call is answered."""
        self._call.mark_act()
        self.leg.answer()

    def refuse(self, status: int) -> None:
        """The call is refused."""
        self._call.mark_act()
        self.leg.reject(status)

    @property
    def leg(self) -> Leg:
        """Its side of the call that came."""
        assert self._leg is not None, "no call was expected"
        return self._leg
