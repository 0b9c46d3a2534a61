"""Expectations of an identity: it registers, keeps its binding, repeats unanswered requests, and signs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture import headers
from harness.core.errors import InvalidTest
from harness.procedures.judging import rules_first

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.registration.state import RegistrationState

LATE_S = 1.0
"""Seconds after the end of a binding in which its refresh is awaited, so that the end is in the evidence."""
NEXT_S, AFTER_S = 0.01, 0.001


class BindingExpectations:
    """Waits for the base; rules judge whether it acted correctly and in time."""

    def __init__(self, state: RegistrationState) -> None:
        self._state = state
        self._context = state.context
        self._wire = state.wire

    def request(self, identity: int = 1) -> SipMessage:
        """The identity has sent a REGISTER since the last act."""
        self._state.identity = identity
        return self._state.await_first_request()

    def bound(self, within: float = 0.0) -> SipMessage:
        """The REGISTER is answered 200 on the wire."""
        user = self._state.user
        with self._context.registering(self._state.identity, self._state.began), rules_first(self._context):
            return self._wire.sip.expect(
                status=200,
                cseq_method="REGISTER",
                to_user=user,
                dest=self._context.base_addresses,
                since=self._state.began,
                where=self._answers_a_registration,
                timeout=within or self._state.limit,
                what=f"200 to REGISTER of {user}",
                claim=f"{user} is registered",
            )

    def all_bound(self) -> None:
        """Every identity of the rig was answered 200 since the last act."""
        self._state.began = self._wire.default_since
        for entry in self._context.handsets_in_use:
            self._state.identity = entry.identity
            self.bound()

    def refreshed(self) -> SipMessage:
        """Another REGISTER comes before the granted time is over; the next call awaits the one after it."""
        answer = self.bound()
        granted = self._granted(answer)
        if granted is None or granted > self._state.limit * 4:
            raise InvalidTest("a short grant", f"the server granted {granted} s")
        refresh = self._state.await_request(answer.at + NEXT_S, "refreshing REGISTER", timeout=granted + LATE_S)
        self._state.began = refresh.at
        return refresh

    def unbound(self) -> None:
        """The base removes its binding with Expires 0; required: the server confirms it."""
        gone = self._state.await_request(self._state.began, "REGISTER with Expires 0", where=lambda m: m.expires == 0)
        self._state.require_answer(200, "200", to_user=gone.to.user, since=gone.at)

    def another_request(self, timeout: float = 0.0) -> SipMessage:
        """A new REGISTER follows the last refusal."""
        refused = self._state.require_refusal(None, "a refusal")
        return self._state.await_request(
            refused.at, "another REGISTER", timeout=timeout, where=lambda m: m.cseq.number > refused.cseq.number
        )

    def repetitions(self, times: int) -> None:
        """The unanswered REGISTER is repeated this many times."""
        last = self._state.await_first_request()
        branch = last.branch
        for _ in range(times):
            last = self._state.await_request(
                last.at + AFTER_S, "the same REGISTER again", where=lambda m: m.branch == branch
            )

    def _answers_a_registration(self, answer: SipMessage) -> bool:
        """Whether the answered request asked for a binding and did not remove one."""
        sent = self._wire.sip.all(method="REGISTER", since=self._state.began, fenced=False, call_id=answer.call_id)
        return any(request.expires != 0 for request in sent if request.cseq.number == answer.cseq.number)

    def _granted(self, answer: SipMessage) -> int | None:
        """The expiry of the base's own binding in the 200, else that of all (RFC 3261 section 10.2.4)."""
        own = [contact for contact in answer.contacts if contact.host in self._context.base_addresses]
        granted = headers.number(own[0].params.get("expires", "")) if own else None
        return answer.expires if granted is None else granted
