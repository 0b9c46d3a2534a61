"""What a call does at the second act: asked again, put on hold, announced twice, given up before its time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call.digits import DigitActs
from harness.procedures.call.media import RTCP_LIMIT
from harness.procedures.call.refusal import CANCELLED_STATUS

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

SENDER_REPORT, RECEIVER_REPORT = 200, 201
UNHEARD_S = 1.2
"""Seconds without an answer in which an early CANCEL would have come, and the INVITE has been sent once more."""


class SecondActs(DigitActs):
    """Acts that a call meets when it has been through something already."""

    # asked within the dialog

    def answers_a_ping(self) -> None:
        """OPTIONS within the dialog is answered 200 (RFC 3261 section 11.2)."""
        since = self.wire.mark()
        self.leg.request("OPTIONS")
        with self.context.needs_server_support("OPTIONS"):
            self.wire.sip.witness(
                method="OPTIONS",
                dest=self.base,
                within=self.dialog,
                since=since,
                timeout=self.context.answer,
                what="OPTIONS of the far end within the call",
            )
        self._expect_response(200, "a ping within a call is answered (RFC 3261 §11.2)", since, method="OPTIONS")

    # hold

    def reports_while_held(self) -> None:
        """RTCP of the base comes again in a call that the far end holds; whether it comes in time is a rule's."""
        with self.rules_first():
            self.wire.rtcp.expect(
                type=(SENDER_REPORT, RECEIVER_REPORT),
                source=self.base,
                since=self.wire.mark(),
                timeout=RTCP_LIMIT,
                what="an RTCP report of the base",
                claim="reports go on while the far end holds",
            )

    # given up before its time

    def server_goes_away(self) -> None:
        """The server answers nothing before it hears again; then it takes a call without asking for credentials."""
        self.context.server.fault("challenge_off", 1)
        self.context.server.fault("gone", 1)

    def is_given_up_unanswered(self) -> None:
        """On hook before any answer: no CANCEL yet, as nobody could tell what it is about (RFC 3261 section 9.1)."""
        since = self.wire.mark()
        self.presses("ONHOOK", "hang-up")
        self.wire.sip.never(
            method="CANCEL",
            source=self.base,
            within=self.dialog,
            since=since,
            during=UNHEARD_S,
            claim="CANCEL waits for a provisional answer",
            cites="RFC 3261 §9.1",
        )

    def is_cancelled_once_the_server_hears(self) -> None:
        """The server hears the INVITE that is sent again; its 100 brings the CANCEL, and the 487 is acknowledged."""
        since = self.wire.mark()
        self.context.server.fault("gone", 0)
        self.wire.sip.witness(
            where=lambda m: 100 <= m.status < 200,
            cseq_method="INVITE",
            dest=self.base,
            within=self.dialog,
            since=since,
            timeout=self.context.answer,
            what="a provisional answer",
        )
        self.awaits("an attempt that was given up is cancelled as soon as it may be", since=since, method="CANCEL")
        self._expect_ack(self._witness_response(CANCELLED_STATUS, since), "487 is acknowledged")

    # the way

    def describes_ipv6_addresses(self, offer: SipMessage) -> None:
        """Origin and connection of an offer that leaves over IPv6 name IPv6 addresses as such."""
        for kind in ("o=", "c="):
            lines = [line for line in offer.sdp.text.splitlines() if line.startswith(kind)]
            if not lines or not all("IN IP6 " in line for line in lines):
                claim = f"{kind} of an offer over IPv6 names an IPv6 address (RFC 8866 §5.2, §5.7)"
                self.context.broken(claim, "IN IP6", lines or "none", [offer])

    def is_carried_by(self, transport: str, routes: int) -> None:
        """Witness: the call's INVITE came or went over this transport, and the server recorded so many routes."""
        invite = self.dialog.invite
        assert invite is not None
        told = invite if invite.dst in self.base else self.dialog.answered
        assert told is not None
        seen = (invite.transport.upper(), len(told.header("record-route")))
        if seen != (transport, routes):
            self.context.missing(f"an INVITE over {transport} and {routes} recorded routes", f"{seen}; {told}")
