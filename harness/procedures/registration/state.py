"""The common state of a registration procedure: identity under test, time from which events count, requests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.core import clock
from harness.procedures.judging import rules_first

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.context import TestContext

FAILURE = 400


class RegistrationState:
    """One identity at a time, and its messages since `began`."""

    def __init__(self, context: TestContext) -> None:
        self.context = context
        self.wire = context.wire
        self.limit = context.rig.timing.register_
        self.began = clock.now()
        self.identity = 1
        self.handset_of = {entry.identity: entry.number for entry in context.rig.handsets}

    @property
    def user(self) -> str:
        """The account of the identity under test."""
        return self.context.account(self.identity).user

    def requests(self) -> list[SipMessage]:
        """Every REGISTER of the base."""
        return self.wire.sip.all(method="REGISTER", source=self.context.base_addresses, since=self.began)

    def answers(self) -> list[SipMessage]:
        """The server's answers to those of the identity."""
        addresses = self.context.base_addresses
        return self.wire.sip.all(cseq_method="REGISTER", dest=addresses, to_user=self.user, since=self.began)

    def await_request(self, since: float, what: str, timeout: float = 0.0, **conditions: Any) -> SipMessage:
        """A REGISTER of the identity; if none comes, a broken rule is reported first."""
        __tracebackhide__ = True
        with rules_first(self.context):
            return self.wire.sip.expect(
                method="REGISTER",
                source=self.context.base_addresses,
                to_user=self.user,
                since=since,
                timeout=timeout or self.limit,
                what=what,
                **conditions,
            )

    def await_first_request(self) -> SipMessage:
        """The first REGISTER since the last act; one that removes a binding does not count."""
        what = f"REGISTER of identity {self.identity}"
        return self.await_request(self.wire.default_since, what, where=lambda m: m.expires != 0)

    def require_answer(self, status: int | tuple[int, ...] | None, what: str, **conditions: Any) -> SipMessage:
        """An answer of the server to the identity that fits these conditions."""
        return self.wire.sip.require(
            status=status,
            cseq_method="REGISTER",
            dest=self.context.base_addresses,
            timeout=self.limit,
            what=what,
            **{"since": self.began, **conditions},
        )

    def require_answer_to(self, method: str, status: int, identity: int, since: float | None = None) -> SipMessage:
        """An answer of the server to another request of an identity, by default since the last act."""
        return self.wire.sip.require(
            status=status,
            cseq_method=method,
            to_user=self.context.account(identity).user,
            dest=self.context.base_addresses,
            since=since,
            what=f"{status} to {method}",
        )

    def require_refusal(
        self, status: int | tuple[int, ...] | None, what: str, *, to_credentials: bool = False
    ) -> SipMessage:
        """A refusal of the server: of any request, or of one with credentials."""
        signed = {m.cseq.number for m in self.requests() if m.has("authorization")} if to_credentials else None
        return self.require_answer(
            status,
            what,
            to_user=self.user,
            where=lambda m: m.status >= FAILURE and (signed is None or m.cseq.number in signed),
        )
