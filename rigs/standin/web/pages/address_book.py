"""Under an identity's address book tab: its contacts, and the upload of vCards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.provisioning.applying import CONTACTS, PHONE_BOOK, contacts
from rigs.standin.web import render, vcards
from rigs.standin.web.http import Request
from rigs.standin.web.registry import below
from rigs.standin.web.render import Notice

if TYPE_CHECKING:
    from rigs.standin.web.site import Site


@below("addressbook")
def address_book(site: Site, request: Request, idx: int) -> str:
    """The contacts, with those that were just uploaded."""
    stored = contacts(site.device.flash)
    boxes: list[Notice] = []
    if request.method == "POST" and "upload" in request.form:
        added = [
            {"name": card.name, "number": number}
            for card in vcards.read(request.form.get("vcards", ""))
            for number in card.numbers
        ]
        stored[str(idx)] = [*stored.get(str(idx), []), *added][:CONTACTS]
        site.device.flash.store(PHONE_BOOK, stored)
        site.log(5, f"Address book of identity {idx}: {len(added)} numbers added")
        boxes = [Notice("message", f"{len(added)} contacts added.") if added else Notice("error", "No VCARD found.")]
    rows = [(one["name"], one["number"]) for one in stored.get(str(idx), [])]
    form = render.upload(site.unit.tab(idx, "addressbook"), "VCARD(s) Upload", "vcards", "Upload")
    return render.notices(boxes) + "<h2>Contacts</h2>\n" + render.table(("Name", "Number"), rows) + form
