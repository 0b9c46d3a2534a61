"""Messages waiting (RFC 3842): subscriptions, what they are told, and a summary that nobody asked for."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.dialect import values
from harness.dialect.legs import Leg

if TYPE_CHECKING:
    from harness.dialect.core import Core
    from harness.dialect.transactions import ServerTransaction

LONGEST = 3600
EVENT, SUMMARY = "message-summary", "application/simple-message-summary"


@dataclass
class Subscription:
    """Who is told, in which dialog, until when."""

    user: str
    leg: Leg
    until: float
    number: int = 0

    @property
    def left(self) -> int:
        """Seconds that it still lasts."""
        return max(0, round(self.until - time.monotonic()))


class Mailboxes:
    """The mailboxes of all users and the subscriptions to them; the owner of their dialogs."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._counts: dict[str, tuple[int, int]] = {}
        self._subscriptions: dict[tuple[str, str], Subscription] = {}
        self._form = core.platform.mailbox
        self.changed: list[Callable[[str], object]] = []
        """Who is told of a user whose box has changed, beside the subscribers."""

    def subscribe(self, server: ServerTransaction) -> None:
        """A new subscription: granted and told at once, or refused where the platform has none."""
        asked = server.request
        refused = self._core.faults.of(self._core.sender(asked.from_user), "subscribe")
        if refused or not self._form.subscribed:
            server.respond(refused or 489)
            return
        leg = Leg(
            self,
            self._core.sender(asked.from_user),
            call_id=asked.call_id,
            local=values.with_tag(asked.get("to"), ""),
            local_tag=server.tag,
            remote=values.with_tag(asked.get("from"), ""),
            remote_tag=asked.from_tag,
            target=values.address(next(iter(asked.listed("contact")), "")),
            flow=server.flow,
            user=values.Uri.of(asked.uri).user,
            serves=asked.from_user,
            routes=self._core.foreign(asked.listed("record-route")),
        )
        self._core.dialogs.add(leg)
        self._subscriptions[leg.key] = Subscription(asked.from_user, leg, 0.0)
        self.within(leg, server)

    def within(self, leg: Leg, server: ServerTransaction) -> None:
        """A SUBSCRIBE that refreshes or ends it."""
        asked, one = server.request, self._subscriptions.get(leg.key)
        if asked.method == "ACK":
            return
        if asked.method != "SUBSCRIBE" or one is None:
            server.respond(481)
            return
        if asked.to_tag and self._core.faults.take(leg.sender, "subscribe_lost"):
            server.respond(481)
            return
        leg.learn(asked)
        text, most = asked.get("expires"), self._core.faults.of(leg.sender, "subscribe_grant") or LONGEST
        seconds = min(int(text) if text.isdigit() else LONGEST, most)
        one.until = time.monotonic() + seconds
        one.number += 1
        contact = f"Contact: <{self._core.own_uri(leg.flow, leg.user)}>"
        server.respond(200, f"Expires: {seconds}", contact)
        self._tell(one)
        number = one.number
        self._core.later(seconds, lambda: self._run_out(one, number))

    def fill(self, user: str, new: int, old: int) -> None:
        """So many messages are in a user's box now: whoever subscribed is told."""
        self._counts[user] = (new, old)
        for one in [one for one in self._subscriptions.values() if one.user == user]:
            self._tell(one)
        for told in self.changed:
            told(user)

    def summary(self, user: str) -> bytes:
        """The body of a summary."""
        new, old = self._counts.get(user, (0, 0))
        lines = [f"Messages-Waiting: {'yes' if new else 'no'}"]
        if self._form.account:
            host = values.bracketed(self._core.options.hosts[0])
            lines.append(f"Message-Account: {self._form.account}".replace("{host}", host).replace("{user}", user))
        if self._form.counts:
            lines.append(f"Voice-Message: {new}/{old} (0/0)")
        return "".join(f"{line}\r\n" for line in lines).encode()

    def _run_out(self, one: Subscription, number: int) -> None:
        if one.number == number and one.leg.key in self._subscriptions and one.left == 0:
            self._tell(one)

    def _tell(self, one: Subscription) -> None:
        core, leg = self._core, one.leg
        state = f"active;expires={one.left}" if one.left else "terminated;reason=timeout"
        lines = [f"Event: {EVENT}", f"Subscription-State: {state}", f"Content-Type: {SUMMARY}"]
        core.originate(*core.within(leg, "NOTIFY", *lines, body=self.summary(one.user)), lambda _: None)
        if not one.left:
            self._subscriptions.pop(leg.key, None)
            core.dialogs.remove(leg)
