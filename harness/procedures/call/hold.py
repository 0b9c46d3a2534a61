"""Hold and resume, from the handset and from the far end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.procedures.call import occasions
from harness.procedures.call.refusal import RefusalActs
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage

NEXT_KEY = 1.5
"""Seconds between two keys of a person who watches the display."""


class HoldActs(RefusalActs):
    """Changes of an established session."""

    def is_held_by_the_handset(self) -> SipMessage:
        """HOLD is pressed; returns the base's new offer, which is answered and acknowledged."""
        return self._changes("HOLD", "pressing hold offers the far end a new session", "talking", "held")

    def is_resumed_by_the_handset(self) -> SipMessage:
        """HOLD is pressed again; returns the base's new offer, which is answered and acknowledged."""
        return self._changes("HOLD", "pressing hold again offers the far end a new session", "held", "talking")

    def is_held_by_the_peer(self) -> SipMessage:
        """The peer offers sendonly, or inactive where the handset holds too; returns the base's answer."""
        since = self.wire.mark()
        self.leg.hold()
        return self._answers(since, "hold of the far end", occasions.holds)

    def is_resumed_by_the_peer(self) -> SipMessage:
        """The peer offers sendrecv again; returns the base's answer."""
        since = self.wire.mark()
        self.leg.resume()
        return self._answers(since, "resume of the far end", occasions.offers("sendrecv"))

    def is_offered(self, direction: str) -> SipMessage:
        """The peer offers this direction; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(direction)
        return self._answers(since, f"offer of {direction}", occasions.offers(direction))

    def is_offered_nothing(self, answered_in: str = "ACK") -> SipMessage:
        """The peer re-INVITEs without a description: the base's 200 makes the offer, the ACK brings the answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp=False)
        what = "re-INVITE without an offer"
        offer = self._answers(since, what, occasions.offers_nothing)
        with self.context.needs_server_support(what):
            self.wire.sip.witness(
                method=answered_in,
                dest=self.base,
                within=self.dialog,
                since=offer.at,
                where=lambda m: m.sdp_or_none is not None,
                timeout=self.context.answer,
                what=f"{answered_in} with the answer",
            )
        self.audio_begins(offer)
        return offer

    def is_held_by_the_old_form(self) -> SipMessage:
        """The peer offers the address 0.0.0.0, as RFC 2543 had it; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp_edits=[(r"^c=IN IP4 \S+", "c=IN IP4 0.0.0.0")])
        return self._answers(since, "hold of the far end by 0.0.0.0", occasions.takes_the_old_form)

    def is_resumed_from_the_old_form(self) -> SipMessage:
        """The peer names its real address again; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp_edits=[("^$", "")])
        return self._answers(since, "resume of the far end", occasions.offers("sendrecv"))

    def is_moved_by_the_peer(self) -> SipMessage:
        """The peer goes on at another port of its own; returns the base's answer."""
        line = self._sessions()[-1].far_line
        since = self.wire.mark()
        self.leg.move_media()
        return self._answers(since, "move of the far end's media", occasions.moves_from(line))

    def _changes(self, key: str, claim: str, before: str, after: str) -> SipMessage:
        self._lets_it_come_to(before)
        self.presses(key, {"held": "hold", "talking": "resume"}[after])
        offer = self.awaits(
            claim,
            since=self.key_at,
            method="INVITE",
            where=lambda m: bool(m.to.tag) and m.sdp_or_none is not None,
            what="re-INVITE with an offer",
        )
        answer = self._witness_response(200, offer.at)
        self._expect_ack(answer, "the answer to the new offer is acknowledged")
        self._lets_it_come_to(after)
        self.audio_begins(answer)
        return offer

    def _lets_it_come_to(self, state: str) -> None:
        """The handset learns of a new state after the wire does; what it shows of it is judged by tests of displays.

        Where its words are other ones it gets as long as a person takes for the next key.
        """
        self.handset.look_for(texts(state), within=NEXT_KEY)

    def _answers(self, since: float, what: str, shows: occasions.Shows) -> SipMessage:
        """The base's answer to the re-INVITE that shows what the far end did; another is the server's own."""
        with self.context.needs_server_support(what):
            asked = self.wire.sip.witness(
                method="INVITE",
                dest=self.base,
                within=self.dialog,
                since=since,
                where=lambda m: bool(m.to.tag) and shows(m),
                what=f"re-INVITE with the {what}",
            )
        claim = "a new offer of the far end is answered"
        answer = self.awaits(claim, since=asked.at, status=200, cseq_method="INVITE", cseq_number=asked.cseq.number)
        self.audio_begins(answer)
        return answer
