"""The screen of a call: what it is doing, who is there, how long, and who else is waiting or held."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import text
from rigs.standin.handset.display import Row, screen, wrapped

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


def rows(handset: Handset) -> list[Row]:
    """The rows while the handset has a call."""
    phone = handset.phone
    call, waiting = phone.current, phone.waiting
    assert call is not None
    if phone.entry is not None:
        return phone.entry.rows()
    left, right = _soft(call, waiting, phone.other_held)
    parties = in_conference(phone.conference) or who(call)
    last = waiting_number(waiting) or below_notice(call, phone.other_held)
    return screen([heading(call), *parties, duration(call), _note(handset, call), last], left, right)


def heading(call: HandsetCall) -> str:
    """What the first row says of the call."""
    if call.joined and call.state is State.CONNECTED:
        return text("call.conference")
    return text(f"call.{call.state.value}")


def who(call: HandsetCall) -> list[str]:
    """The two rows of who is there: name and number, or the number alone."""
    return [call.name, call.number] if call.name else [*wrapped(call.number), ""][:2]


def in_conference(calls: list[HandsetCall]) -> list[str]:
    """The two rows of who takes part in a conference; none without one."""
    return [call.who for call in calls]


def duration(call: HandsetCall) -> str:
    """How long the call lasts; before the answer, for which line it is."""
    if call.answered:
        return call.duration
    return text("call.for", line=call.line) if call.line else ""


def waiting_number(waiting: HandsetCall | None) -> str:
    """Below a waiting caller's name, the number."""
    return waiting.number if waiting is not None and waiting.name else ""


def below_notice(call: HandsetCall, held: HandsetCall | None) -> str:
    """Below a notice who is on hold beside the call, else the reason for the notice."""
    return text("call.other_held", who=held.who) if call.notice and held is not None and not held.joined else call.why


def _note(handset: Handset, call: HandsetCall) -> str:
    waiting, held = handset.phone.waiting, handset.phone.other_held
    if waiting is not None:
        return text("call.waiting", who=waiting.who)
    if call.notice:
        return call.notice
    if call.remote_held:
        return text("call.remote_held")
    if held is not None and not held.joined:
        return text("call.other_held", who=held.who)
    return call.digits


def _soft(call: HandsetCall, waiting: HandsetCall | None, held: HandsetCall | None) -> tuple[str, str]:
    if call.state is State.INCOMING:
        return text("soft.answer"), text("soft.reject")
    if waiting is not None:
        return text("soft.accept"), text("soft.reject")
    if call.state is State.CONNECTED:
        return text("soft.hold"), _right(call, text("soft.join") if held is not None else text("soft.transfer"))
    if call.state is State.HELD:
        return text("soft.resume"), _right(call, text("soft.transfer"))
    return "", "" if call.answered else text("soft.end")


def _right(call: HandsetCall, key: str) -> str:
    """The right soft key of a call that may be joined or transferred: none within a conference."""
    return "" if call.joined else key
