"""All handsets of a rig: each has calls of its own, and lists of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.procedures.call.several_calls import GroupCall
from harness.procedures.handset.lists import CallLists

if TYPE_CHECKING:
    from harness.procedures.context import TestContext

MOST_PEERS = 5
"""Each peer is a process of its own; so many are there anyway, for the fifth call."""


class AllHandsets:
    """Every handset of an identity that registers, in turn."""

    def __init__(self, context: TestContext) -> None:
        self._context = context
        numbers = [entry.number for entry in context.handsets_in_use]
        self._lists = {number: CallLists(context, context.handset(number)) for number in numbers}
        self._peers: dict[int, str] = {}

    def calls(self) -> Iterator[GroupCall]:
        """A call to come for each; neighbours, and the first and the ninth, have different peers."""
        peers = min(MOST_PEERS, len(self._context.pbx.peer_accounts))
        for place, number in enumerate(self._lists):
            call = GroupCall(self._context, number, peer=1 + (place + place // 8) % peers)
            self._peers[number] = call.peer.number
            yield call

    def look_at(self, which: str) -> None:
        """The list of each handset is opened and read."""
        for lists in self._lists.values():
            lists.look_at(which)

    def expect_own_newest(self, which: str) -> None:
        """The newest entry of this list is, at each handset, the peer of its own last call."""
        for number, peer in self._peers.items():
            self._lists[number].expect_newest(which, peer)
