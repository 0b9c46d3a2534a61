"""What this unit says it can: the methods of its Allow and the option tags of its Supported header."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.core.strategies import Choices
from rigs.standin.sip.strategies import AllowStrategy

if TYPE_CHECKING:
    from rigs.standin.base.device import Device


def methods(device: Device, choices: Choices) -> tuple[str, ...]:
    """The methods that are served."""
    known = choices.get(AllowStrategy).methods()
    return known if _reliable(device) else tuple(method for method in known if method != "PRACK")


def option_tags(device: Device, choices: Choices) -> tuple[str, ...]:
    """The extensions that a far end may require."""
    known = choices.get(AllowStrategy).supported()
    return known if _reliable(device) else tuple(tag for tag in known if tag != "100rel")


def _reliable(device: Device) -> bool:
    return device.quirks["reliable_ringing"] == "known"
