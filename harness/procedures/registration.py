"""Registering identities of the base: each act provokes a REGISTER, each check reads the ones on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness import clock
from harness.clock import wait_until
from harness.procedures.challenges import Challenges
from harness.procedures.notices import Notices
from harness.procedures.request_shape import Shape

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

T1 = 0.5
"""The first interval of a retransmission (RFC 3261 section 17.1.2.2), the default of retry_t1."""
EARLY, LATE = 0.1, 0.4
"""How far a timer may be off, as shares of it: a phone is punctual, and a busy rig shows it late."""


class Registration(Challenges, Shape, Notices):
    """The base's bindings at the PBX of the profile; `server` is the PBX's side."""

    # times

    def asked_again_with_at_least(self, seconds: int) -> None:
        """After 423 the next request asks for enough, and is granted."""
        refused = self._witness_refusal(423, "423 with Min-Expires")
        claim = "a time that is too short is raised to what the server wants"
        again = self._expect(
            refused.at, "REGISTER after 423", claim, where=lambda m: m.cseq.number > refused.cseq.number
        )
        if (again.expires or 0) < seconds:
            self.desk.broken(claim, f"at least {seconds} s", f"{again.expires} s", [refused, again])
        self.is_bound()

    def waits(self, seconds: float) -> None:
        """After a refusal with Retry-After the next request comes when that time is over, not before."""
        refused = self._witness_refusal(503, "503 with Retry-After")
        claim = f"a pause of {seconds:g} s that the server asks for is kept to"
        again = self._expect(refused.at, "the next REGISTER", claim, timeout=2 * seconds + self.limit)
        if again.at - refused.at < seconds * (1 - EARLY):
            self.desk.broken(claim, f"{seconds:g} s", f"{again.at - refused.at:.1f} s", [refused, again])

    def was_refused(self, status: int = 503) -> None:
        """Witness: the server said so."""
        self._witness_refusal(status, str(status))

    def does_not_insist(self, at_most: int, during: float) -> None:
        """At most so many tries follow a refusal in this time."""
        refused = self._witness_refusal(None, "a refusal")
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            since=refused.at,
            during=during,
            where=lambda m: self._number_since(m, refused) > at_most,
            what=f"REGISTER number {at_most + 1} after the refusal",
            claim="a registration that was refused is not tried without a pause",
        )

    def _number_since(self, request: SipMessage, refused: SipMessage) -> int:
        later = self.wire.sip.all(
            method="REGISTER", source=self.desk.base_addresses, to_user=request.to.user, since=refused.at, fenced=False
        )
        return sum(1 for one in later if one.at <= request.at)

    def gave_up_waiting(self, t1: float) -> None:
        """Witness: the request was repeated, and its transaction is over by the clock (RFC 3261 section 17.1.2.2)."""
        first = self.next_request(self.identity)
        claim = "a request that nobody answers is sent again"
        branch = first.branch
        self._expect(first.at + 0.001, "the same REGISTER again", claim, where=lambda m: m.branch == branch)
        over = first.at + 64 * t1 + 1
        wait_until(lambda: clock.now() > over, what="the end of the transaction", within=64 * t1 + 5)

    def repeats_at_doubling_intervals(self, times: int, t1: float = T1) -> None:
        """An unanswered request is sent again after T1, 2·T1 … (RFC 3261 section 17.1.2.2)."""
        sent = [self.next_request(self.identity)]
        for number in range(times):
            interval, last = t1 * 2**number, sent[-1]
            claim = "a request that nobody answers is sent again"
            again = self._expect(
                last.at + 0.001,
                "the same REGISTER again",
                claim,
                timeout=interval + self.limit,
                where=lambda m: m.branch == sent[0].branch,
            )
            if not interval * (1 - EARLY) <= again.at - last.at <= max(interval * (1 + LATE), interval + T1 / 4):
                seen = f"{again.at - last.at:.2f} s"
                self.desk.broken(f"interval {number + 1} of a retransmission", f"{interval:g} s", seen, [last, again])
            sent.append(again)

    def stays_away(self, seconds: float) -> None:
        """Once its binding is gone the identity does not ask for another."""
        gone = next(m for m in self._requests() if m.expires == 0)
        self.wire.sip.never(
            method="REGISTER",
            source=self.desk.base_addresses,
            to_user=self.desk.account(self.identity).user,
            since=gone.at,
            during=seconds,
            where=lambda m: m.expires != 0,
            what="REGISTER",
            claim="an identity that is switched off does not register",
        )

    def sent_nothing_twice(self) -> None:
        """No request of the base came twice although it was answered."""
        self.is_bound()
        branches: dict[str, list[SipMessage]] = {}
        for request in self._requests():
            branches.setdefault(request.branch, []).append(request)
        for twice in branches.values():
            if len(twice) > 1:
                self.desk.broken("an answered request is not sent again", "once", f"{len(twice)} times", twice)
