"""A conference: two calls of one handset on one bridge; the base mixes what the three say."""

from __future__ import annotations

from collections.abc import Iterable

from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.parties import HandsetParty


def enter(call: BaseCall) -> None:
    """Bring both ends of a call onto its bridge; a handset is there once, also for two calls."""
    call.bridge.join(call.far)
    near = call.near
    if near is not None and not any(
        isinstance(one, HandsetParty) and one.ipui == near.ipui for one in call.bridge.parties
    ):
        call.bridge.join(near)


def merge(call: BaseCall, other: BaseCall) -> None:
    """Bring the far end of another call, no longer on hold, onto the bridge of this one."""
    other.bridge.dissolve()
    other.bridge = call.bridge
    call.bridge.join(other.far)


def leave(call: BaseCall, calls: Iterable[BaseCall]) -> None:
    """Take a call off its bridge: the handset stays there for the calls that go on, the far ends of those too."""
    rest = next((one for one in calls if one is not call and one.bridge is call.bridge), None)
    if rest is None:
        call.bridge.dissolve()
        return
    call.bridge.leave(call.far)
    if call.near is not None and call.near.bridge is call.bridge and rest.near is not None:
        call.bridge.leave(call.near)
        call.bridge.join(rest.near)
