"""What a server asks of a registered identity outside calls: the waits for answers, and looks at handsets and pages."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

from harness.core import clock
from harness.core.clock import WaitExpired, wait_until
from harness.handset.menus import menus
from harness.procedures.judging import rules_first
from harness.procedures.registration.registering import Registering
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

MESSAGE_ICON = "MESSAGE"
LATE_S = 0.5
"""So long after the time of an answer it is waited for: then its lateness is on the record."""


class Notices(Registering):
    """OPTIONS and NOTIFY of the server."""

    def answers(self, method: str, within: float = 0.0) -> SipMessage:
        """The base answers the server's last request of this method."""
        asked = self.wire.sip.witness(method=method, dest=self.context.base_addresses, what=f"{method} of the server")
        with rules_first(self.context):
            return self.wire.sip.expect(
                cseq_method=method,
                source=self.context.base_addresses,
                since=asked.at,
                where=lambda m: m.status >= 200,
                timeout=(within or self.limit) + LATE_S,
                what=f"an answer to {method}",
                **self.context.rule_reference(),
            )

    def shows_messages(self, handset: int, *, waiting: bool) -> None:
        """Icons and lamp of a handset are looked at until they say so, or as they are when its time is over."""
        display = self.context.handset(handset).display
        with contextlib.suppress(WaitExpired):  # what it shows instead is for the rule
            wait_until(
                lambda: (MESSAGE_ICON in display().icons) == waiting,
                what="the message icon",
                within=self.context.answer,
            )
        users = " ".join(self._users_of(handset))
        self.context.saw("icons", " ".join(display().icons), {"users": users}, handset=handset)
        self._looks_at_the_lamp(handset, users, waiting=waiting)

    def fetches_its_settings(self) -> None:
        """A GET of the base after the server's notice."""
        with rules_first(self.context):
            self.wire.http.expect(
                method="GET",
                source=self.context.base_addresses,
                timeout=self.context.rig.timing.boot,
                what="GET of the settings",
            )

    def goes_on_for(self, seconds: float) -> None:
        """So much time after the notice is on the record, and how long the base has been up."""
        over = self.wire.default_since + seconds
        wait_until(lambda: clock.now() > over, what=f"{seconds:g} s without a restart", within=seconds + 5)
        self.looks_at_the_uptime()

    def restarts(self) -> None:
        """The base asks DHCP for an address, fetches its settings, and its first identity is bound.

        Inferred: that it starts over with no address, and does not go on with the lease it had.
        """
        since, limit = self.wire.default_since, self.context.rig.timing.boot
        with rules_first(self.context):
            self.wire.dhcp.expect(**self._addressless(), since=since, timeout=limit, what="a DHCP request")
        self.context.base.wait_ready(since=since, users=[self.context.account(self.identity).user], within=limit)
        self.looks_at_the_uptime()

    def looks_at_the_uptime(self) -> None:
        """The uptime that the status page tells, once the web server answers; nothing where it tells none."""
        web = self.context.base.web
        try:
            web.answers(self.context.rig.timing.boot)
        except WaitExpired as expired:
            self.context.broken("the web pages answer", "a web server that answers", expired.last_seen)
        seconds = web.uptime()
        if seconds is not None:
            self.context.saw("uptime", str(seconds))

    # small parts

    def _addressless(self) -> dict[str, Any]:
        """What a base asks DHCP that starts: it has no address yet, unlike one that renews its lease."""
        return {
            "type": ("Discover", "Request"),
            "mac": self.context.rig.base.mac.lower(),
            "where": lambda m: m.client_address in ("", "0.0.0.0"),
        }

    def _users_of(self, handset: int) -> list[str]:
        """The accounts of a handset's identities."""
        return [self.context.account(number).user for number, one in self._handset_of.items() if one == handset]

    def _looks_at_the_lamp(self, handset: int, users: str, *, waiting: bool) -> None:
        """Where the dongle sees lamps: that of messages, which missed calls may light too."""
        part, lamp = self.context.handset(handset), menus().lamps.messages
        missed = "yes" if any(part.display().has(text) for text in texts("missed")) else ""
        if part.lamps() == {}:
            return
        with contextlib.suppress(WaitExpired):
            wait_until(lambda: part.lamps().get(lamp, False) == waiting, what="the lamp", within=self.context.answer)
        value = MESSAGE_ICON if part.lamps().get(lamp) else ""
        self.context.saw("lamps", value, {"users": users, "missed": missed}, handset=handset)
