"""The server: what is done with a request, in which order."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from harness.dialect import values
from harness.dialect.admission import Admission
from harness.dialect.core import Core, Options, Target
from harness.dialect.fork import Fork
from harness.dialect.mailbox import Mailboxes
from harness.dialect.message import Message
from harness.dialect.own_requests import OwnRequests
from harness.dialect.phones import Phones
from harness.dialect.registrar import LONGEST, Refused, Terms, another_phone
from harness.dialect.relay import Relay
from harness.dialect.transactions import ServerTransaction

ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK, REFER, NOTIFY, SUBSCRIBE, MESSAGE, REGISTER"
ABOUT = (f"Allow: {ALLOW}", "Accept: application/sdp", "Allow-Events: message-summary, refer")
ROUTED = ("INVITE", "OPTIONS", "MESSAGE", "INFO", "NOTIFY", "REFER", "UPDATE", "SUBSCRIBE", "PUBLISH")


class Server:
    """Registrar and back-to-back user agent."""

    def __init__(self, options: Options) -> None:
        self.core = Core(options, self._on_request)
        self.admission = Admission(self.core)
        self.relay = Relay(self.core)
        self.mailboxes = Mailboxes(self.core)
        self.own_requests = OwnRequests(self.core)
        self.phones = Phones(self.core, self.core.platform, self.mailboxes)

    async def start(self) -> None:
        """Take the addresses; raises OSError."""
        await self.core.transports.listen(self.core.options.hosts, self.core.options.port)

    def _on_request(self, server: ServerTransaction) -> None:
        core, asked = self.core, server.request
        sender = core.sender(asked.from_user)
        method, steers = asked.method, core.faults.of
        unburdened = method == "REGISTER" and sender == "peers"
        is_ping = method == "OPTIONS" and not values.Uri.of(asked.uri).user
        silent = (steers(sender, "gone") and not is_ping) or (steers(sender, "mute") and method != "REGISTER")
        if silent and not unburdened:
            core.transactions.forget_server(server)
        elif asked.get("max-forwards") == "0" and method != "ACK":
            server.respond(483)
        elif method == "CANCEL":
            self._cancel(server)
        elif asked.to_tag:
            self._within(server, sender)
        elif method == "ACK" or (not unburdened and self._is_steered(server, sender)):
            return
        elif is_ping and core.is_own(values.Uri.of(asked.uri)):
            server.respond(200, *ABOUT)
        elif self.admission.lets_in(server, sender):
            self._admitted(server, sender)

    def _cancel(self, server: ServerTransaction) -> None:
        invite = self.core.transactions.invite_of(server.request)
        if invite is None:
            server.respond(481)
            return
        server.tag = invite.tag
        server.respond(200)
        if invite.on_cancel is not None and not invite.final:
            invite.on_cancel(server.request)

    def _within(self, server: ServerTransaction, sender: str) -> None:
        core, asked = self.core, server.request
        leg = core.dialogs.find(asked.call_id, asked.to_tag, asked.from_tag)
        faults = core.faults
        if asked.method == "ACK" and faults.take(sender, "lose_acks"):
            return
        if asked.method == "INVITE" and faults.take(sender, "glare"):
            server.respond(491)
        elif self._is_scripted(server, sender):
            return
        elif leg is not None:
            if asked.method == "INVITE" and leg.pair is not None and faults.take(sender, "move_contact"):
                leg.pair.moved = ";moved=1"
            leg.owner.within(leg, server)
        elif asked.method != "ACK":
            server.respond(481)

    def _is_scripted(self, server: ServerTransaction, sender: str) -> bool:
        if server.request.method == "ACK":
            return False
        due = self.core.script.take(server.request, sender)
        if due is None:
            return False
        for one in due.provisionals:
            server.respond(one["status"], *one.get("lines", ()), **_words(one))
        server.losing = due.lost
        lines = [*self.admission.challenges(list(due.challenge)), *due.lines]

        def finish() -> None:
            server.respond(due.status, *lines, reason=due.reason, body=due.body.encode())

        def give_up(cancel: Message) -> None:
            waiting.cancel()
            server.respond(487)

        if not due.after:
            finish()
            return True
        waiting = self.core.later(due.after, finish)
        server.on_cancel = give_up
        return True

    def _is_steered(self, server: ServerTransaction, sender: str) -> bool:
        """Whether a fault or a script answers it before anything else is looked at."""
        steers, method = self.core.faults.of, server.request.method
        pause, status = steers(sender, "unavailable"), steers(sender, "refuse")
        if method == "REGISTER" and pause:
            server.respond(503, *([f"Retry-After: {pause}"] if pause > 1 else []))
        elif method == "REGISTER" and status:
            server.respond(status, reason="Steered by the test")
        else:
            return self._is_scripted(server, sender)
        return True

    def _admitted(self, server: ServerTransaction, sender: str) -> None:
        core, asked = self.core, server.request
        uri = values.Uri.of(asked.uri)
        status = core.faults.of(sender, "answer")
        if asked.method == "REGISTER":
            self._register(server, sender)
        elif not core.is_own(uri):
            server.respond(403, reason="Relaying Denied")
        elif asked.method == "INVITE" and status:
            server.respond(status, reason="Steered by the test")
        elif asked.method == "SUBSCRIBE" and asked.get("event").split(";")[0] == "message-summary":
            self.mailboxes.subscribe(server)
        elif asked.method in ("SUBSCRIBE", "PUBLISH"):
            server.respond(489, "Allow-Events: message-summary")
        elif asked.method in ROUTED:
            self._route(server, uri.user)
        else:
            server.respond(405, f"Allow: {ALLOW}")

    def _register(self, server: ServerTransaction, sender: str) -> None:
        core, asked = self.core, server.request
        steers = core.faults.of
        user = values.Uri.of(values.address(asked.get("to"))).user
        terms, extra = Terms(), []
        if sender != "peers":
            terms = self._terms(sender)
            other = steers(sender, "another_first")
            extra = [another_phone(user, other)] if other and asked.get("contact") != "*" else []
        try:
            lines = core.registrar.register(user, asked, server.flow, terms)
        except Refused as refused:
            server.respond(refused.status, *refused.lines)
            return
        for binding in core.registrar.bound(user) if sender != "peers" else ():
            core.later(0, functools.partial(self.phones.registered, user, binding))
        more = [self.admission.digest.nextnonce()] if steers(sender, "nextnonce") else []
        server.respond(200, *extra, *lines, *more)

    def _terms(self, sender: str) -> Terms:
        """What the platform grants; a fault goes before it."""
        steers, granted = self.core.faults.of, self.core.platform.expiry
        raises = granted.too_brief != "423" and not steers(sender, "min_expires")
        most = steers(sender, "grant") or granted.most
        least = steers(sender, "min_expires") or min(granted.least, most or granted.least)
        return Terms(least, most, granted.default, max(most, LONGEST), raises)

    def _route(self, server: ServerTransaction, user: str) -> None:
        core, asked = self.core, server.request
        replaced = core.dialogs.replaced(asked)
        to = core.registrar.diverted.get(user, "")
        if to and asked.method == "INVITE" and replaced is None:
            asked.add(*core.dress.diverted(user, to))
            user = to
        if replaced is not None:
            flow = core.flow_to(replaced.target, replaced.flow)
            targets = [Target(replaced.target, flow, replaced.serves, replaced.sender)]
        else:
            targets = [core.target(binding, user) for binding in core.registrar.reached(user)]
        if targets:
            Fork(core, self.relay, server, targets).start()
        else:
            server.respond(480 if core.registrar.is_known(user) else 404)


def _words(one: Mapping[str, Any]) -> dict[str, Any]:
    """What a script says of a provisional answer beside its status and lines."""
    return {"reason": one.get("reason", ""), "body": str(one.get("body", "")).encode(), "tag": one.get("tag", "")}
