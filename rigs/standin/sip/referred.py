"""REFERs of the far end within a call: whom it wants the base to call, and what it hears of that call (RFC 3515)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.sip.message import Request
from rigs.standin.sip.transaction import Failure, ServerTransaction
from rigs.standin.sip.values import Address, Uri, ValueSyntaxError, unescape

if TYPE_CHECKING:
    from rigs.standin.sip.call import Call

FRAGMENT = "message/sipfrag;version=2.0"
SCHEMES = ("sip", "sips")
LASTS_S = 60
ACCEPTED, BAD, OTHER_SCHEME, DECLINED = 202, 400, 416, 603
PASSED_ON = ("Replaces",)
"""Headers of Refer-To that the INVITE takes over; others are not obeyed (RFC 3261 section 19.1.5)."""


class Referral:
    """A REFER that can be obeyed: the address to call, what to say there, and the subscription that tells of it."""

    def __init__(self, call: Call, request: Request, uri: Uri) -> None:
        self._call = call
        self._request = request
        self._to = uri
        self._order = asyncio.Lock()
        self.is_told = (request.headers.get("Refer-Sub") or "").strip().lower() != "false"
        """Whether the far end wants to hear how it went (RFC 4488)."""

    @property
    def uri(self) -> Uri:
        """Whom to call."""
        return self._to.without_headers()

    def says(self) -> dict[str, str]:
        """What the INVITE says beside its purpose: by whom it was asked for, and which dialog it takes over."""
        return {**self.referrer(), **self.wishes()}

    def referrer(self) -> dict[str, str]:
        """Who asks for it, as it says itself (RFC 3892 section 2.2)."""
        by = self._request.headers.get("Referred-By")
        return {"Referred-By": by} if by else {}

    def wishes(self) -> dict[str, str]:
        """The headers in Refer-To, unescaped (RFC 3891 section 7, RFC 5589 section 7)."""
        pairs = (part.partition("=") for part in self._to.headers.split("&"))
        found = {unescape(name).lower(): unescape(value) for name, _, value in pairs}
        return {name: found[name.lower()] for name in PASSED_ON if name.lower() in found}

    def progress(self, status: int, reason: str) -> None:
        """The call is on its way."""
        self._tell(self.fragment(status, reason), f"active;expires={LASTS_S}")

    def ended(self, status: int, reason: str) -> None:
        """The call stands or has failed: nothing more is told."""
        self._tell(self.fragment(status, reason), self.last_state())

    def fragment(self, status: int, reason: str) -> bytes:
        """The body that tells a status."""
        return f"SIP/2.0 {status} {reason or 'Failed'}\r\n".encode()

    def last_state(self) -> str:
        """The Subscription-State of the last NOTIFY."""
        return "terminated;reason=noresource"

    def _tell(self, body: bytes, state: str) -> None:
        if self.is_told:
            self._call.agent.background(self._notify(body, state), "NOTIFY of a transfer")

    async def _notify(self, body: bytes, state: str) -> None:
        """One after the other, also when the call is over: the subscription outlives it."""
        call = self._call
        async with self._order:
            says = {
                "Contact": call.dressing.contact(),
                "Event": f"refer;id={self._request.cseq.number}",
                "Subscription-State": state,
            }
            outcome = await call.ask("NOTIFY", body, FRAGMENT, says=says)
            if isinstance(outcome, Failure) or outcome.status >= 300:
                call.log(4, f"transfer: the far end does not hear of it: {outcome.status}")


class Referred:
    """Answers the REFERs of one call."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def received(self, transaction: ServerTransaction) -> None:
        """Accepts a REFER that the exchange obeys, and begins to tell of it; refuses all others."""
        request, call = transaction.request, self._call
        status = self.fault(request)
        if status:
            call.in_dialog.respond(transaction, status)
            return
        referral = Referral(call, request, Address.parse(request.headers.all("Refer-To")[0]).uri)
        if not call.stands or call.listener is None or not call.listener.on_refer(referral):
            call.in_dialog.respond(transaction, DECLINED)
            return
        call.log(5, f"transfer to {referral.uri} asked for by the far end")
        self._accept(transaction, referral)
        referral.progress(100, "Trying")

    def fault(self, request: Request) -> int:
        """The status for a REFER that cannot be obeyed, 0 for any other (RFC 3515 section 2.4.2)."""
        targets = request.headers.values("Refer-To")
        if len(targets) != 1:
            return BAD
        try:
            uri = Address.parse(targets[0]).uri
        except ValueSyntaxError:
            return BAD
        if not self.is_callable(uri):
            return OTHER_SCHEME
        return DECLINED if (uri.params.get("method") or "INVITE").upper() != "INVITE" else 0

    def is_callable(self, uri: Uri) -> bool:
        """Whether an address can be called by SIP."""
        return uri.scheme in SCHEMES

    def _accept(self, transaction: ServerTransaction, referral: Referral) -> None:
        says = {"Contact": self._call.dressing.contact()} | ({} if referral.is_told else {"Refer-Sub": "false"})
        self._call.in_dialog.respond(transaction, ACCEPTED, says=says)
