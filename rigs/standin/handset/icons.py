"""The icons of the display's top line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air.portable_part import LinkState

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset


def lit(handset: Handset) -> list[str]:
    """Those that are lit now, by their names."""
    states = {
        "SIGNAL": handset.part.state in {LinkState.LOCKED, LinkState.LINKED},
        handset.battery.icon: True,
        "SILENT": handset.ringer_volume == 0,
        "ALARM": handset.alarm.on,
        "DND": handset.dnd,
        "FORWARD": bool(handset.forwarded.line),
        "MISSED": bool(handset.lists.unseen),
        "MESSAGE": bool(handset.messages),
        "LOCK": handset.keys_locked,
        "CALL": bool(handset.phone.calls),
        "HOLD": any(call.state.value == "held" for call in handset.phone.calls),
        "LOUD": handset.loud,
    }
    return [name for name, shown in states.items() if shown]
