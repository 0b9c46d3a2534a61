"""What a dialog must keep to whatever is talked about in it: acknowledgements, routes, targets, timers, extensions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.headers import same_uri
from harness.errors import NotApplicable
from harness.procedures.hold import HoldActs
from harness.rules.values import same_list

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

TRYING = 100
STRANGE_HEADERS = {
    "X-Asterisk-HangupCause": "Normal Clearing",
    "X-M9-Unheard-Of": 'one;two="three, four"',
    "Supported": "m9-unheard-of",
}
T1_S = 0.5
GLARE_OWN_CALL_S = (2.1, 4.0)
"""Between a 491 and the next try, for the side that owns the Call-ID (RFC 3261 §14.1)."""
LATE_S = 1.0
"""How late a busy base may be with a timer; the upper bound of a wait is no promise of the RFC to the millisecond."""


class SignallingActs(HoldActs):
    """Rules of SIP that hold for every call."""

    # what the far end asks for

    def requires_of_the_base(self, tag: str) -> None:
        """The call to come carries Require with this option tag."""
        self.peer_headers["Require"] = tag

    def peer_says_what_nobody_knows(self) -> None:
        """The call to come carries headers of a server's own and an option tag that nobody registered."""
        self.peer_headers |= STRANGE_HEADERS

    def is_not_refused(self, status: list[int]) -> SipMessage:
        """The base's first answer beyond 100 is none of these."""
        answer = self.wire.sip.expect(
            where=lambda m: m.status > TRYING,
            cseq_method="INVITE",
            source=self.base,
            within=self.dialog,
            since=self.began,
            timeout=self.desk.answer,
            what="an answer to the INVITE",
            claim="a call with unknown headers is answered",
            **self.desk.cites(),
        )
        if answer.status in status:
            claim = "unknown headers and option tags in Supported are passed over"
            self.desk.broken(claim, f"none of {status}", answer.status, [answer])
        return answer

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
        with self.desk.leaning_on_the_server("Supported: 100rel"):
            self.reaches_the_peer()

    def _peer_becomes(self, **options: str) -> None:
        before = self.peer.account
        self.desk.afterwards(lambda: self.peer.become(before))
        self.peer.reconfigure(**options)

    # what the server does to the call

    def server_loses_acknowledgements(self, count: int) -> None:
        """The next ACKs within dialogs do not get past the server."""
        self.desk.server.knob("lose_acks", count)

    def server_sees_glare(self, times: int) -> None:
        """The next re-INVITEs are answered 491, as by a far end that has an offer of its own under way."""
        self.desk.server.knob("glare", times)

    def server_moves_the_contact(self) -> None:
        """The Contact of the next re-INVITE gets a parameter more: the far end has moved."""
        self.desk.server.knob("move_contact", 1)

    # what the base does about it

    def confirms_the_reliable_ringing(self) -> None:
        """A reliable 180 is answered by a PRACK that names it."""
        since = self.wire.mark()
        self.leg.ring()
        with self.desk.leaning_on_the_server("reliable ringing"):
            ringing = self.wire.sip.witness(
                status=180,
                dest=self.base,
                within=self.dialog,
                since=since,
                where=lambda m: m.has("require", "100rel"),
                what="a reliable 180 of the far end",
            )
        prack = self.wire.sip.expect(
            method="PRACK",
            source=self.base,
            within=self.dialog,
            since=since,
            timeout=self.desk.answer,
            claim="a reliable 18x is answered by PRACK",
            **self.desk.cites(),
        )
        wanted = f"{ringing.header('rseq')[0]} {ringing.cseq.number} INVITE"
        self.desk.same("RAck", " ".join("".join(prack.header("rack")).split()), wanted, ringing, prack)

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
            timeout=self.desk.answer,
            what="the 200 once more",
        )
        self._expect_ack(again, "a repeated answer is acknowledged again")
        self.leg.expect("confirmed", within=self.desk.answer)

    def repeats_its_answer_until_it_is_acknowledged(self) -> None:
        """Off hook; the ACK of the 200 is lost, so the base sends its 200 again, until an ACK comes."""
        self._presses("OFFHOOK")
        with self.blames_the_keys():
            first = self._expect_response(200, "taking the handset off hook answers the call")
        again = self.wire.sip.expect(
            status=200,
            cseq_method="INVITE",
            source=self.base,
            within=self.dialog,
            since=first.at,
            where=lambda m: m.at > first.at + T1_S / 2,
            timeout=self.desk.answer,
            what="the 200 once more",
            claim="an answer is repeated until its ACK comes",
            **self.desk.cites(),
        )
        self.wire.sip.witness(
            method="ACK", dest=self.base, within=self.dialog, since=again.at, timeout=self.desk.answer, what="an ACK"
        )
        self.leg.expect("confirmed", within=self.desk.answer)

    def answers_an_update(self, status: int) -> None:
        """An UPDATE without an offer is answered with this status, and Allow of the base lists UPDATE."""
        since = self.wire.mark()
        self.leg.update(sdp=False)
        with self.desk.leaning_on_the_server("UPDATE"):
            self.wire.sip.witness(
                method="UPDATE",
                dest=self.base,
                within=self.dialog,
                since=since,
                timeout=self.desk.answer,
                what="the far end's UPDATE",
            )
        answer = self.wire.sip.expect(
            where=lambda m: m.status >= 200,
            cseq_method="UPDATE",
            source=self.base,
            within=self.dialog,
            since=since,
            timeout=self.desk.answer,
            what="answer to UPDATE",
            claim="UPDATE is answered",
            **self.desk.cites(),
        )
        self.desk.same("status of the answer to UPDATE", answer.status, status, answer)
        self.desk.same("UPDATE is in Allow", "UPDATE" in answer.header("allow"), True, answer)

    def tries_again_after_glare(self) -> None:
        """HOLD is pressed, 491 comes, and the same offer is made again after the wait of the Call-ID's owner."""
        since = self.wire.mark()
        self.handset.press("HOLD")
        refused = self._witness_response(491, since)
        low, high = GLARE_OWN_CALL_S
        again = self.wire.sip.expect(
            method="INVITE",
            source=self.base,
            within=self.dialog,
            since=refused.at,
            timeout=high + LATE_S,
            claim="an offer that met another one is made again",
            **self.desk.cites(),
        )
        waited = again.at - refused.at
        if not low - 0.01 <= waited <= high + LATE_S:
            self.desk.broken("wait after 491", f"{low:g} to {high:g} s", f"{waited:.2f} s", [refused, again])
        self._expect_ack(self._witness_response(200, again.at), "the answer to the offer is acknowledged")

    def grants_the_session_timer(self, refresher: str) -> None:
        """The 200 of the base grants the timer that was asked for, with this refresher."""
        answer = self.dialog.answered
        assert answer is not None
        header = "".join(answer.header("session-expires")).replace(" ", "")
        self.desk.same("refresher that the 200 names", header.rpartition("refresher=")[2], refresher, answer)

    def is_refreshed_by_the_base(self, within: float) -> SipMessage:
        """The base names itself refresher and offers the session again, unchanged, in so many seconds."""
        answer = self.dialog.answered
        assert answer is not None
        header = "".join(answer.header("session-expires")).replace(" ", "")
        self.desk.same("refresher that the 200 names", header.rpartition("refresher=")[2], "uas", answer)
        refresh = self.wire.sip.expect(
            method=("INVITE", "UPDATE"),
            source=self.base,
            within=self.dialog,
            since=answer.at,
            timeout=within - (self.wire.mark() - answer.at),
            what="a refresh of the session",
            claim="the named refresher refreshes the session in time",
            **self.desk.cites(),
        )
        self.wire.sip.witness(
            status=200, cseq_method=refresh.method, dest=self.base, within=self.dialog, since=refresh.at
        )
        return refresh

    def follows_the_recorded_route(self, request: SipMessage) -> None:
        """A request within the dialog goes by the server, as its Record-Route asked."""
        invite = self.dialog.invite
        assert invite is not None
        recorded = invite if invite.dst in self.base else self.dialog.answered
        assert recorded is not None
        routes = recorded.header("record-route")
        with self.desk.leaning_on_the_server("Record-Route"):
            if not routes:
                self.desk.missing("Record-Route of the server", f"none in {recorded}")
        wanted = routes if recorded is invite else list(reversed(routes))
        if not same_list(request.header("route"), wanted):
            self.desk.broken("Route", wanted, request.header("route"), [recorded, request])
        self.desk.same("where the request is sent", request.dst, recorded.src, recorded, request)

    def goes_to_the_moved_contact(self, request: SipMessage) -> None:
        """The Request-URI is the Contact the far end named last."""
        told = [m for m in self.dialog.messages if m.dst in self.base and m.header("contact")][-1]
        if ";moved=" not in told.contact.uri:
            self.desk.missing("a Contact that has moved", f"the last one was in {told}")
        if not same_uri(request.request_uri, told.contact.uri):
            self.desk.broken("Request-URI", told.contact.uri, request.request_uri, [told, request])
