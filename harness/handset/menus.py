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


class Letters(_Data):
    """Letters by the digit keys: the key that changes from digits to letters and back, the one between two letters of
    one key, and the letters of each key in their order."""

    switch: str
    next: str
    keys: dict[str, str]


class Menu(_Data):
    """The keys of the menu, and the most rows that a part of it has."""

    open: tuple[str, ...]
    down: str
    choose: str
    longest: int


class Alarm(_Data):
    """The keys to the alarm clock and on its screens, what these say, and how long a snooze lasts, in s."""

    open: tuple[str, ...]
    time: str
    switch: str
    on: tuple[str, ...]
    asks: tuple[str, ...]
    done: str
    rings: tuple[str, ...]
    beep: str
    snooze: str
    stop: str
    pause: float


class Battery(_Data):
    """The icon of each level, by its least and most percent, and what a handset says and sounds when it is low."""

    icons: dict[str, tuple[int, int]]
    row: str
    low: tuple[str, ...]
    beep: str
    warned_at: int
    not_warned_at: int


class CallWaiting(_Data):
    """The key that refuses a call that waits."""

    reject: str


class Forwarding(_Data):
    """The rows of the menu that lead to each case of forwarding, what its screens ask for, and the key of their end."""

    always: tuple[str, ...]
    busy: tuple[str, ...]
    no_answer: tuple[str, ...]
    asks: tuple[str, ...]
    asks_time: tuple[str, ...]
    done: str


class AddressBook(_Data):
    """The rows of the menu that lead to the address book, the keys there, and what its screens say."""

    open: tuple[str, ...]
    asks: tuple[str, ...]
    begins_in_letters: bool
    search: str
    dial: str
    none: tuple[str, ...]


class Directory(AddressBook):
    """The same of the corporate directory, which may have no answer."""

    refused: tuple[str, ...]
    no_answer: tuple[str, ...]
    off: tuple[str, ...]


class Feeds(_Data):
    """The row of the menu that lists news feeds, what their screens say, and the width of a title in a list."""

    row: str
    unreadable: tuple[str, ...]
    no_answer: tuple[str, ...]
    columns: int


class Dialling(_Data):
    """The keys of a number that is on its way in, how long a digit is held for speed dial (in ms), and the key that
    calls the mailbox; how long, in s, a line that was taken off hook waits for the next digit."""

    erase: str
    letters: Letters
    speed_dial: int
    mailbox: str
    pause: float


class Lines(_Data):
    """How the row of the menu begins that takes the next line to call by."""

    row: str


class Lamps(_Data):
    """What the dongle calls the lamps, and how long the backlight may burn."""

    backlight: str
    dark: float
    messages: str


class Calls(_Data):
    """The keys of what a user does with his calls."""

    conference: str


class Power(_Data):
    """The key that switches a handset off, and how long it is held, in ms."""

    key: str
    held: int


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


class Transfer(_Data):
    """The keys that ask for the number of a transfer, the one that sends the far end there, and the one that joins the
    far ends of two calls."""

    open: dict[str, str]
    send: str
    join: str


class Registration(_Data):
    """What is shown when a subscription was refused, and whether guessing PINs is slowed down."""

    refused: tuple[str, ...]
    paced: bool


class Menus(_Data):
    """All of menus.yaml."""

    idle: Idle
    call_lists: CallLists
    menu: Menu
    alarm: Alarm
    battery: Battery
    call_waiting: CallWaiting
    do_not_disturb: tuple[str, ...]
    forwarding: Forwarding
    directory: Directory
    address_book: AddressBook
    feeds: Feeds
    dialling: Dialling
    lamps: Lamps
    lines: Lines
    power: Power
    calls: Calls
    redial: Redial
    transfer: Transfer
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
