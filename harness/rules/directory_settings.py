"""What an identity is told of its directory, and what follows from it: filters with a value, notations of a number."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.ldap import escaped
from harness.rules.reactions import SAVED_S

if TYPE_CHECKING:
    from harness.capture.ldap import LdapMessage
    from harness.rules.evidence import Evidence

NAMES = (
    "enabled", "username", "base", "search_filter", "number_filter", "max_hits", "name_attributes",
    "number_attributes", "display_name", "country_code", "area_code", "lookup_incoming",
)  # fmt: skip
"""The settings, all of which begin with `ldap_`; the password is in no act."""
FACTORY = {"max_hits": "50", "enabled": "false", "lookup_incoming": "false"}
YES = ("true", "on", "1", "yes")
PLACE = "%"
"""Stands in a filter for what is searched (vendor presentation 2011, LDAP tab)."""
_VALUE = r"(?P<value>(?:[^()*\\]|\\[0-9a-f]{2})*)"
_ATTRIBUTE = re.compile(r"%([A-Za-z][A-Za-z0-9-]*)")


@dataclass(frozen=True)
class DirectorySettings:
    """The settings of one identity at a moment; a value that is not known, or is being saved, is None."""

    identity: int
    values: dict[str, str | None]

    def __getitem__(self, name: str) -> str | None:
        return self.values[name]

    @property
    def known(self) -> bool:
        """Whether all of them are known."""
        return None not in self.values.values()

    def text(self, name: str) -> str:
        """A value, empty where it is not known."""
        return self.values[name] or ""

    def is_on(self, name: str) -> bool | None:
        """A switch; None where it is not known."""
        value = self.values[name]
        return None if value is None else value.strip().lower() in YES

    def words(self, *names: str) -> set[str]:
        """The attributes that some settings list, in lower case."""
        return {word.lower() for name in names for word in self.text(name).split()}

    def names_of(self, entry: LdapMessage) -> str:
        """How the pattern of names writes a hit."""

        def value(found: re.Match[str]) -> str:
            return next(iter(entry.values.get(found[1].lower(), ())), "")

        return " ".join(_ATTRIBUTE.sub(value, self.text("display_name")).split())

    def forms(self, number: str) -> set[str]:
        """The notations of a number that a directory may hold, by country and area code [inferred]."""
        country, area = (re.sub(r"\D", "", self.text(f"{name}_code")).lstrip("0") for name in ("country", "area"))
        plain = re.sub(r"[\s\-()/.]", "", number)
        national = _national(plain, country, area) if re.fullmatch(r"\+?\d+", plain) else ""
        if not national:
            return {number, plain}
        local = {national.removeprefix(area)} if area and national.startswith(area) else set()
        return {number, plain, f"+{country}{national}", f"00{country}{national}", f"0{national}", national, *local}


def settings_at(evidence: Evidence, identity: int, at: float) -> DirectorySettings:
    """Those of an identity at a moment."""
    told = evidence.settings

    def value(name: str) -> str | None:
        factory = FACTORY.get(name, "")
        found = [told.value(f"ldap_{name}", identity, at=when, factory=factory) for when in (at, at + SAVED_S)]
        return found[0] if found[0] == found[1] else None

    return DirectorySettings(identity, {name: value(name) for name in NAMES})


def in_use(evidence: Evidence, at: float) -> list[DirectorySettings]:
    """Those of each identity that uses a directory at a moment, or may do so."""
    found = (settings_at(evidence, identity, at) for identity in evidence.settings.identities)
    return [one for one in found if one.is_on("enabled") is not False]


def searches(evidence: Evidence, start: float = 0.0, end: float = float("inf")) -> Iterator[LdapMessage]:
    """The base's searches between two moments."""
    return (m for m in evidence.ldap if m.operation == "search" and start <= m.at <= end and evidence.is_base(m.src))


def server_is_up(evidence: Evidence, start: float, end: float) -> bool:
    """Whether the harness's own server is known to have answered all requests between two moments."""
    told = [act for act in evidence.acts_of("directory") if act.at <= end]
    return bool(told) and told[-1].detail.get("state") == "up" and told[-1].at <= start


def value_in(template: str, seen: str, *, beginning: bool = False) -> str | None:
    """The value that stands in a filter for its `%`, as it was typed; None where it is another filter.

    With `beginning` it may be the beginning of what is searched, with `*` behind it.
    """
    first, *rest = (re.escape(part) for part in _canonical(template).split(PLACE))
    if not rest:
        return "" if _canonical(template) == seen else None
    star = r"\*?" if beginning else ""
    again = rf"(?P=value){star}"
    pattern = f"{first}{_VALUE}{star}{again.join(rest)}"
    found = re.fullmatch(pattern, seen, re.IGNORECASE)
    return None if found is None else re.sub(r"\\([0-9a-f]{2})", lambda hexed: chr(int(hexed[1], 16)), found["value"])


def filled(template: str, value: str, ending: str = "") -> str:
    """A filter with a value for each `%`, as RFC 4515 writes it."""
    return _canonical(template).replace(PLACE, escaped(value) + ending)


def shown_forms(settings: DirectorySettings, numbers: Collection[str]) -> str:
    """The notations of some numbers, for a failure's text."""
    return " or ".join(sorted({form for number in numbers for form in settings.forms(number)}))


def _canonical(template: str) -> str:
    """Without the blanks that may stand between brackets."""
    return re.sub(r"(?<=[()&|!])\s+|\s+(?=[()])", "", template.strip())


def _national(plain: str, country: str, area: str) -> str:
    """A number within its country, with area code; empty where it is abroad or not known."""
    if not country:
        return ""
    for prefix in (f"+{country}", f"00{country}"):
        if plain.startswith(prefix):
            return plain.removeprefix(prefix)
    if plain.startswith(("+", "00")):
        return ""
    return plain[1:] if plain.startswith("0") else area + plain if area else ""
