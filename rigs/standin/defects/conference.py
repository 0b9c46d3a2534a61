"""Faults of a conference: who is brought back, heard, shown, counted, and told that it is over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable

from rigs.standin.air import protocol as air
from rigs.standin.call import conference
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.bridge import Bridge, Party
from rigs.standin.call.call_control import MOST_CALLS, CallControl
from rigs.standin.core.replacing import defect
from rigs.standin.handset import call_screen
from rigs.standin.handset.calls import HandsetCall

THREE = 3


def _shared(control: CallControl, call: BaseCall) -> bool:
    """Whether a call is part of a conference."""
    return any(one is not call and one.bridge is call.bridge for one in control.calls)


@defect(feature="conference-local", replaces=CallControl.take_in)
async def third_party_stays_on_hold(
    healthy: Callable[[CallControl, BaseCall, str], Awaitable[None]], control: CallControl, call: BaseCall, name: str
) -> None:
    """The display says conference, but the held party is never resumed: it goes on hearing nothing."""
    other = next(one for one in control.calls if one.name == name)
    conference.merge(call, other)
    control.tell(call, air.JoinAck, name)


@defect(feature="conference-local", replaces=Bridge.spoke)
def third_voice_is_lost(
    healthy: Callable[[Bridge, Party, bytes], None], bridge: Bridge, speaker: Party, frame: bytes
) -> None:
    """In a conference the party that came last is heard by nobody."""
    if len(bridge.parties) < THREE or speaker is not bridge.parties[-1]:
        healthy(bridge, speaker, frame)


@defect(feature="conference-local", replaces=conference.leave)
def who_leaves_silences_the_others(
    healthy: Callable[[BaseCall, Iterable[BaseCall]], None], call: BaseCall, calls: Iterable[BaseCall]
) -> None:
    """When one party leaves a conference, the two others no longer hear each other."""
    call.bridge.dissolve()


@defect(feature="conference-local", replaces=CallControl.hang_up)
async def one_party_is_forgotten(
    healthy: Callable[[CallControl, BaseCall], Awaitable[None]], control: CallControl, call: BaseCall
) -> None:
    """The host of a conference hangs up and one far end gets no BYE: it stays in a call with nobody."""
    if _shared(control, call):
        control.finish(call, "normal")
    else:
        await healthy(control, call)


@defect(feature="conference-local", replaces=CallControl.hold)
async def only_one_party_is_held(
    healthy: Callable[[CallControl, BaseCall], Awaitable[None]], control: CallControl, call: BaseCall
) -> None:
    """A conference on hold tells only one far end; the other one goes on listening to the room."""
    rest = [one for one in control.calls if one is not call and one.bridge is call.bridge]
    if any(one.on_hold or control.calls.index(one) < control.calls.index(call) for one in rest):
        control.tell(call, air.HoldAck)
    else:
        await healthy(control, call)


@defect(feature="conference-local", replaces=CallControl.has_room)
def conference_counts_as_one(healthy: Callable[[CallControl], bool], control: CallControl) -> bool:
    """A conference takes one of the four calls instead of two: the base takes more than it can carry."""
    return len({id(call.bridge) for call in control.calls}) < MOST_CALLS


@defect(feature="conference-local", replaces=call_screen.in_conference)
def one_party_is_shown(healthy: Callable[[list[HandsetCall]], list[str]], calls: list[HandsetCall]) -> list[str]:
    """The display of a conference names one party only."""
    return healthy(calls[:1])
