"""A call that rings at two far ends, since the server forks it: each is an early dialog, and one of them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call import occasions
from harness.procedures.call.call import Call

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.softphone.leg import Leg

SECOND_PEER = 2


class ForkedCall(Call):
    """The first handset dials the first peer's number, at which the second peer is reached too."""

    def __init__(self, context: TestContext) -> None:
        super().__init__(context)
        self.far_ends = TwoFarEnds(self)


class TwoFarEnds:
    """The `first` and the `second` peer."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._state = call.state
        self._context = context = call.state.context
        self._other = context.peer(SECOND_PEER)
        self._legs: dict[str, Leg] = {}
        self._tags: dict[str, str] = {}
        self._server = context.server
        user = context.peer_account(1).user
        context.addfinalizer(lambda: self._server.forks_no_more(user))
        self._server.forks(user, context.peer_account(SECOND_PEER).user)

    # acts

    def ring(self) -> None:
        """The first far end rings and then the second; required: the base is told of both, by their To tags."""
        self._expect_calls()
        for which, leg in self._legs.items():
            since = self._state.mark_act()
            leg.ring()
            self._tags[which] = self._state.require_response(180, since).to.tag
        self._require_two_tags()

    def announce(self) -> None:
        """The first far end sends media before it answers, and then the second; required: the base is told of both."""
        self._expect_calls()
        for which, leg in self._legs.items():
            since = self._state.mark_act()
            leg.early_media()
            self._tags[which] = self._state.require_response(183, since, where=occasions.describes).to.tag
        self._require_two_tags()

    def _expect_calls(self) -> None:
        with self._state.rules_first():
            self._legs = {
                "first": self._state.softphone.expect_call(within=self._context.answer),
                "second": self._other.expect_call(within=self._context.answer),
            }

    def _require_two_tags(self) -> None:
        if len(set(self._tags.values())) != len(self._legs):
            self._context.missing("a To tag for each far end that rings", f"{self._tags}")

    def answer(self, which: str) -> None:
        """One of them answers; the base acknowledges that branch and no other."""
        self._state.leg = self._legs[which]
        self._call.peer.answer()

    def answer_at_once(self) -> None:
        """Both answer while the server stands still, so that both answers reach the base."""
        self._state.mark_act()
        self._server.freeze()
        try:
            for leg in self._legs.values():
                leg.answer()
        finally:
            self._server.thaw()

    # what is expected

    def expect_both_acknowledged(self) -> None:
        """Both answers have reached the base (required), and it acknowledges each."""
        since = self._state.acted_at
        for tag in self._tags.values():
            answer = self._state.require_message(
                "the 200 of each far end", since=since, status=200, cseq_method="INVITE", to_tag=tag
            )
            claim = "each answer of a forked call is acknowledged"
            self._state.await_message(claim, since=answer.at, method="ACK", to_tag=tag)

    def expect_one_hung_up(self) -> None:
        """One branch goes on; the base sends BYE to the other (RFC 3261 section 13.2.2.4)."""
        state, claim = self._state, "the branch that is not talked to is hung up"
        bye = state.await_message(claim, since=state.key_at, method="BYE")
        with state.rules_first():
            state.wire.sip.require(
                status=200, cseq_method="BYE", dest=state.base, within=state.dialog, since=bye.at, what="200 to BYE"
            )
        kept = next(which for which, tag in self._tags.items() if tag != bye.to.tag)
        state.leg = self._legs[kept]
        self._legs[next(which for which in self._legs if which != kept)].expect("disconnected", self._context.answer)
