"""What this unit says it can: the methods of its Allow and the option tags of its Supported header."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "NOTIFY", "UPDATE", "PRACK")
OPTION_TAGS = ("timer", "100rel")


def methods(device: Device) -> tuple[str, ...]:
    """The methods that are served."""
    return METHODS if _reliable(device) else tuple(method for method in METHODS if method != "PRACK")


def option_tags(device: Device) -> tuple[str, ...]:
    """The extensions that a far end may require."""
    return OPTION_TAGS if _reliable(device) else tuple(tag for tag in OPTION_TAGS if tag != "100rel")


def _reliable(device: Device) -> bool:
    return device.quirks["reliable_ringing"] == "known"
