"""The presence of an identity: what its server does with it, and what the base is expected to publish."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from harness.core.clock import wait_until
from harness.core.errors import ProductFailure
from harness.procedures.judging import rules_first
from harness.rules.presence import NONE_WITHIN_S
from harness.rules.publications import PUBLISHES, Publication, state_in

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.registrar import Registrar
    from harness.procedures.registration.state import RegistrationState

SILENCE_S = 2.5
"""Seconds in which the base would have published."""
LATE_S = 1.0
TAKES_NONE = (405, 489, 501)
"""What a server answers that takes no presence (RFC 3903 section 6)."""
NONE_S = NONE_WITHIN_S + LATE_S
"""Seconds until the rule can say that nothing was published."""


class Presence:
    """Publications of the identities; the server can be steered only where it is the harness's own."""

    def __init__(self, state: RegistrationState, server: Registrar) -> None:
        self._state = state
        self._context = state.context
        self._wire = state.wire
        self._server = server

    # acts

    def switch_on(self, identity: int = 1) -> None:
        """The identity is told to publish."""
        self._context.base.change(PUBLISHES, "on", idx=identity)

    def refuse(self, status: int) -> None:
        """The server answers PUBLISH with this; 412 once only, the next one that is conditional."""
        self._server.server.fault("publish", status)

    def grant(self, seconds: int) -> None:
        """The server keeps publications no longer than this."""
        self._server.server.fault("publish_grant", seconds)

    # expectations

    def expect(self, state: str, identity: int = 1, *, after: SipMessage | None = None) -> SipMessage:
        """The identity publishes this state, `after` another publication; returns the PUBLISH."""
        claim, since = f"the presence that is published is {state}", after.at + 0.001 if after is not None else None
        return self._await(identity, claim, lambda one: state_in(one.request.body) == state, since)

    def expect_online_where_known(self, *, known: bool, identity: int = 1) -> None:
        """The identity publishes that it is online, to a platform that knows PUBLISH; to others nothing."""
        if known:
            self._taken(self.expect("online", identity), identity)
        else:
            claim = "a platform that knows no PUBLISH gets none"
            self._never(identity, self._wire.default_since, claim, during=NONE_S)

    def expect_withdrawn(self, identity: int = 1) -> None:
        """The identity takes its publication back."""
        claim = "a publication is taken back when its identity goes"
        self._await(identity, claim, lambda one: one.withdraws)

    def expect_next(self, published: SipMessage, within: float, identity: int = 1) -> SipMessage:
        """Another PUBLISH comes in this time, e.g. before what was granted is over; what it says is a rule's."""
        self._taken(published, identity)
        claim = "a publication is made again"
        return self._await(identity, claim, lambda one: True, published.at + 0.2, within=within + LATE_S)

    def expect_refused(self, status: int, identity: int = 1) -> SipMessage:
        """The PUBLISH is answered with this status; returns the answer."""
        return self._state.require_answer_to("PUBLISH", status, identity)

    def expect_no_more(self, refused: SipMessage, identity: int = 1) -> None:
        """After a refusal the identity publishes no more."""
        self._never(identity, refused.at, "a server that takes no presence is not asked again")

    def expect_none(self, identity: int = 1) -> None:
        """The identity publishes nothing."""
        self._never(identity, self._wire.default_since, "presence is published only where the setting asks for it")

    def wait_until_judged(self) -> None:
        """Until what the user did last must have been published: see FEA-1."""
        over = self._wire.mark() + 5.0
        wait_until(lambda: self._wire.mark() > over, what="5 s after the last act", within=7, poll=0.2)

    def _taken(self, published: SipMessage, identity: int) -> None:
        """Required: the server took a publication, at once or after a challenge."""
        self._state.require_answer_to("PUBLISH", 200, identity, since=published.at)

    def _await(
        self,
        identity: int,
        claim: str,
        fits: Callable[[Publication], bool],
        since: float | None = None,
        *,
        within: float = 0.0,
    ) -> SipMessage:
        try:
            with rules_first(self._context):
                return self._wire.sip.expect(
                    **self._from(identity),
                    since=since,
                    where=lambda m: fits(Publication(m, None)),
                    timeout=within or self._context.answer,
                    claim=claim,
                )
        except ProductFailure as failure:
            self._require_presence_at_server(identity, failure)
            raise

    def _require_presence_at_server(self, identity: int, failure: ProductFailure) -> None:
        """NotApplicable at a server that has shown before that it takes no presence: the base stops asking."""
        if self._context.has_transparent_pbx:
            return  # its refusals are what a test wants
        user, base = self._context.account(identity).user, self._context.base_addresses
        answers = self._wire.sip.all(cseq_method="PUBLISH", to_user=user, dest=base, since=0.0)
        if (refusal := next((m for m in answers if m.status in TAKES_NONE), None)) is not None:
            self._context.not_passed_on(f"presence, {refusal.status} to PUBLISH", failure)

    def _never(self, identity: int, since: float, claim: str, during: float = SILENCE_S) -> None:
        self._wire.sip.never(**self._from(identity), since=since + 0.001, during=during, claim=claim)

    def _from(self, identity: int) -> dict[str, Any]:
        user = self._context.account(identity).user
        return {"method": "PUBLISH", "source": self._context.base_addresses, "from_user": user}
