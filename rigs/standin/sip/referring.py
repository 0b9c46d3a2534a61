"""A transfer that this side asks for: REFER in the dialog, and what its NOTIFYs say (RFC 3515)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from rigs.standin.sip.dialog import Dialog
from rigs.standin.sip.message import Request
from rigs.standin.sip.notify import event_of
from rigs.standin.sip.transaction import Failure, ServerTransaction
from rigs.standin.sip.values import LONGEST, Address, Uri, number, read_params, split_outside

if TYPE_CHECKING:
    from rigs.standin.sip.call import Call

FRAGMENT = "message/sipfrag"
NEVER_TOLD = 0
"""The result of a transfer whose end was not told."""
LASTS_S = 180
"""How long a subscription is waited for whose NOTIFY does not say how long it lasts."""
_STATUS = re.compile(rb"\s*SIP/2\.0 (\d{3})(?=\s|\Z)")


@dataclass(frozen=True)
class News:
    """What a NOTIFY says: the status of the other call, 0 if none; for how long more are to come."""

    status: int
    seconds: int
    terminated: bool = False


class Referring:
    """The REFER of one call, one at a time. Its subscription may outlive the call."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self._number: int | None = None
        self._news: asyncio.Queue[News] = asyncio.Queue()

    async def ask(self, refer_to: str, progress: Callable[[int], None]) -> int:
        """Sends the far end somewhere; returns the final status of its call there, or that of a refusal.

        `progress` hears each provisional one. NEVER_TOLD where no NOTIFY brings a final one in time.
        """
        call = self.call
        assert call.dialog is not None
        self._news = asyncio.Queue()
        self._number = call.dialog.local_cseq + 1
        says = {"Contact": call.dressing.contact(), "Refer-To": refer_to, "Referred-By": self.referrer()}
        outcome = await call.ask("REFER", says=says)
        if isinstance(outcome, Failure) or outcome.status >= 300:
            self._number = None
            return outcome.status
        self._number = outcome.cseq.number  # credentials may have raised it
        return await self.final(progress)

    def refer_to(self, uri: Uri) -> str:
        """The header for a target."""
        return f"<{uri}>"

    def refer_to_dialog(self, other: Dialog) -> str:
        """The header for the far end of another dialog, in which the one who comes takes our place (RFC 5589 7)."""
        return f"<{other.target.without_headers()}?Replaces={escaped(replaces(other))}>"

    def referrer(self) -> str:
        """Who asks for the transfer (RFC 3892): the identity."""
        return str(Address(self.call.registration.account.uri))

    async def final(self, progress: Callable[[int], None]) -> int:
        """Waits for the NOTIFY that says how it ended; the first one is due within timer N (RFC 6665)."""
        limit = 64 * self.call.agent.layer.t1
        while True:
            try:
                async with asyncio.timeout(limit):
                    news = await self._news.get()
            except TimeoutError:
                self.call.log(3, "transfer: no NOTIFY says how it ended")
                return NEVER_TOLD
            if news.status >= 200 or news.terminated:
                return news.status if news.status >= 200 else NEVER_TOLD
            progress(news.status)
            limit = float(news.seconds)

    def call_ended(self) -> None:
        """The dialog's call is over: who waits for the end of the transfer waits no longer."""
        self._news.put_nowait(News(NEVER_TOLD, 0, terminated=True))

    def continues(self, request: Request) -> bool:
        """Whether a request belongs to the subscription, which goes on when the call is over."""
        return request.method == "NOTIFY" and self._knows(request)

    def notified(self, transaction: ServerTransaction) -> None:
        """A NOTIFY of the event package refer."""
        request, in_dialog = transaction.request, self.call.in_dialog
        if not self._knows(request):
            in_dialog.respond(transaction, 481)
        elif request.content_type != FRAGMENT and request.body:
            in_dialog.respond(transaction, 415, says={"Accept": FRAGMENT})
        else:
            in_dialog.respond(transaction, 200)
            self._take(request)

    def _knows(self, request: Request) -> bool:
        event, params = event_of(request)
        return (
            event == "refer" and self._number is not None and params.get("id", str(self._number)) == str(self._number)
        )

    def _take(self, request: Request) -> None:
        state, *params = split_outside(request.headers.get("Subscription-State") or "", ";")
        seconds = number(read_params(params).get("expires"), most=LONGEST) or LASTS_S
        found = _STATUS.match(request.body)
        terminated = state.lower() == "terminated"
        if terminated:
            self._number = None
        self._news.put_nowait(News(int(found.group(1)) if found else 0, seconds, terminated))


def replaces(dialog: Dialog) -> str:
    """A dialog as its far end knows it (RFC 3891 section 3): the to-tag is that of the far end, the from-tag ours."""
    return f"{dialog.call_id};to-tag={dialog.remote.tag};from-tag={dialog.local.tag}"


def escaped(value: str) -> str:
    """A header's value as it stands in a URI (RFC 3261 section 19.1.1)."""
    return quote(value, safe="[]/?:+$-_.!~*'()")
