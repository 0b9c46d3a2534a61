"""The notations of a telephone number that a directory may hold (presentation: country and area code) [inferred]."""

from __future__ import annotations

import re

INTERNATIONAL = "00"
TRUNK = "0"
WITHOUT_TRUNK = ("1",)
"""Countries whose national numbers have no prefix in a directory."""
_FILLING = re.compile(r"[\s\-()/.]")
_DIALLED = re.compile(r"\+?\d+")


def code(text: str) -> str:
    """A country or area code as digits: `+49` and `0049` are 49, `030` is 30."""
    return re.sub(r"\D", "", text).lstrip("0")


def forms(number: str, country: str, area: str) -> list[str]:
    """A caller's number as it came, then international, national and local, as far as the codes are known."""
    found = [number]
    plain = _FILLING.sub("", number)
    if not _DIALLED.fullmatch(plain):
        return found
    national = _national(plain, country, area)
    if national:
        trunk = "" if country in WITHOUT_TRUNK else TRUNK
        found += [f"+{country}{national}", f"{trunk}{national}"]
        if area and national.startswith(area) and national != area:
            found.append(national.removeprefix(area))
    return list(dict.fromkeys(found))


def dialled(number: str) -> str:
    """A number of a directory as it is dialled: without blanks, hyphens and brackets."""
    return _FILLING.sub("", number)


def _national(plain: str, country: str, area: str) -> str:
    """The number within its country, with area code and without prefix; empty where that is not known."""
    if not country:
        return ""
    for prefix in ("+", INTERNATIONAL):
        if plain.startswith(prefix):
            rest = plain.removeprefix(prefix)
            return rest.removeprefix(country) if rest.startswith(country) else ""
    if plain.startswith(TRUNK):
        return plain.removeprefix(TRUNK)
    return area + plain if area else ""
