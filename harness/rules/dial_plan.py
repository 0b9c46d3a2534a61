"""Where a number that was dialled goes to by the settings: emergency numbers, addresses, dial plan, E.164.

The vendor's administrator guide describes the plans: `|pattern|replacement`, groups as `\\1`, the domain as `\\d`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.rules.addresses import is_literal

NUMBER = re.compile(r"\+?[0-9]+")
ABROAD, TRUNK = "00", "0"
"""Prefixes of numbers in another country and in another area; inferred, those of most of Europe."""
NAMES = (
    "user_host", "user_dp_str", "user_enable_e164_substitution", "user_country_code", "area_code",
)  # fmt: skip
BASE_NAMES = ("emergency_numbers", "emergency_proxy")
YES = ("true", "on", "1", "yes")


@dataclass(frozen=True)
class Called:
    """What is called: `row` is the rule that decides; `proxy` where the request is sent to first, empty if anywhere.

    `target` is a number, or an address with its host.
    """

    row: str
    target: str
    proxy: str = ""


def called(dialled: str, settings: Mapping[str, str]) -> Called:
    """What is called for a number by these settings, all of `NAMES` and `BASE_NAMES`."""
    if dialled in settings["emergency_numbers"].split():
        return Called("DIAL-EMERGENCY", dialled, settings["emergency_proxy"].strip())
    if is_address(dialled):
        return Called("DIAL-URI", dialled)
    plans = plans_of(settings["user_dp_str"])
    for pattern, replacement in plans:
        found = _search(pattern, dialled)
        if found is not None:
            return Called("DIAL-PLAN", _filled(replacement, found, settings["user_host"].strip()))
    if settings["user_enable_e164_substitution"].strip().lower() in YES:
        country, area = settings["user_country_code"].strip(), settings["area_code"].strip()
        return Called("DIAL-GLOBAL", in_global_form(dialled, country, area))
    return Called("DIAL-PLAN" if plans else "CAL-1", dialled)


def is_address(dialled: str) -> bool:
    """Whether this is an address: it names a host or a scheme."""
    host = re.sub(r"(?<=[\]\d]):\d+$", "", dialled)
    return "@" in dialled or is_literal(host) or re.match(r"(sips?|tel):", dialled, re.IGNORECASE) is not None


def plans_of(text: str) -> list[tuple[str, str]]:
    """Pattern and replacement of each plan; several stand in quotes, one after the other."""
    found = []
    for plan in re.findall(r'"([^"]*)"', text) or [text]:
        parts = plan.strip().split("|")
        if parts[-1] in ("", "d"):
            parts = parts[:-1]
        if len(parts) >= 3 and not parts[0]:
            found.append(("|".join(parts[1:-1]), parts[-1]))
    return found


def in_global_form(dialled: str, country: str, area: str) -> str:
    """398330 in Berlin is +4930398330 (administrator guide); a star code is no number."""
    if not country or dialled.startswith("+") or not NUMBER.fullmatch(dialled):
        return dialled
    if dialled.startswith(ABROAD):
        return "+" + dialled[len(ABROAD) :]
    return f"+{country}{dialled[len(TRUNK) :]}" if dialled.startswith(TRUNK) else f"+{country}{area}{dialled}"


def _search(pattern: str, dialled: str) -> re.Match[str] | None:
    try:
        return re.search(pattern, dialled)
    except re.error:
        return None


def _filled(replacement: str, found: re.Match[str], domain: str) -> str:
    """The replacement with groups and domain in their places; a group that is not there is empty."""
    groups = (found[0], *(group or "" for group in found.groups()))

    def part(mark: re.Match[str]) -> str:
        return domain if mark[1] == "d" else "".join(groups[int(mark[1]) :][:1])

    return re.sub(r"\\([0-9d])", part, replacement)
