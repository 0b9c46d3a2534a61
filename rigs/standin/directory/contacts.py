"""The address books of the identities: filled by provisioning and by uploads, kept in flash, asked by calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rigs.standin.directory import numbers
from rigs.standin.directory.desk import Hit

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.base.flash import Flash

PHONE_BOOK = "tbook.json"
CONTACTS = 500
"""What an address book holds (facts 3.7: the field's templates stop there)."""
Books = dict[str, list["Contact"]]


@dataclass(frozen=True)
class Contact:
    """One name with one number; `photo` is a JPEG in base64, empty where there is none."""

    name: str
    number: str
    photo: str = ""


def stored(flash: Flash) -> Books:
    """The address books in flash by identity: contacts, and nothing that is none."""
    found: Books = {}
    for identity, rows in flash.load(PHONE_BOOK).items():
        good = [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
        told = [[str(row.get(name, "")) for name in ("name", "number", "photo")] for row in good]
        found[identity] = [Contact(*texts) for texts in told]
    return found


def with_added(book: list[Contact], added: Iterable[Contact]) -> list[Contact]:
    """A book with more contacts; one that it holds already, by name and number, is replaced where it stands."""
    entries = {(one.name, one.number): one for one in book}
    for one in added:
        known = entries.get((one.name, one.number))
        if known is not None or len(entries) < CONTACTS:
            entries[one.name, one.number] = one if one.photo or known is None else known
    return list(entries.values())


class AddressBooks:
    """The books of one base. Nothing is kept here: flash is."""

    def __init__(self, device: Device) -> None:
        self._device = device

    def of(self, identity: int) -> list[Contact]:
        """The contacts of an identity in the order in which they came."""
        return stored(self._device.flash).get(str(identity), [])

    def add(self, added: Mapping[int, Iterable[Contact]], *, complete: bool = False) -> None:
        """More contacts by identity; with `complete` nothing else is in any book then."""
        books = {} if complete else stored(self._device.flash)
        for identity, contacts in added.items():
            books[str(identity)] = with_added(books.get(str(identity), []), contacts)
        self._store(books)

    def clear(self, identity: int) -> None:
        """No contact of an identity is left."""
        books = stored(self._device.flash)
        books.pop(str(identity), None)
        self._store(books)

    def contact(self, identity: int, number: str) -> Contact | None:
        """Whose number it is for an identity; None for one that its book does not have.

        Both may be written with or without the codes of country and area that are set [inferred].
        """
        settings = self._device.settings
        codes = (numbers.code(settings.get(name, identity)) for name in ("user_country_code", "area_code"))
        forms = set(numbers.forms(number, *codes)) if number else set()
        return next((one for one in self.of(identity) if numbers.dialled(one.number) in forms), None)

    def name(self, identity: int, number: str, otherwise: str = "") -> str:
        """What a number is called: by the book's name before that of the network."""
        known = self.contact(identity, number)
        return known.name if known is not None and known.name else otherwise

    def search(self, identity: int, text: str) -> list[Hit]:
        """The people with a name of which a word begins so, by name; all of them for an empty text."""
        people: dict[str, list[str]] = {}
        for one in self.of(identity):
            people.setdefault(one.name or one.number, []).append(numbers.dialled(one.number))
        hits = [Hit(name, tuple(called)) for name, called in people.items() if begins(name, text)]
        return sorted(hits, key=lambda hit: hit.name.casefold())

    def _store(self, books: Books) -> None:
        kept = {identity: [asdict(one) for one in rows] for identity, rows in books.items()}
        self._device.flash.store(PHONE_BOOK, kept)


def begins(name: str, text: str) -> bool:
    """Whether a name, or a word of it, begins with a text; upper and lower case are the same."""
    words = name.casefold().split()
    return any(" ".join(words[at:]).startswith(text.casefold()) for at in range(len(words)))
