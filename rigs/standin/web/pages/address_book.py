"""Under an identity's address book tab: its contacts, the upload of vCards, and a button that deletes all contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.directory.contacts import AddressBooks, Contact
from rigs.standin.web import render, vcards
from rigs.standin.web.http import Request
from rigs.standin.web.registry import below
from rigs.standin.web.render import Notice

if TYPE_CHECKING:
    from rigs.standin.web.site import Site


@below("addressbook")
def address_book(site: Site, request: Request, idx: int) -> str:
    """The contacts, with those that were just uploaded."""
    books, here = AddressBooks(site.device), site.unit.tab(idx, "addressbook")
    boxes: list[Notice] = []
    if request.method == "POST" and "upload" in request.form:
        boxes = [_uploaded(site, books, request.form.get("vcards", ""), idx)]
    elif request.method == "POST" and "clear" in request.form:
        books.clear(idx)
        boxes = [Notice("message", "All contacts are deleted.")]
    rows = [(one.name, one.number, "yes" if one.photo else "") for one in books.of(idx)]
    shown = "<h2>Contacts</h2>\n" + render.table(("Name", "Number", "Picture"), rows)
    clear = render.form(here, "", [("clear", "Delete all contacts")]) if rows else ""
    return render.notices(boxes) + shown + clear + render.upload(here, "VCARD(s) Upload", "vcards", "Upload")


def _uploaded(site: Site, books: AddressBooks, text: str, idx: int) -> Notice:
    added = [Contact(card.name, number, card.photo) for card in vcards.read(text) for number in card.numbers]
    books.add({idx: added})
    site.log(5, f"Address book of identity {idx}: {len(added)} numbers added")
    return Notice("message", f"{len(added)} contacts added.") if added else Notice("error", "No VCARD found.")
