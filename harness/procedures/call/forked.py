"""A call that rings at two far ends, since the server forks it: each is an early dialog, and one of them goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call.screen import Call

if TYPE_CHECKING:
    from harness.procedures.context import TestContext
    from harness.softphone.leg import Leg

SECOND_PEER = 2


class ForkedCall(Call):
    """The first handset dials the first peer's number, at which the second peer is reached too."""

    def __init__(self, context: TestContext) -> None:
        super().__init__(context)
        self._other = context.peer(SECOND_PEER)
        self._legs: dict[str, Leg] = {}
        self._tags: dict[str, str] = {}
        self._server = context.server
        user = context.peer_account(1).user
        context.addfinalizer(lambda: self._server.forks_no_more(user))
        self._server.forks(user, context.peer_account(SECOND_PEER).user)

    def rings_at_two_far_ends(self) -> None:
        """Dialled; the first far end rings and then the second; witness: the base is told of both, by their To tags."""
        self.dials()
        with self.rules_first():
            self._legs = {
                "first": self.peer.expect_call(within=self.context.answer),
                "second": self._other.expect_call(within=self.context.answer),
            }
        for which, leg in self._legs.items():
            since = self.wire.mark()
            leg.ring()
            self._tags[which] = self._witness_response(180, since).to.tag
        if len(set(self._tags.values())) != len(self._legs):
            self.context.missing("a To tag for each far end that rings", f"{self._tags}")

    def is_answered_by_the(self, which: str) -> None:
        """The `first` or the `second` far end answers; the base acknowledges that branch and no other."""
        self._leg = self._legs[which]
        self.is_answered_by_the_peer()

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
                timeout=self.context.answer,
                what="the 200 of each far end",
            )
            self.awaits("each answer of a forked call is acknowledged", since=answer.at, method="ACK", to_tag=tag)

    def hangs_up_on_all_but_one(self) -> None:
        """One branch goes on; the base sends BYE to the other (RFC 3261 section 13.2.2.4)."""
        bye = self._expect_bye(self.key_at, "the branch that is not talked to is hung up")
        kept = next(which for which, tag in self._tags.items() if tag != bye.to.tag)
        self._leg = self._legs[kept]
        self._legs[next(which for which in self._legs if which != kept)].expect("disconnected", self.context.answer)
