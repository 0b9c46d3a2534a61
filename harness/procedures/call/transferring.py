"""Transfers by the keys of the handset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.limits import limits
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState
    from harness.rules.acts import ActKind

CHALLENGES = (401, 407)


class Transferring:
    """The part of the near end that sends the far end elsewhere; an act returns when the wire shows its effect."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._driver = state.handset_driver

    def transfer_to(self, number: str, *, by: str = "key") -> SipMessage:
        """The far end is sent to a number, by TRANSFER or by the soft key; returns the base's REFER, which is answered.

        A call that talks is put on hold first.
        """
        state, keys = self._state, menus().transfer
        session = state.sessions()[-1]
        if session.base_holds:
            state.mark_act()
            self._driver.press(keys.open[by])
        else:
            self.offer_by_key(keys.open[by], "hold", "a far end that is to be transferred is put on hold first")
        self.let_it_come_to("transfer_target")
        self._driver.press(*number)
        state.press(keys.send, "transfer", number=number)
        return await_refer(state)

    def offer_by_key(self, key: str, meaning: ActKind, claim: str, along: Sequence[CallState] = ()) -> SipMessage:
        """A key that changes the session, and those of calls `along` with it; returns the offer in this one.

        Each offer is answered and acknowledged.
        """
        state = self._state
        state.press(key, meaning)
        for other in along:
            other.key_at = state.key_at
            other.did(meaning)
        offer = offer_to(state, claim)
        for other in along:
            offer_to(other, claim)
        return offer

    def let_it_come_to(self, shown: str) -> None:
        """The handset learns of a new state after the wire does; what it shows of it is judged by tests of displays.

        If its texts are unknown, the wait is as long as a person needs for the next key.
        """
        self._driver.look_for(texts(shown), within=limits().next_key)


def await_refer(state: CallState) -> SipMessage:
    """The base's REFER after its last key, which is answered."""
    refer = state.await_message("a transfer asks the far end to call", since=state.key_at, method="REFER")
    with state.rules_first():
        state.last_answer = state.require_message(
            "the answer to REFER",
            since=refer.at,
            cseq_method="REFER",
            where=lambda m: m.status >= 200 and m.status not in CHALLENGES,
        )
    return refer


def offer_to(state: CallState, claim: str) -> SipMessage:
    """The base's new offer in a call after its last key; its answer is acknowledged."""
    offer = state.await_message(
        claim,
        since=state.key_at,
        method="INVITE",
        where=lambda m: bool(m.to.tag) and m.sdp_or_none is not None,
        what="re-INVITE with an offer",
    )
    state.last_answer = answer = state.require_response(200, offer.at)
    state.await_ack(answer, "the answer to the new offer is acknowledged")
    return offer
