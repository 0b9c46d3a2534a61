"""The screen of a call: what it is doing, who is there, how long, and who else is waiting or held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.strategies import CallerStrategy

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


def rows(handset: Handset) -> list[Row]:
    """The rows while the handset has a call."""
    phone = handset.phone
    call, waiting = phone.current, phone.waiting
    assert call is not None
    shows = handset.strategies.get(CallerStrategy)
    name, number = shows.lines(call)
    who = [name, number] if name else [number, ""]
    fourth = shows.duration(call) if call.answered else (text("call.for", line=call.line) if call.line else "")
    left, right = _soft(call, waiting)
    return screen([heading(call), *who, fourth, _note(handset, call)], left, right)


def heading(call: HandsetCall) -> str:
    """What the first row says of the call."""
    return text(f"call.{call.state.value}")


def _note(handset: Handset, call: HandsetCall) -> str:
    waiting, held = handset.phone.waiting, handset.phone.other_held
    if waiting is not None:
        return text("call.waiting", who=waiting.who)
    if call.notice:
        return call.notice
    if call.remote_held:
        return text("call.remote_held")
    if held is not None:
        return text("call.other_held", who=held.who)
    return call.digits


def _soft(call: HandsetCall, waiting: HandsetCall | None) -> tuple[str, str]:
    if call.state is State.INCOMING:
        return text("soft.answer"), text("soft.reject")
    if waiting is not None:
        return text("soft.accept"), text("soft.reject")
    if call.state is State.CONNECTED:
        return text("soft.hold"), ""
    if call.state is State.HELD:
        return text("soft.resume"), ""
    return "", "" if call.answered else text("soft.end")
