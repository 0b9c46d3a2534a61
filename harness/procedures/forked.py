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
        self._tags: dict[str, str] = {}
        self._server = desk.server
        user = desk.peer_account(1).user
        desk.afterwards(lambda: self._server.forks_no_more(user))
        self._server.forks(user, desk.peer_account(SECOND_PEER).user)

    def rings_at_two_far_ends(self) -> None:
        """Dialled; the first far end rings and then the second; witness: the base is told of both, by their To tags."""
        self.dials()
        with self.blames_the_base():
            self._legs = {
                "first": self.peer.expect_call(within=self.desk.answer),
                "second": self._other.expect_call(within=self.desk.answer),
            }
        for which, leg in self._legs.items():
            since = self.wire.mark()
            leg.ring()
            self._tags[which] = self._witness_response(180, since).to.tag
        if len(set(self._tags.values())) != len(self._legs):
            self.desk.missing("a To tag for each far end that rings", f"{self._tags}")

    def is_answered_by_the(self, which: str) -> None:
        """The `first` or the `second` far end answers; the base acknowledges that branch and no other."""
        self._leg = self._legs[which]
        answer = self.is_answered_by_the_peer()
        self._is_for(answer, self._expect_ack(answer, "the answer is acknowledged"))

    def is_answered_by_both_at_once(self) -> None:
        """Both answer while the server stands still; both answers reach the base and each is acknowledged."""
        since = self.wire.mark()
        self._server.freeze()
        try:
            for leg in self._legs.values():
                leg.answer()
        finally:
            self._server.thaw()
        for tag in self._tags.values():
            answer = self.wire.sip.witness(
                status=200,
                cseq_method="INVITE",
                to_tag=tag,
                dest=self.base,
                within=self.dialog,
                since=since,
                timeout=self.desk.answer,
                what="the 200 of each far end",
            )
            self.wire.sip.expect(
                method="ACK",
                to_tag=tag,
                source=self.base,
                within=self.dialog,
                since=answer.at,
                timeout=self.desk.answer,
                claim="each answer of a forked call is acknowledged",
                **self.desk.cites(),
            )

    def hangs_up_on_all_but_one(self) -> None:
        """One branch goes on; the base sends BYE to the other (RFC 3261 section 13.2.2.4)."""
        bye = self._expect_bye(self.key_at, "the branch that is not talked to is hung up")
        kept = [which for which, tag in self._tags.items() if tag != bye.to.tag]
        self.desk.same("branches that go on", len(kept), 1, bye)
        self._leg = self._legs[kept[0]]
        self._legs[next(which for which in self._legs if which not in kept)].expect("disconnected", self.desk.answer)

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
