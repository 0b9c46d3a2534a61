"""A conference of three at a conference URI: a further peer stands for the server that mixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.call.conference import Conference
from harness.procedures.call.several_calls import Calls, GroupCall
from harness.procedures.call.third_party import ThirdParty

if TYPE_CHECKING:
    from harness.procedures.context import TestContext

SETTING = "conference_uri"
BRIDGE = 3
"""The peer that stands for the server."""


class ServerConference(Conference):
    """The two calls of one handset, and the third that takes their place: `bridge`, with the server."""

    def __init__(self, context: TestContext, calls: Calls) -> None:
        super().__init__(context, calls)
        self.bridge: GroupCall = calls.to_peer(handset=1, peer=BRIDGE)
        self.uri = f"sip:{self.bridge.peer.number}@{context.pbx.registrar}"

    # acts

    def set_uri(self) -> None:
        """The identity has its conferences at the server."""
        self._context.base.change(SETTING, self.uri, idx=self.first.identity)

    def call_server(self) -> None:
        """The conference key is pressed; the base calls the server, which has not answered yet."""
        first, bridge = self.first.state, self.bridge.state
        first.press(menus().calls.conference, "conference")
        for one in (self.second.state, bridge):
            one.key_at = first.key_at
            one.mark_act()
        with first.rules_first():
            invite = bridge.wire.sip.expect(
                method="INVITE",
                source=bridge.base,
                since=first.key_at,
                where=lambda m: not m.to.tag,
                timeout=self._context.answer,
                claim="the conference URI is called",
            )
        bridge.begin_dialog(invite)
        self.bridge.peer.expect_call()

    def take_in_both(self) -> None:
        """The server answers, and both far ends come to it, as the base tells them."""
        self.bridge.peer.answer()
        for call in self.both:
            arriving = ThirdParty(call.state, BRIDGE)
            with self.first.state.rules_first():  # the key was pressed in the first call
                arriving.expect_call()
            arriving.answer()

    # what is expected

    def expect_talk_with_server(self) -> None:
        """The far ends are released, and the handset talks with the server alone."""
        for call in self.both:
            call.expect.released_by("base")
        with self.bridge.both_talking():
            self.bridge.media.expect_both_ways()
