"""Preconditions of tests of calls; without them a test is invalid, or not applicable at this PBX."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import headers
from harness.core.clock import WaitExpired, wait_until
from harness.core.errors import NotApplicable
from harness.rules.refers import status_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState


FINAL = 200


class CallRequirements:
    """What has reached the base in this call, or its display."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def ringing(self) -> None:
        """The 180 itself has reached the base, which then shows it and makes the tone."""
        with self._context.needs_server_support("180 Ringing"):
            self._state.require_response(180, self._state.began)

    def no_media_while_ringing(self) -> None:
        """The server leaves the tone to the base: it has described no media with its ringing, and sent none."""
        state = self._state
        early = [m for m in state.dialog.messages if m.dst in state.base and 180 <= m.status < 200 and m.sdp_or_none]
        with self._context.needs_server_support("ringing without media of its own"):
            if early:
                self._context.missing("ringing without a description of media", f"{early[0]}")
            if any(stream.dst in state.base for stream in state.wire.rtp(state.dialog, since=state.began)):
                self._context.missing("ringing without media", "RTP towards the base before the answer")

    def reliable_ringing(self, *, known: bool) -> None:
        """The unit knows PRACK: it is optional, and a lab's unit may do without it (CAL-3: prack)."""
        if not known:
            raise NotApplicable("this unit, its lab says, does without reliable provisional answers (CAL-3: prack)")

    def confirmed_ringing(self) -> None:
        """The far end has confirmed the base's ringing: its PRACK has reached the base."""
        with self._context.needs_server_support("PRACK of the far end"), self._state.rules_first():
            self._state.require_message("PRACK of the far end", since=self._state.began, method="PRACK")

    def provisional_answer(self) -> None:
        """A provisional answer has reached the base since the last act."""
        self._state.require_message(
            "a provisional answer",
            since=self._state.acted_at,
            where=lambda m: 100 <= m.status < 200,
            cseq_method="INVITE",
        )

    def recorded_route(self) -> None:
        """The server asked by Record-Route to stay in the call."""
        recorded = self._first_from_far()
        with self._context.needs_server_support("Record-Route"):
            if not recorded.header("record-route"):
                self._context.missing("Record-Route of the server", f"none in {recorded}")

    def transfer_under_way(self) -> None:
        """The first news of the transfer is no outcome: some servers tell success before the third party answers."""
        status = status_of(self.news_of_the_transfer())
        with self._context.needs_server_support("progress of a transfer"):
            if status >= FINAL:
                self._context.missing("news that the transfer is under way", f"{status} at once")

    def news_of_the_transfer(self, *statuses: int) -> SipMessage:
        """A NOTIFY with one of these statuses has told the base how its transfer goes; any one if none is named."""
        with self._context.needs_server_support("NOTIFY of a transfer"), self._state.rules_first():
            return self._state.require_message(
                f"NOTIFY of the transfer with {' or '.join(map(str, statuses)) or 'any status'}",
                since=self._state.key_at,
                method="NOTIFY",
                where=lambda m: bool(told := status_of(m)) and (not statuses or told in statuses),
            )

    def moved_contact(self) -> None:
        """The Contact that the far end named last is another."""
        state = self._state
        last = [m for m in state.dialog.messages if m.dst in state.base and m.header("contact")][-1]
        if ";moved=" not in last.contact.uri:
            self._context.missing("a Contact that has moved", f"the last one was in {last}")

    def transport(self, name: str, *, routes: int) -> None:
        """The call's INVITE came or went over this transport, and the server recorded so many routes."""
        invite = self._state.dialog.invite
        assert invite is not None
        recorded = self._first_from_far()
        seen = (invite.transport.upper(), len(recorded.header("record-route")))
        if seen != (name, routes):
            self._context.missing(f"an INVITE over {name} and {routes} recorded routes", f"{seen}; {recorded}")

    def line_of_the_identity(self) -> None:
        """The INVITE names the line= of the Contact that this identity registered last."""
        state, invite = self._state, self._state.dialog.invite
        assert invite is not None
        sent = state.wire.sip.all(method="REGISTER", source=state.base, to_user=state.account.user, since=0.0)
        line = next((m.contact.uri_params.get("line", "") for m in reversed(sent) if m.header("contact")), "")
        if not line or line != headers.parse_address(f"<{invite.request_uri}>").uri_params.get("line"):
            with self._context.needs_server_support("line of the registered Contact"):
                self._context.missing("the line of the registration in the INVITE", f"{line or 'no line'}; {invite}")

    def asserted_number(self, number: str) -> None:
        """The display has this number; NotApplicable where the base goes by From, which is the peer's own."""
        handset, own = self._state.handset_driver, self._state.peer_number
        try:
            wait_until(
                lambda: handset.display().has(number),
                what=f"{number} on the display",
                within=self._context.display,
                poll=0.1,
            )
        except WaitExpired as expired:
            display = handset.display()
            if display.has(own):
                raise NotApplicable(f"the base shows From, {own}, not P-Asserted-Identity") from expired
            self._context.missing(f"{number} on the display", str(display))

    def _first_from_far(self) -> SipMessage:
        """What the far end opened the dialog with: its INVITE, or its answer to that of the base."""
        invite = self._state.dialog.invite
        assert invite is not None
        first = invite if invite.dst in self._state.base else self._state.dialog.answered
        assert first is not None
        return first
