"""Where the far end receives media and how it numbers digits, as a new offer of it says in a call that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call import occasions
from harness.procedures.call.invite import event_number
from harness.procedures.call.session_changes import await_answer

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState

ANOTHER_PEER = 7
"""The last of the peers' addresses, counted from 0: packets to it end at this host, where nothing waits for them."""


class FarMedia:
    """New offers of the peer; each act returns the base's answer."""

    def __init__(self, state: CallState) -> None:
        self._state = state

    def renumber_events(self, payload_type: int) -> SipMessage:
        """telephone-event has this number from now on."""
        since = self._state.mark_act()
        self._state.leg.reinvite(sdp_edits=event_number(payload_type))
        what = f"number {payload_type} of telephone-event"
        return await_answer(self._state, since, what, occasions.numbers_events(payload_type))

    def move_to_another_port(self) -> SipMessage:
        """The far end sends and receives at another port of its own."""
        line = self._state.sessions()[-1].far_line
        since = self._state.mark_act()
        self._state.leg.move_media()
        return await_answer(self._state, since, "move of the far end's media", occasions.moves_from(line))

    def move_to_another_address(self) -> SipMessage:
        """The far end names another host for its media, as when a recorder or an announcement takes over."""
        line = self._state.sessions()[-1].far_line
        network = self._state.context.rig.network
        address = network.at(network.peers + ANOTHER_PEER)
        since = self._state.mark_act()
        self._state.leg.reinvite(sdp_edits=[(r"^c=IN IP4 \S+", f"c=IN IP4 {address}")])
        return await_answer(self._state, since, "another address of the far end", occasions.moves_from(line))

    def come_back(self) -> SipMessage:
        """The far end names its own address again."""
        line = self._state.sessions()[-1].far_line
        since = self._state.mark_act()
        self._state.leg.reinvite(sdp_edits=[("^$", "")])
        return await_answer(self._state, since, "return of the far end", occasions.moves_from(line))
