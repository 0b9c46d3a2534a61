"""A call that rings at two far ends, since the server forks it: each is an early dialog, and one of them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.screen_of_call import Call

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.desk import Desk
    from harness.softphone.leg import Leg

SECOND_PEER = 2


class ForkedCall(Call):
    """The first handset dials the first peer's number, at which the second peer is reached too."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._other = desk.peer(SECOND_PEER)
        self._legs: dict[str, Leg] = {}
        self._forks = desk.server
        self._forks.forks(desk.peer_account(1).user, desk.peer_account(SECOND_PEER).user)
        desk.afterwards(
            lambda: self._forks.forks_no_more(desk.peer_account(1).user, desk.peer_account(SECOND_PEER).user)
        )

    def rings_at_two_far_ends(self) -> None:
        """Dialled; the first far end rings and then the second; witness: the base is told of both, by their To tags."""
        self.dials()
        with self.blames_the_base():
            self._legs = {
                "first": self.peer.expect_call(within=self.desk.answer),
                "second": self._other.expect_call(within=self.desk.answer),
            }
        tags = set()
        for leg in self._legs.values():
            since = self.wire.mark()
            leg.ring()
            tags.add(self._witness_response(180, since).to.tag)
        if len(tags) != len(self._legs):
            self.desk.missing("a To tag for each far end that rings", f"{len(tags)}")

    def is_answered_by_the(self, which: str) -> None:
        """The `first` or the `second` far end answers; the base acknowledges that branch and no other."""
        self._leg = self._legs[which]
        answer = self.is_answered_by_the_peer()
        self._is_for(answer, self._expect_ack(answer, "the answer is acknowledged"))

    def ends_where_it_was_answered(self) -> None:
        """On hook; BYE goes to the branch that answered."""
        answer = self.dialog.answered
        assert answer is not None
        self._is_for(answer, self.is_hung_up_by_the_handset())

    def _is_for(self, answer: SipMessage, request: SipMessage) -> None:
        claim = f"the {request.method} belongs to the branch that answered (RFC 3261 §13.2.2.4): To tag"
        self.desk.same(claim, request.to.tag, answer.to.tag, answer, request)
        claim = f"the {request.method} is for the Contact of the branch that answered"
        self.desk.same(claim, request.request_uri, answer.contact.uri, answer, request)
