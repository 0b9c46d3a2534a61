"""Pictures of callers: what is sent of them, where it is to be had, and what the handset shows."""

from __future__ import annotations

import base64
import threading
import zlib
from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Literal

from harness.core import clock
from harness.core.errors import NotApplicable
from harness.handset.caller_picture import Picture, shown_picture
from harness.procedures import judging
from harness.rules.pictures import ERROR, SHOWN_S, difference
from harness.services import portraits
from harness.services.http import Behaviour, ProvisioningServer
from harness.services.portraits import Portrait

if TYPE_CHECKING:
    from harness.procedures.call.call import Call
    from harness.procedures.context import TestContext
    from harness.services.authority import ServerFiles

PORT, SECURE_PORT = 8088, 443
"""Ports at which tshark looks for HTTP, and for HTTP within TLS."""
PAST_S = 0.5
"""Seconds beyond the time in which a picture is to be shown."""
AGAIN_S = 0.5
"""A picture is read again so soon: no event tells of it."""
FORMS = {
    "presentation": 'icon="{}"',
    "RFC 3261": "<{}>;purpose=icon",
    "RFC 3261 with blanks": "<{}> ; purpose = icon",
    "RFC 3261 in capitals": "<{}>;Purpose=ICON",
    "RFC 3261 with a parameter before": '<{}>;m9-rank="1;2";purpose=icon',
}
"""The spellings of Call-Info with a picture (vendor presentation 2011, SIP Call-Info; RFC 3261 section 20.9)."""
Manner = Literal["at once", "slow", "404", "away", "of a stranger"]
"""How a picture is to be had; `of a stranger`: the server's certificate is one that the base must refuse."""


class Pictures:
    """The server of pictures of one test, and the display of one handset."""

    def __init__(self, context: TestContext, shown: ServerFiles | None, handset: int = 1) -> None:
        self._context = context
        self._files = shown
        self._handset = context.handset(handset)
        self._serving = ExitStack()
        self._servers: dict[bool, ProvisioningServer] = {}
        self._held: dict[str, threading.Event] = {}
        context.addfinalizer(self._close)

    # acts

    def in_card(self, name: str) -> Portrait:
        """A picture, or by a name of `portraits.KINDS` an unfit one, that a card is to have; noted as sent."""
        made = _made(name)
        self._note(made)
        return made

    def offer(self, name: str, manner: Manner = "at once", *, secure: bool = False) -> str:
        """A picture, or by a name of `portraits.KINDS` an unfit one, is to be had at this URL, in this manner."""
        made, server = _made(name), self._server(secure=secure)
        path = f"/callers/{zlib.crc32(name.encode()):08x}.jpg"
        if manner == "away":
            url = server.url(path).replace(f":{PORT}", f":{PORT + 1}")
        elif manner == "404":
            url = server.url(path)
        else:
            hold = threading.Event() if manner == "slow" else None
            url = server.put(path, made.file, made.content_type, behaviour=Behaviour(hold=hold))
            if hold is not None:
                self._held[url] = hold
        there = "no" if manner == "away" else ""
        self._note(made if manner == "at once" else Portrait(made.name, b"", b""), url, there)
        return url

    def learn_default(self, call: Call) -> None:
        """The caller calls without a picture once in a session: what is shown then is the default one."""
        if any(one.kind == "picture" and one.detail.get("default") for one in self._context.log.shown):
            return
        call.peer.call()
        call.expect.rings()
        self._read(default="yes")
        call.peer.give_up()
        call.expect.cancel_answered()

    def name(self, call: Call, url: str, form: str = "RFC 3261", others: Sequence[str] = ()) -> None:
        """The caller's INVITE names a picture by Call-Info, in one of FORMS; `others` stand before it and behind it."""
        values = [*others[:1], FORMS[form].format(url), *others[1:]]
        call.invite.add_headers({"Call-Info": ", ".join(values)})

    def release(self, url: str, name: str) -> None:
        """The slow server sends this picture now."""
        self._note(_made(name), url)
        self._held.pop(url).set()

    def look_for(self, name: str = "") -> None:
        """The handset's picture is read until it is this one, or, as without a name, for as long as one may take."""
        wanted = base64.b64encode(_made(name).rows).decode() if name else ""
        over = clock.Deadline(SHOWN_S + (self._context.display if name else PAST_S))
        while True:
            rows = self._read()
            if (wanted and rows and difference(rows, wanted) <= ERROR) or over.expired:
                return
            mark = len(self._handset.dongle.events)
            self._handset.await_change(("DISP",), mark, min(AGAIN_S, over.left))

    def require_asked(self, url: str) -> None:
        """Required: the base has asked for a URL of plain HTTP."""
        self._context.wire.http.require(
            method="GET",
            uri=url.partition(f":{PORT}")[2],
            source=self._context.base_addresses,
            since=self._context.began,
            timeout=self._context.answer,
            what=f"GET {url}",
        )

    def judge(self, *rules: str) -> None:
        """The test by some rules of the profile."""
        __tracebackhide__ = True
        judging.judge_rules(self._context, [self._context.profile.rule(rule) for rule in rules])

    # small parts

    def _read(self, **detail: str) -> str:
        """The rows of the picture that is shown now, in base64; noted as seen."""
        shown = shown_picture(self._handset.dongle, self._handset.number)
        rows = base64.b64encode(shown.rows).decode() if shown is not None else ""
        self._context.saw("picture", _called(shown), {"rows": rows, **detail}, handset=self._handset.number)
        return rows

    def _server(self, *, secure: bool) -> ProvisioningServer:
        if secure not in self._servers:
            host, context = self._context.rig.network.host, None
            if secure:
                if self._files is None:
                    raise NotApplicable("all servers of this rig are the lab's own: they have no certificate")
                context = self._files.context(self._context.rig.base.tls.minimum)
            server = ProvisioningServer(host, SECURE_PORT if secure else PORT, tls=context)
            self._servers[secure] = self._serving.enter_context(server)
        return self._servers[secure]

    def _note(self, made: Portrait, url: str = "", there: str = "") -> None:
        rows = base64.b64encode(made.rows).decode()
        self._context.did("picture", at=self._context.wire.mark(), name=made.name, url=url, text=rows, there=there)

    def _close(self) -> None:
        for hold in self._held.values():
            hold.set()
        self._serving.close()


def _made(name: str) -> Portrait:
    return portraits.unfit(name) if name in portraits.KINDS else portraits.portrait(name)


def _called(shown: Picture | None) -> str:
    return "none" if shown is None else f"{shown.width}x{shown.height} {zlib.crc32(shown.rows):08X}"
