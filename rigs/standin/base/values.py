"""What a text may be to be stored in a setting: the forms that settings.yaml names, checked at the door."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from collections.abc import Callable

LONGEST = 255
"""Characters of a text that names no other limit [inferred]."""
SHOWN = 60
"""Characters of a refused value that are told back."""


def number(text: str) -> int | None:
    """A decimal number of up to ten digits, None for what is none."""
    stripped = text.strip()
    return int(stripped) if re.fullmatch(r"[+-]?[0-9]{1,10}", stripped) else None


def trouble(text: str, form: str, longest: int) -> str:
    """Why a text is not stored, in words; empty where nothing is wrong with it."""
    if len(text) > longest:
        return f"{len(text)} characters are more than {longest}"
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        return "control characters are not allowed"
    return FORMS[form](text.strip()) if form and text.strip() else ""


def shown(text: str) -> str:
    """A refused value as it is told back: short, on one line."""
    return repr(text if len(text) <= SHOWN else text[:SHOWN] + "…")


def _pin(text: str) -> str:
    return "" if re.fullmatch(r"[0-9]{4}", text) else "a PIN has four digits"


def _host_address(text: str) -> str:
    try:
        address = ipaddress.IPv4Address(text)
    except ValueError:
        return "it is no IPv4 address"
    unusable = address.is_multicast or address.is_loopback or address.is_unspecified or address.is_reserved
    return "no host has this address" if unusable else ""


def _netmask(text: str) -> str:
    try:
        prefix = ipaddress.IPv4Network(f"0.0.0.0/{text}").prefixlen if text.count(".") == 3 else 0
    except ValueError:
        prefix = 0
    return "" if 1 <= prefix <= 32 and text != "0.0.0.0" else "it is no netmask"


def _server_address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return "it is no address"
    return "no server has this address" if address.is_unspecified or address.is_multicast else ""


def _domain(text: str) -> str:
    labels = text.removesuffix(".").split(".")
    good = all(re.fullmatch(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?", label) for label in labels)
    return "" if good else "it is no domain"


FORMS: dict[str, Callable[[str], str]] = {
    "pin": _pin,
    "host_address": _host_address,
    "netmask": _netmask,
    "server_address": _server_address,
    "domain": _domain,
}
"""Each says what is wrong with a text that is not empty."""
