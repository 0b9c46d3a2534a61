"""The stand-in's address books: what they keep, whom they know, and vCards with commas and photos."""

from __future__ import annotations

import base64
from types import SimpleNamespace
from typing import Any

import pytest

from rigs.standin.directory.contacts import CONTACTS, AddressBooks, Contact, begins, with_added
from rigs.standin.web import vcards


class Flash:
    """What is stored, as the base's flash keeps it."""

    def __init__(self) -> None:
        self.files: dict[str, Any] = {}

    def load(self, name: str) -> Any:
        return self.files.get(name, {})

    def store(self, name: str, values: Any) -> None:
        self.files[name] = values


def made(**settings: str) -> AddressBooks:
    get = SimpleNamespace(get=lambda name, identity: settings.get(name, ""))
    device: Any = SimpleNamespace(flash=Flash(), settings=get)
    return AddressBooks(device)


def test_books_are_of_one_identity_each():
    books = made()
    books.add({1: [Contact("Ada", "301")], 2: [Contact("Ben", "302")]})
    assert [one.name for one in books.of(1)] == ["Ada"]
    books.clear(1)
    assert (books.of(1), [one.name for one in books.of(2)]) == ([], ["Ben"])
    books.add({3: [Contact("Clara", "303")]}, complete=True)
    assert (books.of(2), [one.name for one in books.of(3)]) == ([], ["Clara"])


def test_the_same_contact_again_is_no_second_one_and_may_bring_a_photo():
    ada = Contact("Ada", "301")
    book = with_added([ada], [Contact("Ada", "301", "AAAA"), ada, Contact("Ada", "302")])
    assert [(one.number, one.photo) for one in book] == [("301", "AAAA"), ("302", "")]
    assert len(with_added([], [Contact("Ada", str(number)) for number in range(2 * CONTACTS)])) == CONTACTS


@pytest.mark.parametrize("number", ["+49305500240", "0305500240", "5500240"])
def test_a_number_is_known_in_each_notation_where_the_codes_are_set(number):
    books = made(user_country_code="49", area_code="30")
    books.add({1: [Contact("Ada", "+49 (30) 5500-240")]})
    assert books.name(1, number, "by SIP") == "Ada"
    assert books.name(2, number, "by SIP") == "by SIP"
    assert books.name(1, "", "Anonymous") == "Anonymous"


def test_each_word_of_a_name_is_searched_by_its_beginning():
    assert begins("Ada von Groß", "ad")
    assert begins("Ada von Groß", "von g")
    assert not begins("Ada von Groß", "da")


def test_people_are_listed_once_with_all_numbers():
    books = made()
    books.add({1: [Contact("Ben", "30 2"), Contact("Ada", "301"), Contact("Ben", "303")]})
    assert [(hit.name, hit.numbers) for hit in books.search(1, "")] == [("Ada", ("301",)), ("Ben", ("302", "303"))]


def test_a_card_keeps_its_comma_and_its_photo():
    photo = base64.b64encode(bytes(range(200))).decode()
    head = ("BEGIN:VCARD", "VERSION:2.1", "FN:Doe, John", "TEL:1")
    lines = (*head, "PHOTO;JPEG;ENCODING=BASE64:", f" {photo}", "", "END:VCARD", "")
    (card,) = vcards.read("\r\n".join(lines))
    assert (card.name, card.numbers, card.photo) == ("Doe, John", ["1"], photo)
