"""What this unit says it can: the methods of its Allow and the option tags of its Supported header."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "NOTIFY", "UPDATE", "PRACK", "REFER")
OPTION_TAGS = ("timer", "100rel", "replaces", "norefersub")
KNOWN_METHODS = {
    "INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO", "NOTIFY", "UPDATE", "PRACK", "REGISTER", "SUBSCRIBE",
    "PUBLISH", "MESSAGE", "REFER", "BENOTIFY", "SERVICE",
}  # fmt: skip
"""Methods that exist: 405 where they are not for us; others are 501."""


def methods(device: Device) -> tuple[str, ...]:
    """The methods that are served."""
    return METHODS if _reliable(device) else tuple(method for method in METHODS if method != "PRACK")


def option_tags(device: Device) -> tuple[str, ...]:
    """The extensions that a far end may require."""
    return OPTION_TAGS if _reliable(device) else tuple(tag for tag in OPTION_TAGS if tag != "100rel")


def _reliable(device: Device) -> bool:
    return device.quirks["reliable_ringing"] == "known"


def method_refusal(method: str) -> int:
    """The status for a method that we do not allow (RFC 3261 section 8.2.1 and 21.5.2)."""
    return 405 if method in KNOWN_METHODS else 501
