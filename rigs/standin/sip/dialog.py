"""Dialogs (RFC 3261 section 12): tags, sequence numbers, route set and remote target of one call leg."""

from __future__ import annotations

from dataclasses import dataclass

from rigs.standin.sip.message import Headers, Message, Request, Response
from rigs.standin.sip.values import Address, CSeq, Uri, ValueSyntaxError


@dataclass
class Dialog:
    """One leg. `local` and `remote` are the From and To of our requests, tags included.

    `remote_cseq` is None until the far end sent a request of its own.
    """

    call_id: str
    local: Address
    remote: Address
    target: Uri
    routes: list[str]
    local_cseq: int
    remote_cseq: int | None = None
    own_call_id: bool = True
    confirmed: bool = False

    @classmethod
    def of_response(cls, invite: Request, response: Response) -> Dialog:
        """Our INVITE's dialog with the far end that sent this response; ValueSyntaxError without a usable To."""
        contact = response.contact
        target = contact.uri if contact else Uri.parse(invite.uri)
        local, remote = invite.from_, response.to
        return cls(
            invite.call_id,
            local,
            remote,
            target,
            route_set(response),
            invite.cseq.number,
            confirmed=response.status >= 200,
        )

    @classmethod
    def of_request(cls, invite: Request, tag: str) -> Dialog:
        """The dialog of the far end's INVITE, with our tag; ValueSyntaxError without a usable Contact."""
        contact = invite.contact
        if contact is None:
            raise ValueSyntaxError("INVITE without a usable Contact")
        to = invite.to
        local = Address(to.uri, to.display, {**to.params, "tag": tag})
        return cls(
            invite.call_id,
            local,
            invite.from_,
            contact.uri,
            route_set(invite),
            0,
            remote_cseq=invite.cseq.number,
            own_call_id=False,
        )

    @property
    def key(self) -> tuple[str, str, str]:
        return self.call_id, self.local.tag, self.remote.tag

    def request(self, method: str, *, cseq: int | None = None) -> Request:
        """A request inside the dialog, without Via, Contact and body; an ACK or CANCEL names the INVITE's `cseq`."""
        if cseq is None:
            self.local_cseq += 1
            cseq = self.local_cseq
        headers = Headers()
        uri = self.target.without_headers()
        routes = list(self.routes)
        if routes and not self._loose(routes[0]):
            routes.append(f"<{uri}>")
            uri = Address.parse(routes.pop(0)).uri.without_headers()
        for route in routes:
            headers.add("Route", route)
        headers.add("From", str(self.local))
        headers.add("To", str(self.remote))
        headers.add("Call-ID", self.call_id)
        headers.add("CSeq", str(CSeq(cseq, method)))
        headers.add("Max-Forwards", "70")
        return Request(headers, method=method, uri=str(uri))

    @property
    def next_hop(self) -> Uri:
        """Where requests are sent: the first route, else the target."""
        if not self.routes:
            return self.target
        try:
            return Address.parse(self.routes[0]).uri
        except ValueSyntaxError:
            return self.target

    def accepts(self, request: Request) -> bool:
        """Takes the CSeq of a request of the far end; False when it is out of order (RFC 3261 section 12.2.2)."""
        number = request.cseq.number
        if self.remote_cseq is not None and number <= self.remote_cseq:
            return False
        self.remote_cseq = number
        return True

    def refresh_target(self, contact: Address | None) -> None:
        """A target refresh may name a new Contact, which replaces the old one (RFC 3261 section 12.2)."""
        if contact is not None:
            self.target = contact.uri

    @staticmethod
    def _loose(route: str) -> bool:
        try:
            return "lr" in Address.parse(route).uri.params
        except ValueSyntaxError:
            return True


def route_set(message: Message) -> list[str]:
    """The recorded route in the direction of our requests: that of a response is turned round (section 12.1.2)."""
    recorded = message.headers.values("Record-Route")
    return recorded[::-1] if isinstance(message, Response) else recorded


def dialog_key(request: Request) -> tuple[str, str, str]:
    """The key of the dialog that a request of the far end belongs to."""
    return request.call_id, request.to.tag, request.from_.tag
