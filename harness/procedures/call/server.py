"""What the embedded server does to a call; all is as before after the test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable

if TYPE_CHECKING:
    from harness.pbx.protocol import Sender
    from harness.procedures.call.state import CallState


class CallServer:
    """The server between the ends; NotApplicable where it is another than the harness's own."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    @property
    def address6(self) -> str:
        """Its IPv6 address; NotApplicable where it has none."""
        address = self._context.server.address6
        if address is None:
            raise NotApplicable("the server has no IPv6 address")
        return address

    def lose_acknowledgements(self, count: int, of: Sender) -> None:
        """The next ACKs of base or far end within dialogs do not get past the server."""
        self._context.server.fault("lose_acks", count, of=of)

    def answer_glare(self, times: int) -> None:
        """The base's next re-INVITEs are answered 491, as by a far end that has an offer of its own under way."""
        self._context.server.fault("glare", times)

    def refuse_offers(self, status: int) -> None:
        """The base's next re-INVITEs are answered with this status; with 0 they get through again."""
        self._context.server.fault("refuse_offers", status)

    def refuse_calls_of_far_ends(self, status: int) -> None:
        """New calls of the far ends are answered with this status: so is the one that a transfer asks for."""
        self._context.server.fault("answer", status, of="peers")

    def lose_news_of_transfers(self, *, lost: bool = True) -> None:
        """No NOTIFY of a far end gets past the server, or each does again."""
        self._context.server.fault("lose_news", int(lost), of="peers")

    def lose_hanging_up(self) -> None:
        """No BYE of a far end gets past the server."""
        self._context.server.fault("lose_byes", 1, of="peers")

    def move_the_contact(self) -> None:
        """The Contact of the far end's next re-INVITE gets a parameter more: the far end has moved."""
        self._context.server.fault("move_contact", 1, of="peers")

    def pack_as_aal2(self) -> None:
        """The server names the far end's G726-32 by what it is: baresip 1.0.0 packs it the AAL2 way."""
        self._context.server.fault("g726_aal2", 1, of="peers")

    def go_away(self) -> None:
        """The server answers nothing before it comes back; then it takes a call without asking for credentials."""
        self._context.server.fault("challenge_off", 1)
        self._context.server.fault("gone", 1)

    def come_back(self) -> None:
        """The server hears what is sent from now on."""
        self._state.mark_act()
        self._context.server.fault("gone", 0)
