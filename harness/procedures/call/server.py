"""What the embedded server does to a call; all is as before after the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState


class CallServer:
    """The server between the ends; NotApplicable where it is another than the harness's own."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def lose_acknowledgements(self, count: int) -> None:
        """The next ACKs within dialogs do not get past the server."""
        self._context.server.fault("lose_acks", count)

    def answer_glare(self, times: int) -> None:
        """The next re-INVITEs are answered 491, as by a far end that has an offer of its own under way."""
        self._context.server.fault("glare", times)

    def move_the_contact(self) -> None:
        """The Contact of the next re-INVITE gets a parameter more: the far end has moved."""
        self._context.server.fault("move_contact", 1)

    def pack_as_aal2(self) -> None:
        """The server names the far end's G726-32 by what it is: baresip 1.0.0 packs it the AAL2 way."""
        self._context.server.fault("g726_aal2", 1)

    def go_away(self) -> None:
        """The server answers nothing before it comes back; then it takes a call without asking for credentials."""
        self._context.server.fault("challenge_off", 1)
        self._context.server.fault("gone", 1)

    def come_back(self) -> None:
        """The server hears what is sent from now on."""
        self._state.mark_act()
        self._context.server.fault("gone", 0)
