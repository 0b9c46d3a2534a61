"""Several calls at a time: which handset rings, who answers, how many fit."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from harness.procedures.call.call import Call

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState
    from harness.procedures.context import TestContext


class GroupCall(Call):
    """A call that may ring more than one handset."""

    def __init__(self, context: TestContext, handset: int = 1, peer: int = 1, identity: int | None = None) -> None:
        super().__init__(context, handset, peer, identity)
        self.group = Group(self.state)


class Group:
    """All handsets of the rig, of which a call may ring some."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def expect_all_ring(self) -> None:
        """The base says 180 and every handset of the rig rings."""
        self._state.await_response(180, "an incoming call is answered with 180 Ringing")
        for entry in self._context.handsets_in_use:
            self._context.handset(entry.number).ringer.expect_ring(within=self._context.answer, since=self._state.began)

    def expect_others_silent(self) -> None:
        """After a fence no handset but that of the call has rung."""
        for other in self._others():
            self._context.handset(other).ringer.stays_silent(since=self._state.began)

    def expect_others_stop(self) -> None:
        """Every other handset falls silent once one has answered."""
        for other in self._others():
            self._context.handset(other).ringer.expect_ring_end(within=self._context.answer, since=self._state.began)

    def _others(self) -> list[int]:
        numbers = [entry.number for entry in self._context.handsets_in_use]
        return [number for number in numbers if number != self._state.handset_number]


class Calls:
    """Makes calls of one test; handsets, peers and identities are numbers from 1."""

    def __init__(self, context: TestContext) -> None:
        self._context = context
        for entry in context.handsets_in_use:
            context.handset(entry.number)  # each tells its ringing from now on

    def incoming(self, handset: int = 1, peer: int = 1, *, unbound: bool = False) -> GroupCall:
        """A call to the identity of a handset, or to one that is bound to none."""
        call = GroupCall(self._context, handset, peer)
        if unbound:
            self._context.base.change("user_ipui", "", idx=call.identity)
        call.peer.call()
        return call

    def outgoing(self, handset: int = 1, peer: int = 1) -> GroupCall:
        """A call dialled at a handset; whether it reaches the peer is asked for later."""
        call = GroupCall(self._context, handset, peer)
        call.handset.dial()
        return call

    def to_peer(self, handset: int = 1, peer: int = 1, *, identity: int | None = None) -> GroupCall:
        """A call to come, of a handset by its own identity or another one."""
        return GroupCall(self._context, handset, peer, identity)

    def bind(self, identity: int, handset: int) -> None:
        """The identity is bound to this handset, by IPUI."""
        ipui = next(entry.ipui for entry in self._context.rig.handsets if entry.number == handset)
        self._context.base.change("user_ipui", ipui, idx=identity)

    def establish(self, handset: int = 1, peer: int = 1) -> GroupCall:
        """A call that talks."""
        call = GroupCall(self._context, handset, peer)
        call.establish("incoming")
        return call

    @contextlib.contextmanager
    def all_talking(self, calls: Sequence[Call]) -> Iterator[None]:
        """Both ends of all these calls talk at the same time until the block ends."""
        with contextlib.ExitStack() as talking:
            for call in calls:
                talking.enter_context(call.both_talking())
            yield

    def seen_from(self, handset: int) -> GroupCall:
        """A handset that has no call of its own, for what it makes of the others'."""
        return GroupCall(self._context, handset)

    def do_not_disturb(self, handset: int, *, on: bool) -> None:
        """Do not disturb of the identity of a handset, by its web page."""
        entry = next(one for one in self._context.rig.handsets if one.number == handset)
        self._context.base.change("user_dnd", on, idx=entry.identity)
