"""Corporate directory and address book at the handset: a name is typed, the base searches, and a hit is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rigs.standin.air.directory import NUMBERS, DirectoryEnd, DirectoryHit, DirectorySearch
from rigs.standin.handset.choosing import Choice, leave
from rigs.standin.handset.data import constant, letters, text
from rigs.standin.handset.display import Row, screen
from rigs.standin.handset.letters import Letters
from rigs.standin.handset.registering import DIGITS

if TYPE_CHECKING:
    from rigs.standin.handset.handset import Handset

CALLS = ("OFFHOOK", "SPEAKER")


@dataclass(frozen=True)
class Person:
    """A hit as the base told it."""

    name: str
    numbers: tuple[str, ...]


class Directory:
    """The last search of a handset: what the base has told of it."""

    def __init__(self, handset: Handset) -> None:
        self._handset = handset
        self._search = 0
        self.people: list[Person] = []
        self.searching = False
        self.trouble = ""
        self.contacts = False

    def begin(self, words: str, *, contacts: bool = False) -> None:
        """Asks the base: for people of the directory, or for contacts of the identity's address book."""
        self._search += 1
        self.people, self.trouble, self.searching, self.contacts = [], "", True, contacts
        if not self._handset.part.send(DirectorySearch(self._handset.part.ipui, self._search, words, contacts)):
            self.searching, self.trouble = False, "unreachable"
        self._handset.open(Found(self._handset))

    def heard(self, message: DirectoryHit | DirectoryEnd) -> None:
        """What the base found; what belongs to an older search is dropped."""
        if message.search != self._search:
            return
        if isinstance(message, DirectoryHit):
            numbers = tuple(filter(None, message.numbers.split(NUMBERS)))
            self.people.append(Person(message.name, numbers))
        else:
            self.searching, self.trouble = False, message.trouble


class Asking:
    """The screen for the name: letters, `*` and digits; OK and the left soft key search."""

    def __init__(self, handset: Handset, *, contacts: bool = False) -> None:
        self._handset = handset
        self._contacts = contacts
        self._letters = Letters(on=True)
        self._entered = ""

    def rows(self) -> list[Row]:
        title = text("directory.ask" if self._letters.on else "directory.ask_digits")
        right = text("soft.clear" if self._entered else "soft.back")
        return screen([title, self._entered], text("soft.search"), right)

    def press(self, key: str) -> None:
        if key in DIGITS and len(self._entered) < constant("columns"):
            self._entered = self._letters.typed(self._entered, key) if self._letters.on else self._entered + key
        elif key == letters()["switch"]:
            self._letters.switch()
        elif key == letters()["next"]:
            self._letters.end_letter()
        elif key in {"OK", "SOFT1"}:
            self._handset.directory.begin(self._entered, contacts=self._contacts)
        elif key in {"SOFT2", "LEFT"} and self._entered:
            self._letters.end_letter()
            self._entered = self._entered[:-1]
        else:
            leave(self._handset, key)


class Found(Choice):
    """The people found, by name; OFFHOOK calls the marked one's first number, OK shows all numbers."""

    def __init__(self, handset: Handset) -> None:
        title = text("contacts.title" if handset.directory.contacts else "directory.title")
        super().__init__(handset, title, text("soft.select"), text("soft.back"))

    def lines(self) -> list[str]:
        return [person.name for person in self._handset.directory.people]

    def rows(self) -> list[Row]:
        directory = self._handset.directory
        if directory.searching:
            return screen([self._title, text("directory.searching")], "", text("soft.back"))
        if not directory.people:
            said = text(f"directory.{directory.trouble or 'none'}")
            return screen([self._title, said], "", text("soft.back"))
        return super().rows()

    def choose(self, at: int) -> None:
        self._handset.open(Numbers(self._handset, self._handset.directory.people[at]))

    def press(self, key: str) -> None:
        people = self._handset.directory.people
        if key in CALLS and people:
            call(self._handset, people[self._at].numbers, 0)
        else:
            super().press(key)


class Numbers(Choice):
    """The numbers of one person; OFFHOOK and OK call the marked one."""

    def __init__(self, handset: Handset, person: Person) -> None:
        super().__init__(handset, person.name, text("soft.dial"), text("soft.back"))
        self._numbers = person.numbers

    def lines(self) -> list[str]:
        return list(self._numbers)

    def choose(self, at: int) -> None:
        call(self._handset, self._numbers, at)

    def press(self, key: str) -> None:
        if key in CALLS:
            call(self._handset, self._numbers, self._at)
        else:
            super().press(key)


def call(handset: Handset, called: tuple[str, ...], at: int) -> None:
    """Calls one of a person's numbers; one without any can not be called."""
    if at < len(called):
        handset.place_call(called[at])
    else:
        handset.events.beep("ERROR")
