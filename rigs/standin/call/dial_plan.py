"""Where what was dialled goes to: emergency numbers, addresses, the dial plan of the identity, E.164 (facts 5, 3.4)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.sip.values import escape_user

if TYPE_CHECKING:
    from rigs.standin.base.settings import Settings

NUMBER = re.compile(r"\+?[0-9]+")
INTERNATIONAL, TRUNK = "00", "0"
"""The prefixes of a number abroad and of one in another area [inferred]: those of most of Europe."""


@dataclass(frozen=True)
class Destination:
    """A number or address to call; `proxy` is where the request is sent past the server of the identity."""

    target: str
    proxy: str = ""


def destination(dialled: str, settings: Settings, identity: int) -> Destination:
    """What is called: emergency numbers and addresses as they are, else by the first plan that fits, else by E.164."""
    dialled = dialled.strip()
    if emergency(dialled, settings.get("emergency_numbers")):
        return Destination(dialled, settings.get("emergency_proxy").strip())
    if is_address(dialled):
        return Destination(dialled)
    domain = settings.get("user_host", identity).strip()
    replaced = planned(dialled, plans(settings.get("user_dp_str", identity)), domain)
    if replaced is not None:
        return Destination(replaced)
    if settings.bool("user_enable_e164_substitution", identity):
        country, area = settings.get("user_country_code", identity), settings.get("area_code", identity)
        return Destination(global_number(dialled, country.strip(), area.strip()))
    return Destination(dialled)


def emergency(dialled: str, numbers: str) -> bool:
    """Whether a number is one of the emergency numbers, which blanks part [inferred]."""
    return dialled in numbers.split()


def is_address(dialled: str) -> bool:
    """Whether an address was dialled: it has an @, a scheme, or is a host by its address."""
    return bool(re.search(r"[@.\[]|^(sips?|tel):", dialled, re.IGNORECASE))


def plans(text: str) -> list[tuple[str, str]]:
    r"""Pattern and replacement of each plan of the setting: `|^9([0-9]+)$|sip:\1@\d`; several stand in quotes."""
    quoted = re.findall(r'"([^"]*)"', text) or [text]
    return [found for one in quoted if (found := _plan(one.strip()))]


def planned(dialled: str, known: list[tuple[str, str]], domain: str) -> str | None:
    """What the first plan that fits makes of a number; None if none does."""
    for pattern, replacement in known:
        try:
            found = re.search(pattern, dialled)
        except re.error:
            continue
        if found is not None:
            return filled(replacement, found, domain)
    return None


def filled(replacement: str, found: re.Match[str], domain: str) -> str:
    r"""A replacement with `\1` for the first group and `\d` for the domain; a group that is not there is empty.

    In an address a group is written as a URI wants it.
    """

    def value(mark: re.Match[str]) -> str:
        if mark[1] == "d":
            return domain
        number = int(mark[1])
        group = (found[number] or "") if number <= found.re.groups else ""
        return escape_user(group) if is_address(replacement) else group

    return re.sub(r"\\([0-9d])", value, replacement)


def global_number(dialled: str, country: str, area: str) -> str:
    """A number in its global form: 398330 in Berlin is +4930398330; star codes and what is global stay."""
    if not NUMBER.fullmatch(dialled) or dialled.startswith("+") or not country:
        return dialled
    if dialled.startswith(INTERNATIONAL):
        return f"+{dialled.removeprefix(INTERNATIONAL)}"
    if dialled.startswith(TRUNK):
        return f"+{country}{dialled.removeprefix(TRUNK)}"
    return f"+{country}{area}{dialled}"


def _plan(text: str) -> tuple[str, str] | None:
    """One plan; bars in a pattern are alternatives, and a flag may stand behind the last bar."""
    first, *parts = text.split("|")
    if parts and parts[-1] in ("", "d"):
        parts.pop()
    return None if first or len(parts) < 2 else ("|".join(parts[:-1]), parts[-1])
