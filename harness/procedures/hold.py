"""Hold and resume, from the handset and from the far end."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from harness.procedures.refusal import RefusalActs
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
        """The peer offers sendonly; returns the base's answer."""
        since = self.wire.mark()
        self.leg.hold()
        return self._answers(since)

    def is_resumed_by_the_peer(self) -> SipMessage:
        """The peer offers sendrecv again; returns the base's answer."""
        since = self.wire.mark()
        self.leg.resume()
        return self._answers(since)

    def is_offered(self, direction: str) -> SipMessage:
        """The peer offers this direction; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(direction)
        return self._answers(since)

    def is_offered_nothing(self, answered_in: str) -> SipMessage:
        """The peer re-INVITEs without a description: the base's 200 makes the offer, the ACK brings the answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp=False)
        offer = self._answers(since)
        if offer.sdp_or_none is None:
            self.desk.broken("an INVITE without an offer is answered with one", "an offer in the 200", "none", [offer])
        with self.desk.leaning_on_the_server("re-INVITE without an offer"):
            self.wire.sip.witness(
                method=answered_in,
                dest=self.base,
                within=self.dialog,
                since=offer.at,
                where=lambda m: m.sdp_or_none is not None,
                timeout=self.desk.answer,
                what=f"{answered_in} with the answer",
            )
        return offer

    def offers_every_codec_of(self, first: SipMessage, offer: SipMessage) -> None:
        """A later offer lists all that the first one listed, not only what is in use."""
        missing = sorted(set(first.sdp.audio.names) - set(offer.sdp.audio.names))
        if missing:
            self.desk.broken("the offer lists every enabled codec", "all of the first offer", f"no {missing}", [offer])

    def is_held_by_the_old_form(self) -> SipMessage:
        """The peer offers the address 0.0.0.0, as RFC 2543 had it; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp_edits=[(r"^c=IN IP4 \S+", "c=IN IP4 0.0.0.0")])
        return self._answers(since)

    def is_resumed_from_the_old_form(self) -> SipMessage:
        """The peer names its real address again; returns the base's answer."""
        since = self.wire.mark()
        self.leg.reinvite(sdp_edits=[("^$", "")])
        return self._answers(since)

    def base_description(self) -> SipMessage:
        """The last message in which the base described its session."""
        return self._own_descriptions()[-1]

    def expects(self, seen: Any, expected: Any, what: str, message: SipMessage) -> None:
        """One value of a message is what the rule names."""
        self.desk.same(what, seen, expected, message)

    def never_offers_address(self, address: str, offer: SipMessage) -> None:
        """The connection address of an offer is not this one (the hold of RFC 2543)."""
        if offer.sdp.audio.address == address:
            self.desk.broken("connection address of the hold offer", f"anything but {address}", address, [offer])

    def raises_the_version(self, messages: list[SipMessage], by: int) -> None:
        """The o= version grows by the same step with each description, the session id stays."""
        for before, after in itertools.pairwise(messages):
            step = after.sdp.origin_version - before.sdp.origin_version
            self.desk.same("step of the o= version", step, by, before, after)
            self.desk.same("session id of o=", after.sdp.session_id, before.sdp.session_id, before, after)

    def _changes(self, key: str, claim: str, before: str, after: str) -> SipMessage:
        self._lets_it_come_to(before)
        since = self.wire.mark()
        self._presses(key)
        self.did({"held": "hold", "talking": "resume"}[after])
        with self.blames_the_keys():
            offer = self.wire.sip.expect(
                method="INVITE",
                source=self.base,
                within=self.dialog,
                since=since,
                timeout=self.desk.answer,
                where=lambda m: bool(m.to.tag) and m.sdp_or_none is not None,
                what="re-INVITE with an offer",
                claim=claim,
                **self.desk.cites(),
            )
        self._expect_ack(self._witness_response(200, offer.at), "the answer to the new offer is acknowledged")
        self._lets_it_come_to(after)
        return offer

    def _lets_it_come_to(self, state: str) -> None:
        """The handset learns of a new state after the wire does; what it shows of it is judged by tests of displays.

        Where its words are other ones it gets as long as a person takes for the next key.
        """
        self.handset.look_for(texts(state), within=NEXT_KEY)

    def _answers(self, since: float) -> SipMessage:
        with self.desk.leaning_on_the_server("re-INVITE of the far end"):
            self.wire.sip.witness(
                method="INVITE",
                dest=self.base,
                within=self.dialog,
                since=since,
                where=lambda m: bool(m.to.tag),
                what="re-INVITE of the far end",
            )
        return self._expect_response(200, "a new offer of the far end is answered", since)

    def _own_descriptions(self) -> list[SipMessage]:
        return [message for message, _ in self.dialog.descriptions(None) if message.src in self.base]
