"""Server types: what the base does otherwise for an identity whose setting user_pbxtype names a platform.

A class here is a lawful choice of a platform, named in platforms.yaml. It is asked through `Strategies.of(identity)`:
a defect first, else the choice of the identity's server type, else the healthy one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from rigs.standin.base.settings import IDENTITIES, Settings
from rigs.standin.core.strategies import Strategy
from rigs.standin.sip.strategies import MissingLineStrategy

SETTING = "user_pbxtype"


class FoundByUser(MissingLineStrategy):
    """The registrar may strip line= from the Request-URI."""

    def by_user(self, quirk: str) -> bool:
        return True


@dataclass(frozen=True)
class Platform:
    """A row of platforms.yaml: `name` is its one spelling, `stored` the value of the setting."""

    name: str
    title: str
    stored: str
    choices: tuple[type[Strategy], ...] = ()
    source: str = ""


@cache
def platforms() -> dict[str, Platform]:
    """The platforms by the value of the setting, in the order of the drop-down; ValueError for an unknown choice."""
    with Path(__file__).with_name("platforms.yaml").open(encoding="utf-8") as text:
        rows = yaml.safe_load(text)
    found = [Platform(name, **{**row, "choices": _classes(name, row.get("choices", []))}) for name, row in rows.items()]
    return {platform.stored: platform for platform in found}


def of_identity(settings: Settings, identity: int) -> Platform | None:
    """The platform of an identity's server type; None for the default, an unknown text, or no identity."""
    if identity not in IDENTITIES:
        return None
    return platforms().get(settings.get(SETTING, identity).strip().lower())


def choice(settings: Settings, identity: int, kind: type[Strategy]) -> type[Strategy] | None:
    """What the server type of an identity has in the place of a healthy choice; None if it changes nothing there."""
    if kind not in _changed():
        return None
    platform = of_identity(settings, identity)
    return next((own for own in platform.choices if issubclass(own, kind)), None) if platform else None


@cache
def _changed() -> frozenset[type[Strategy]]:
    """The healthy choices that some platform has another for: most are asked for with each packet and are none."""
    return frozenset(kind for platform in platforms().values() for own in platform.choices for kind in own.__mro__[1:])


def _classes(platform: str, names: list[str]) -> tuple[type[Strategy], ...]:
    found: list[type[Strategy]] = []
    for name in names:
        kind = globals().get(name)
        if not (isinstance(kind, type) and issubclass(kind, Strategy) and kind.__module__ == __name__):
            raise ValueError(f"platforms.yaml: {platform}: no choice {name} in platforms.py")
        found.append(kind)
    return tuple(found)
