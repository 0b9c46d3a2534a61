"""The data of menus.yaml: how the driver finds its way about a handset."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.core import overrides

FILE = Path(__file__).with_name("menus.yaml")


class _Data(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Idle(_Data):
    """The handset's name, date and other texts of the idle screen, and the key that leads there."""

    name: str
    texts: tuple[str, ...]
    date: str
    home: str


class CallLists(_Data):
    """The keys to the list menu, how its rows begin, and how one is chosen."""

    open: tuple[str, ...]
    rows: dict[str, tuple[str, ...]]
    down: str
    choose: str
    longest: int
    details: str


class Dialling(_Data):
    """The keys of a number that is on its way in."""

    erase: str


class Lamps(_Data):
    """What the dongle calls the lamps, and how long the backlight may burn."""

    backlight: str
    dark: float
    messages: str


class Redial(_Data):
    """The list that redialling takes its number from, and the key that dials it."""

    list: str
    dial: str


class Ringer(_Data):
    """Keys of the ringer's volume, and what is shown when it is off."""

    softer: str
    louder: str
    silent: tuple[str, ...]
    steps: int


class Registration(_Data):
    """What is shown when a subscription was refused, and whether guessing PINs is slowed down."""

    refused: tuple[str, ...]
    paced: bool


class Menus(_Data):
    """All of menus.yaml."""

    idle: Idle
    call_lists: CallLists
    dialling: Dialling
    lamps: Lamps
    redial: Redial
    ringer: Ringer
    registration: Registration


@overrides.cached
def menus() -> Menus:
    """The file with what the lab learned of its handsets; UsageError names the key of a mistake."""
    try:
        return Menus.model_validate(overrides.over("menus", yaml.safe_load(FILE.read_text())))
    except ValidationError as error:
        first = error.errors()[0]
        raise overrides.mistake("menus", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
