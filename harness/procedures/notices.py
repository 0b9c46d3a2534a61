"""What a server asks of a registered identity outside calls, and what the base makes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness import clock
from harness.clock import WaitExpired, wait_until
from harness.handset.menus import menus
from harness.procedures.registering import FAILURE, QUIET, Registering
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

METHODS = ("ACK", "BYE", "CANCEL", "INVITE")
MESSAGE_ICON = "MESSAGE"


class Notices(Registering):
    """OPTIONS and NOTIFY of the server."""

    def answers_the_ping(self, within: float) -> None:
        """200 to OPTIONS in time, with a To tag and an Allow that names what calls are made of."""
        answer = self._answer("OPTIONS", within, "a ping of the server is answered", status=200)
        if not set(METHODS) <= set(answer.header("allow")):
            self.desk.broken("Allow in the answer to OPTIONS", METHODS, answer.header("allow"), [answer])
        if not answer.to.tag:
            self.desk.broken("the answer to OPTIONS has a To tag (RFC 3261 §8.2.6.2)", "a tag", answer.to, [answer])

    def refuses_the_notice(self) -> None:
        """A NOTIFY of an unknown event is refused (RFC 6665 section 4.1.3)."""
        answer = self._answer("NOTIFY", self.limit, "a notice of an unknown event is answered")
        if answer.status < FAILURE:
            self.desk.broken("a notice of an unknown event is refused", "489", answer.status, [answer])

    def shows_no_messages(self, handset: int) -> None:
        """No messages wait for this handset."""
        icons = self.desk.handset(handset).display().icons
        if MESSAGE_ICON in icons:
            self.desk.broken(f"no messages wait for handset {handset}", f"no icon {MESSAGE_ICON}", icons)

    def takes_the_notice(self, handset: int, *, messages: bool) -> None:
        """200 to the NOTIFY, and the identity's handset shows whether messages wait."""
        answer = self._answer("NOTIFY", self.limit, "a notice of the mailbox is taken")
        self.desk.same("a notice of the mailbox is taken", answer.status, 200, answer)
        display = self.desk.handset(handset).display
        try:
            wait_until(
                lambda: (MESSAGE_ICON in display().icons) == messages, what="the message icon", within=self.desk.answer
            )
        except WaitExpired:
            wanted = f"{'an' if messages else 'no'} icon {MESSAGE_ICON}"
            self.desk.broken(f"handset {handset} shows whether messages wait", wanted, display())
        self._lamp_tells(handset, messages=messages)

    def fetches_on_request(self) -> None:
        """The NOTIFY is answered 200, and the settings are fetched."""
        self._answer("NOTIFY", self.limit, "check-sync is answered")
        self.wire.http.expect(
            method="GET",
            source=self.desk.base_addresses,
            timeout=self.desk.rig.timing.boot,
            what="GET of the settings",
            claim="the settings are fetched when the server asks for it",
        )

    def goes_on_without_a_restart(self, during: float = QUIET) -> None:
        """No address is asked for as by a base that has none, no binding is taken back, and the uptime goes on.

        Inferred: that a restart would have begun after so long. Where the status page tells no uptime the wire decides.
        """
        since, claim = self.wire.default_since, "the base goes on without a restart"
        self.wire.dhcp.never(**self._addressless(), since=since, during=during, what="a DHCP request", claim=claim)
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            since=since,
            where=lambda m: m.expires == 0,
            what="a de-registration",
            claim=claim,
        )
        up, passed = self._uptime(claim), clock.now() - since
        if up is not None and up + 1 < passed:
            self.desk.broken(claim, f"an uptime of {passed:.0f} s at least", f"{up} s")

    def restarts_and_fetches(self) -> None:
        """The base asks DHCP for an address, fetches its settings and counts its uptime anew; then it is bound.

        Inferred: that it starts over with no address, and does not go on with the lease it had.
        """
        since, limit = self.wire.default_since, self.desk.rig.timing.boot
        claim = "a restart that the server asked for comes when the call is over"
        self.wire.dhcp.expect(**self._addressless(), since=since, timeout=limit, what="a DHCP request", claim=claim)
        self.desk.base.wait_ready(since=since, users=[self.desk.account(self.identity).user], within=limit)
        up, passed = self._uptime(claim), clock.now() - since
        if up is not None and up > passed + 1:
            self.desk.broken(claim, f"an uptime of {passed:.0f} s at most", f"{up} s")

    def fetches_nothing(self) -> None:
        """The NOTIFY is answered, and nothing is fetched."""
        self._answer("NOTIFY", self.limit, "check-sync is answered")
        self.wire.http.never(
            method="GET",
            source=self.desk.base_addresses,
            during=QUIET,
            claim="check-sync without allow_check_sync is not obeyed",
        )

    # small parts

    def _uptime(self, claim: str) -> int | None:
        """The uptime that the status page tells, once the web server answers: a base that restarts is awaited."""
        web = self.desk.base.web
        try:
            web.answers(self.desk.rig.timing.boot)
        except WaitExpired as expired:
            self.desk.broken(claim, "a web server that answers", expired.last_seen)
        return web.uptime()

    def _addressless(self) -> dict[str, Any]:
        """What a base asks DHCP that starts: it has no address yet, unlike one that renews its lease."""
        return {
            "type": ("Discover", "Request"),
            "mac": self.desk.rig.base.mac.lower(),
            "where": lambda m: m.client_address in ("", "0.0.0.0"),
        }

    def _lamp_tells(self, handset: int, *, messages: bool) -> None:
        """Where the dongle sees lamps: that of messages burns while messages wait; missed calls may light it too."""
        part, lamp = self.desk.handset(handset), menus().lamps.messages
        missed = any(part.display().has(text) for text in texts("missed"))
        if part.lamps() == {} or (not messages and missed):
            return
        part.expect_lamp(lamp, on=messages, within=self.desk.answer)

    def _answer(self, method: str, within: float, claim: str, status: int | None = None) -> SipMessage:
        asked = self.wire.sip.witness(method=method, dest=self.desk.base_addresses, what=f"{method} of the server")
        return self.wire.sip.expect(
            status=status,
            cseq_method=method,
            source=self.desk.base_addresses,
            since=asked.at,
            where=lambda m: m.status > 0,
            timeout=within,
            claim=claim,
            **self.desk.cites(),
        )
