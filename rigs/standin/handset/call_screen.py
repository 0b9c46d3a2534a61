"""The screen of a call: what it is doing, who is there, how long, and who else is waiting or held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import text
from rigs.standin.handset.display import Row, screen

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


def rows(handset: Handset) -> list[Row]:
    """The rows while the handset has a call."""
    phone = handset.phone
    call, waiting = phone.current, phone.waiting
    assert call is not None
    left, right = _soft(call, waiting)
    return screen([heading(call), *who(call), duration(call), _note(handset, call)], left, right)


def heading(call: HandsetCall) -> str:
    """What the first row says of the call."""
    return text(f"call.{call.state.value}")


def who(call: HandsetCall) -> list[str]:
    """The two rows of who is there: name and number, or the number alone."""
    return [call.name, call.number] if call.name else [call.number, ""]


def duration(call: HandsetCall) -> str:
    """How long the call lasts; before the answer, for which line it is."""
    if call.answered:
        return call.duration
    return text("call.for", line=call.line) if call.line else ""


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
