"""What a dialog must keep to whatever is talked about in it: acknowledgements, routes, targets, timers, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.errors import NotApplicable
from harness.procedures.call.hold import HoldActs

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

STRANGE_HEADERS = {
    "X-Asterisk-HangupCause": "Normal Clearing",
    "X-M9-Unheard-Of": 'one;two="three, four"',
    "Supported": "m9-unheard-of",
}
T1_S = 0.5
GLARE_LIMIT_S = 5.0
"""Within it the next try after a 491 comes (RFC 3261 §14.1: 4 s at most), and the base may be busy."""
LATE_S = 1.0


class SignallingActs(HoldActs):
    """Rules of SIP that hold for every call."""

    # what the far end asks for

    def requires_of_the_base(self, tag: str) -> None:
        """The call to come carries Require with this option tag."""
        self.peer_headers["Require"] = tag

    def peer_says_what_nobody_knows(self) -> None:
        """The call to come carries headers of a server's own and an option tag that nobody registered."""
        self.peer_headers |= STRANGE_HEADERS

    def peer_wants_session_timer(self, expires: int, refresher: str) -> None:
        """The peer's INVITE asks for a session timer of so many seconds, refreshed by `uac` or `uas`.

        Its library names no refresher in an INVITE and is told to stay out of it; the headers are ours.
        """
        self._peer_becomes(session_timer="inactive")
        self.peer_headers |= {"Session-Expires": f"{expires};refresher={refresher}", "Supported": "timer"}

    def peer_insists_on_reliable_ringing(self, *, known: bool) -> None:
        """The peer's 18x carry Require: 100rel; it takes no call that does not offer it.

        Whether the base knows it is `known`: an option, which a lab may find that its unit does without.
        """
        if not known:
            raise NotApplicable("this unit, its lab says, does without reliable provisional answers (CAL-3: prack)")
        self._peer_becomes(prack="mandatory")

    def reaches_the_insisting_peer(self) -> None:
        """The handset's call comes to a peer that wants 100rel offered."""
        self.dials()
        with self.context.needs_server_support("Supported: 100rel"):
            self.reaches_the_peer()

    def _peer_becomes(self, **options: str) -> None:
        before = self.peer.account
        self.context.addfinalizer(lambda: self.peer.become(before))
        self.peer.reconfigure(**options)

    # what the server does to the call

    def server_loses_acknowledgements(self, count: int) -> None:
        """The next ACKs within dialogs do not get past the server."""
        self.context.server.fault("lose_acks", count)

    def server_sees_glare(self, times: int) -> None:
        """The next re-INVITEs are answered 491, as by a far end that has an offer of its own under way."""
        self.context.server.fault("glare", times)

    def server_moves_the_contact(self) -> None:
        """The Contact of the next re-INVITE gets a parameter more: the far end has moved."""
        self.context.server.fault("move_contact", 1)

    # what the base does about it

    def confirms_the_reliable_ringing(self) -> None:
        """A reliable 180 is answered by a PRACK that names it."""
        since = self.wire.mark()
        self.leg.ring()
        with self.context.needs_server_support("reliable ringing"):
            ringing = self.wire.sip.witness(
                status=180,
                dest=self.base,
                within=self.dialog,
                since=since,
                where=lambda m: m.has("require", "100rel"),
                what="a reliable 180 of the far end",
            )
        self.awaits("a reliable 18x is answered by PRACK", since=ringing.at, method="PRACK")

    def acknowledges_the_repeated_answer(self) -> None:
        """The far end repeats its 200, as the first ACK was lost; the base sends another ACK and the call stands."""
        since = self.wire.mark()
        self.leg.answer()
        first = self._witness_response(200, since)
        self._expect_ack(first, "the answer is acknowledged")
        again = self.wire.sip.witness(
            status=200,
            cseq_method="INVITE",
            dest=self.base,
            within=self.dialog,
            where=lambda m: m.at > first.at + T1_S / 2,
            since=first.at,
            timeout=self.context.answer,
            what="the 200 once more",
        )
        self._expect_ack(again, "a repeated answer is acknowledged again")
        self.leg.expect("confirmed", within=self.context.answer)

    def repeats_its_answer_until_it_is_acknowledged(self) -> None:
        """Off hook; the ACK of the 200 is lost, so the base sends its 200 again, until an ACK comes."""
        self.presses("OFFHOOK", "answer")
        first = self._expect_response(200, "taking the handset off hook answers the call")
        again = self.awaits(
            "an answer is repeated until its ACK comes",
            since=first.at,
            status=200,
            cseq_method="INVITE",
            where=lambda m: m.at > first.at + T1_S / 2,
            what="the 200 once more",
        )
        self.wire.sip.witness(
            method="ACK", dest=self.base, within=self.dialog, since=again.at, timeout=self.context.answer, what="an ACK"
        )
        self.leg.expect("confirmed", within=self.context.answer)

    def answers_an_update(self) -> None:
        """The far end sends UPDATE without an offer, and the base answers it."""
        since = self.wire.mark()
        self.leg.update(sdp=False)
        with self.context.needs_server_support("UPDATE"):
            self.wire.sip.witness(
                method="UPDATE",
                dest=self.base,
                within=self.dialog,
                since=since,
                timeout=self.context.answer,
                what="the far end's UPDATE",
            )
        self.awaits("UPDATE is answered", since=since, where=lambda m: m.status >= 200, cseq_method="UPDATE")

    def tries_again_after_glare(self) -> None:
        """HOLD is pressed, 491 comes, and the base makes its offer again."""
        self.presses("HOLD", "hold")
        refused = self._witness_response(491, self.key_at)
        again = self.awaits(
            "an offer that met another one is made again", since=refused.at, timeout=GLARE_LIMIT_S, method="INVITE"
        )
        self._expect_ack(self._witness_response(200, again.at), "the answer to the offer is acknowledged")

    def is_refreshed_by_the_base(self, within: float) -> SipMessage:
        """The base offers the session again by itself; whether in time is a rule's."""
        answer = self.dialog.answered
        assert answer is not None
        left = within + LATE_S - (self.wire.mark() - answer.at)
        claim = "the named refresher refreshes the session in time"
        refresh = self.awaits(claim, since=answer.at, timeout=left, method=("INVITE", "UPDATE"))
        self.wire.sip.witness(
            status=200, cseq_method=refresh.method, dest=self.base, within=self.dialog, since=refresh.at
        )
        return refresh

    def server_recorded_its_route(self) -> None:
        """Witness: the server asked by Record-Route to stay in the call."""
        invite = self.dialog.invite
        assert invite is not None
        recorded = invite if invite.dst in self.base else self.dialog.answered
        assert recorded is not None
        with self.context.needs_server_support("Record-Route"):
            if not recorded.header("record-route"):
                self.context.missing("Record-Route of the server", f"none in {recorded}")

    def far_end_has_moved(self) -> None:
        """Witness: the Contact that the far end named last is another."""
        told = [m for m in self.dialog.messages if m.dst in self.base and m.header("contact")][-1]
        if ";moved=" not in told.contact.uri:
            self.context.missing("a Contact that has moved", f"the last one was in {told}")
