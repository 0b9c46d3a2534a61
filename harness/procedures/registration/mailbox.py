"""The mailbox of an identity: what its server does with the subscription to it, and what the base makes of that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core.clock import wait_until
from harness.core.errors import NotApplicable
from harness.procedures.judging import rules_first
from harness.rules.subscribing import EVENT, MAILBOX

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.registrar import Registrar
    from harness.procedures.registration.state import RegistrationState

AFTER = 0.001


class Mailbox:
    """The server's mailboxes can be filled and their subscriptions refused only where it is the harness's own."""

    def __init__(self, state: RegistrationState, server: Registrar) -> None:
        self._state = state
        self._context = state.context
        self._wire = state.wire
        self._server = server

    def require_subscriptions(self, *, made: bool) -> None:
        """This unit subscribes where a mailbox is set, as far as its lab knows (MWI-1: subscribes)."""
        if not made:
            raise NotApplicable(
                "this unit, its lab says, waits for what the server tells by itself (MWI-1: subscribes)"
            )

    # acts

    def set_up(self, identity: int = 1) -> None:
        """The identity gets a mailbox, the number of a peer; required: it has none yet, so that this is a change."""
        number = self._context.peer_account(1).dialled
        if self._context.setting(MAILBOX, identity):
            self._context.base.change(MAILBOX, "", idx=identity)
        self._wire.mark()
        self._context.base.change(MAILBOX, number, idx=identity)

    def refuse(self, status: int) -> None:
        """New subscriptions of the base are refused with this status."""
        self._server.server.fault("subscribe", status)

    def lose_subscription(self) -> None:
        """The server does not know the next refresh: 481."""
        self._server.server.fault("subscribe_lost", 1)

    def grant(self, seconds: int) -> None:
        """Subscriptions last no longer than this."""
        self._server.server.fault("subscribe_grant", seconds)

    def fill(self, new: int, old: int = 0, identity: int = 1) -> None:
        """So many messages are in the box from now on; the server tells who has subscribed."""
        server, user = self._server.server, self._context.account(identity).user
        self._context.addfinalizer(lambda: server.fill_mailbox(user, 0))
        server.fill_mailbox(user, new, old)

    # expectations

    def expect_subscribed(self, identity: int = 1, *, since: float | None = None) -> SipMessage:
        """The identity subscribes, and the server takes it; returns the 200."""
        self._await(identity, "a mailbox that is set is subscribed to", since)
        return self._state.require_answer_to("SUBSCRIBE", 200, identity, since)

    def expect_told(self, identity: int = 1, *, since: float | None = None) -> None:
        """Required: the server has told the subscriber what is in the box; whether it is shown is a rule's."""
        self._wire.sip.require(
            method="NOTIFY",
            dest=self._context.base_addresses,
            since=since,
            where=lambda m: bool(m.to.tag) and m.has("event", EVENT) and bool(m.body),
            what="a summary in the subscription",
        )

    def expect_refused(self, status: int, identity: int = 1) -> SipMessage:
        """Required: the SUBSCRIBE is answered with this status; returns the answer."""
        return self._state.require_answer_to("SUBSCRIBE", status, identity)

    def expect_anew(self, lost: SipMessage, within: float, identity: int = 1) -> SipMessage:
        """Another SUBSCRIBE comes after an answer; what it says is a rule's."""
        return self._await(identity, "a subscription is asked for again", lost.at + AFTER, within)

    def wait_quietly(self, refused: SipMessage, seconds: float) -> None:
        """So much time passes after a refusal."""
        over = refused.at + seconds + 0.5
        wait_until(
            lambda: self._wire.mark() > over, what=f"{seconds:g} s after the refusal", within=seconds + 5, poll=0.2
        )

    def _await(self, identity: int, claim: str, since: float | None = None, within: float = 0.0) -> SipMessage:
        asked: dict[str, Any] = {"method": "SUBSCRIBE", "source": self._context.base_addresses}
        asked["from_user"] = self._context.account(identity).user
        limit = within or self._context.rig.timing.register_
        with rules_first(self._context):
            return self._wire.sip.expect(
                **asked, since=since, where=lambda m: m.has("event", EVENT), timeout=limit, claim=claim
            )
