"""Faults of the address books: what fills them, what handsets find in them, and whom they name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from rigs.standin.air.protocol import Identify, Message
from rigs.standin.air.radio import Radio
from rigs.standin.core.replacing import Async, defect
from rigs.standin.directory import contacts
from rigs.standin.directory.contacts import AddressBooks, Contact
from rigs.standin.directory.desk import Hit
from rigs.standin.handset.calls import HandsetCall
from rigs.standin.handset.lists import CallLists, Entry, Kind
from rigs.standin.handset.phone import Phone
from rigs.standin.provisioning.applying import Applying
from rigs.standin.provisioning.documents import PhoneBook
from rigs.standin.provisioning.fetch import Provisioning
from rigs.standin.web import vcards
from rigs.standin.web.pages import address_book
from rigs.standin.web.render import Notice
from rigs.standin.web.site import Site
from rigs.standin.web.vcards import Card

IDENTITIES = range(1, 10)
Name = Callable[[AddressBooks, int, str, str], str]
Known = Callable[[AddressBooks, int, str], Contact | None]
Search = Callable[[AddressBooks, int, str], list[Hit]]
Fill = Callable[[Applying, PhoneBook], None]
Read = Callable[[str], list[Card]]
Uploaded = Callable[[Site, AddressBooks, str, int], Notice]


# what fills them


@defect(feature="address-book", replaces=AddressBooks.add)
def a_complete_book_only_adds(
    healthy: Callable[..., None],
    books: AddressBooks,
    added: Mapping[int, Iterable[Contact]],
    *,
    complete: bool = False,
) -> None:
    """Who has left the company stays in the address book for ever, though the new book is complete."""
    healthy(books, added)


@defect(feature="address-book", replaces=Applying._phone_book)
def every_provisioned_book_is_complete(healthy: Fill, applying: Applying, document: PhoneBook) -> None:
    """A book that only adds contacts deletes those that were there."""
    healthy(applying, replace(document, complete=True))


@defect(feature="address-book", replaces=Applying._phone_book)
def provisioned_contacts_are_all_of_the_first_identity(healthy: Fill, applying: Applying, document: PhoneBook) -> None:
    """The contacts of all identities are in the first one's book, and the others have none."""
    moved = tuple(replace(contact, identity=1) for contact in document.contacts)
    healthy(applying, replace(document, contacts=moved))


@defect(feature="contact-upload", replaces=Provisioning.boot)
async def uploaded_contacts_are_gone_with_the_power(
    healthy: Callable[[Provisioning], Async[None]], provisioning: Provisioning
) -> None:
    """After a power cut the address books are empty."""
    provisioning._device.flash.store(contacts.PHONE_BOOK, {})
    await healthy(provisioning)


@defect(feature="contact-upload", replaces=vcards.read)
def quoted_letters_stay_quoted(healthy: Read, text: str) -> list[Card]:
    """Contacts that Outlook sends are called Gro=C3=9F."""
    return healthy(re.sub(r"=\r?\n", "", text).replace("ENCODING=QUOTED-PRINTABLE;", ""))


@defect(feature="contact-upload", replaces=vcards.read)
def umlauts_of_cards_are_question_marks(healthy: Read, text: str) -> list[Card]:
    """Names that are not plain ASCII stand under the contacts with question marks."""
    return [replace(card, name=card.name.encode("ascii", "replace").decode()) for card in healthy(text)]


@defect(feature="contact-upload", replaces=vcards.read)
def folded_lines_are_cut(healthy: Read, text: str) -> list[Card]:
    """Long names end where their line was folded."""
    return healthy(re.sub(r"\r?\n [^\r\n]*", "", text))


@defect(feature="contact-upload", replaces=vcards.read)
def only_the_first_number_of_a_card_is_kept(healthy: Read, text: str) -> list[Card]:
    """A colleague's mobile number is in the card and not among the contacts."""
    return [replace(card, numbers=card.numbers[:1]) for card in healthy(text)]


@defect(feature="contact-upload", replaces=vcards.read)
def only_cards_of_version_3_are_read(healthy: Read, text: str) -> list[Card]:
    """The card that Outlook sends is no VCARD for the base."""
    return healthy(text) if "VERSION:3.0" in text else []


@defect(feature="web-upload", replaces=vcards.read)
def only_the_first_card_of_a_file_is_read(healthy: Read, text: str) -> list[Card]:
    """Who uploads all contacts in one file finds one of them."""
    return healthy(text)[:1]


@defect(feature="web-upload", replaces=vcards.read)
def files_are_read_up_to_4_kilobytes(healthy: Read, text: str) -> list[Card]:
    """Of a long file the last contacts are missing."""
    return healthy(text[:4096])


@defect(feature="web-upload", replaces=address_book._uploaded)
def an_upload_takes_the_place_of_the_book(
    healthy: Uploaded, site: Site, books: AddressBooks, text: str, idx: int
) -> Notice:
    """One more contact is uploaded, and all others are gone."""
    books.clear(idx)
    return healthy(site, books, text, idx)


@defect(feature="web-upload", replaces=address_book._uploaded)
def a_file_without_cards_empties_the_book(
    healthy: Uploaded, site: Site, books: AddressBooks, text: str, idx: int
) -> Notice:
    """Who picks a wrong file loses all contacts."""
    if not vcards.read(text):
        books.clear(idx)
    return healthy(site, books, text, idx)


@defect(feature="picture-vcard-upload", replaces=address_book._uploaded)
def uploads_are_all_for_the_first_identity(
    healthy: Uploaded, site: Site, books: AddressBooks, text: str, idx: int
) -> Notice:
    """Cards that are uploaded to the second identity stand under the contacts of the first one."""
    return healthy(site, books, text, 1)


# handsets


@defect(feature="address-book", replaces=AddressBooks.search)
def handsets_list_the_books_of_all_identities(
    healthy: Search, books: AddressBooks, identity: int, text: str
) -> list[Hit]:
    """At every handset the private contacts of all colleagues are listed."""
    return [hit for one in IDENTITIES for hit in healthy(books, one, text)]


@defect(feature="address-book", replaces=AddressBooks.search)
def contacts_are_listed_only_when_a_name_is_typed(
    healthy: Search, books: AddressBooks, identity: int, text: str
) -> list[Hit]:
    """Without a typed name the address book is empty: nobody can leaf through it."""
    return healthy(books, identity, text) if text else []


@defect(feature="address-book", replaces=contacts.begins)
def only_a_whole_name_is_found(healthy: Callable[[str, str], bool], name: str, text: str) -> bool:
    """The beginning of a contact's name finds nobody."""
    return not text or name.casefold() == text.casefold()


@defect(feature="address-book", replaces=contacts.begins)
def a_typed_name_changes_nothing(healthy: Callable[[str, str], bool], name: str, text: str) -> bool:
    """Whatever is typed, all contacts are listed."""
    return True


@defect(feature="address-book", replaces=AddressBooks.search)
def a_contact_calls_the_next_one(healthy: Search, books: AddressBooks, identity: int, text: str) -> list[Hit]:
    """Off hook on a contact calls somebody else."""
    everybody, found = healthy(books, identity, ""), healthy(books, identity, text)
    return [replace(hit, numbers=everybody[everybody.index(hit) - 1].numbers) for hit in found]


@defect(feature="address-book", replaces=AddressBooks.search)
def contacts_are_called_with_signs(healthy: Search, books: AddressBooks, identity: int, text: str) -> list[Hit]:
    """A contact whose number is written with brackets or blanks cannot be called from the list."""
    written = {one.name: one.number for one in books.of(identity)}
    return [replace(hit, numbers=(written[hit.name],)) for hit in healthy(books, identity, text)]


# who calls


@defect(feature="address-book", replaces=AddressBooks.name)
def contacts_name_nobody(healthy: Name, books: AddressBooks, identity: int, number: str, otherwise: str = "") -> str:
    """A contact who calls is shown as the server says."""
    return otherwise


@defect(feature="address-book", replaces=AddressBooks.name)
def the_name_by_sip_comes_first(
    healthy: Name, books: AddressBooks, identity: int, number: str, otherwise: str = ""
) -> str:
    """A contact is shown by its name only where the server has none for the number."""
    return otherwise or healthy(books, identity, number, otherwise)


@defect(feature="address-book", replaces=AddressBooks.contact)
def the_books_of_all_identities_name_callers(
    healthy: Known, books: AddressBooks, identity: int, number: str
) -> Contact | None:
    """A caller is shown by a name that another identity's user gave the number."""
    others = (healthy(books, one, number) for one in (identity, *IDENTITIES))
    return next(filter(None, others), None)


@defect(feature="address-book", replaces=AddressBooks.contact)
def numbers_of_contacts_are_compared_as_written(
    healthy: Known, books: AddressBooks, identity: int, number: str
) -> Contact | None:
    """A contact whose number is written with brackets or blanks is not known when it calls."""
    return next((one for one in books.of(identity) if one.number == number), None)


@defect(feature="address-book", replaces=Radio.send)
def dialled_contacts_are_shown_by_number(
    healthy: Callable[[Radio, Message], None], radio: Radio, message: Message
) -> None:
    """Who dials a contact's number sees the number, and so does the list of dialled numbers."""
    if isinstance(message, Identify) and message.call.startswith("h"):
        message = replace(message, name="")
    healthy(radio, message)


@defect(feature="address-book", replaces=Phone._connected)
def an_answer_takes_the_name_away(
    healthy: Callable[[Phone, HandsetCall], None], phone: Phone, call: HandsetCall
) -> None:
    """While it rings the contact's name is there; once the call is answered the number alone is left."""
    call.name = ""
    healthy(phone, call)


@defect(feature="address-book", replaces=CallLists.add)
def lists_have_numbers_without_names(
    healthy: Callable[[CallLists, Kind, Entry], None], lists: CallLists, kind: Kind, entry: Entry
) -> None:
    """Missed and received calls of contacts are listed by their numbers."""
    healthy(lists, kind, replace(entry, name=""))
