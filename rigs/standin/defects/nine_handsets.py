"""Faults that show only when many handsets are registered, or several talk at a time."""

from __future__ import annotations

from collections.abc import Callable
from weakref import WeakSet

from rigs.standin.base.settings import Settings
from rigs.standin.call import rules
from rigs.standin.call.call_control import CallControl
from rigs.standin.core.replacing import defect
from rigs.standin.handset.lists import CallLists, Entry, Kind

SLOTS = 8
_lists: WeakSet[CallLists] = WeakSet()


@defect(feature="nine-handsets", replaces=rules.targets)
def the_ninth_rings_in_no_group(
    healthy: Callable[[list[str], list[str]], list[str]], bindings: list[str], handsets: list[str]
) -> list[str]:
    """Of nine handsets that are to ring together only eight do."""
    return healthy(bindings, handsets)[:SLOTS]


@defect(feature="nine-handsets", replaces=rules.calling_identity)
def the_ninth_calls_as_the_first(healthy: Callable[[str, Settings], int], ipui: str, settings: Settings) -> int:
    """Whoever is called by the ninth handset sees the first one's number."""
    identity = healthy(ipui, settings)
    return 1 if identity > SLOTS else identity


@defect(feature="nine-handsets", replaces=CallControl.voice)
def the_last_slot_is_heard_in_the_third(
    healthy: Callable[[CallControl, str, bytes], None], control: CallControl, ipui: str, frame: bytes
) -> None:
    """While four talk, the voice of the fourth handset goes to the far end of the third."""
    talking = [call.handset for call in control.calls if call.near is not None]
    healthy(control, talking[2] if len(talking) > 3 and ipui == talking[3] else ipui, frame)


@defect(feature="nine-handsets", replaces=CallLists.add)
def missed_calls_stand_at_a_colleague_too(
    healthy: Callable[[CallLists, Kind, Entry], None], lists: CallLists, kind: Kind, entry: Entry
) -> None:
    """A call that one handset missed stands also in the missed list of every handset that missed one before."""
    if kind == "missed":
        _lists.add(lists)
    for one in _lists if kind == "missed" else (lists,):
        healthy(one, kind, entry)
