"""Registering identities of the base: what is done to base and server, and the waits that belong to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core import clock
from harness.core.clock import wait_until
from harness.procedures.judging import judge_rules
from harness.procedures.registration.challenges import Challenges
from harness.procedures.registration.notify import Notices

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.profiles.model import Rule


class Registration(Challenges, Notices):
    """The base's bindings at the PBX of the profile; `server` is the PBX's side, `judge` the rules' word on it all."""

    def judge(self, rule: Rule, *others: str) -> None:
        """The test's rule over the test, and others by their ids; each of them must have been exercised."""
        __tracebackhide__ = True
        judge_rules(self.context, [rule, *(self.context.profile.rule(other) for other in others)])

    # after a refusal

    def was_refused(self, status: int = 503) -> SipMessage:
        """Witness: the server said so."""
        return self._witness_refusal(status, str(status))

    def asks_again(self, timeout: float = 0.0) -> SipMessage:
        """The next REGISTER after the last refusal."""
        refused = self._witness_refusal(None, "a refusal")
        return self._expect(
            refused.at, "another REGISTER", timeout=timeout, where=lambda m: m.cseq.number > refused.cseq.number
        )

    def time_passes(self, seconds: float) -> None:
        """So much time since the last refusal, or since the binding was taken back, is on the record."""
        over = max((m.at for m in self._answers() if m.status >= 200), default=self.began) + seconds
        wait_until(lambda: clock.now() > over, what=f"{seconds:g} s of silence", within=seconds + 5)

    # requests that nobody answers

    def repeats_its_request(self, times: int) -> None:
        """The REGISTER that nobody answers is seen so many times more."""
        last = self.next_request(self.identity)
        branch = last.branch
        for _ in range(times):
            last = self._expect(last.at + 0.001, "the same REGISTER again", where=lambda m: m.branch == branch)

    def gives_up_waiting(self, t1: float) -> None:
        """The transaction of the request that nobody answers is over by the clock (RFC 3261 section 17.1.2.2)."""
        over = self.next_request(self.identity).at + 64 * t1 + 1
        wait_until(lambda: clock.now() > over, what="the end of the transaction", within=64 * t1 + 5)

    # what is looked at beside the wire

    def looks_at_the_version(self) -> None:
        """The status page is read: the version that User-Agent names too."""
        self.context.saw("version", self.base.version(), {"product": "snom-m9"})

    def looks_at_its_name(self, identity: int) -> None:
        """The display name of the identity is read from the account page."""
        self.context.setting("user_realname", identity)

    def looks_at_the_binding(self, identity: int) -> None:
        """The row of the identity on the registration page is read."""
        user = self.context.account(identity).user
        self.context.saw("binding", self.context.registration_row(identity), {"user": user})
