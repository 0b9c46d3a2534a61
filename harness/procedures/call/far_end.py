"""The far end of a call: what the peer does. Each act returns when the base's wire shows that it came through."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness.procedures.call import occasions
from harness.procedures.call.invite import reconfigure
from harness.procedures.call.session_changes import SessionChanges
from harness.procedures.call.voices import LEVEL_DBM0, PEER
from harness.rules.missed_calls import taken_elsewhere

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.invite import Invite
    from harness.procedures.call.state import CallState

RINGING_STATUS = 180
PROGRESS = (180, 181, 182, 183)
COMPLETED_ELSEWHERE = {"Reason": 'SIP;cause=200;text="Call completed elsewhere"'}


class FarEnd(SessionChanges):
    """The peer."""

    def __init__(self, state: CallState, invite: Invite) -> None:
        super().__init__(state)
        self._invite = invite

    @property
    def number(self) -> str:
        """What the handset dials to reach the peer."""
        return self._state.peer_number

    @property
    def own_address(self) -> str:
        """Its own address, at which it is reached without a server."""
        return f"{self._state.peer_account.user}@{self._state.softphone.address}"

    # a call of the peer

    def call(self, display_name: str = "", *, withheld: bool = False) -> SipMessage:
        """The peer calls, named or with its number withheld, as `call.invite` was prepared."""
        self._state.await_registration()
        self._state.began = self._state.mark_act()
        return self._invite.send(display_name, withheld=withheld)

    def give_up(self, *, answered_elsewhere: bool = False) -> None:
        """The caller gives up, or another device took the call; required: CANCEL comes, with its reason."""
        state = self._state
        since = state.mark_act()
        state.leg.hangup(COMPLETED_ELSEWHERE if answered_elsewhere else None)
        cancel = state.wire.sip.require(method="CANCEL", dest=state.base, within=state.dialog, since=since)
        if answered_elsewhere and not taken_elsewhere(cancel):
            with self._context.needs_server_support("Reason of a CANCEL"):
                seen = ", ".join(cancel.header("reason")) or "none"
                self._context.missing("Reason: SIP;cause=200 in CANCEL", f"{seen} came through the server: {cancel}")

    # a call of the handset

    def insist_on_reliable_ringing(self) -> None:
        """The peer's 18x carry Require: 100rel; it takes no call that does not offer it."""
        reconfigure(self._state, prack="mandatory")

    def expect_call(self, *, needs: str = "") -> SipMessage:
        """The call comes to the peer, if the server lets through what it `needs`; returns the INVITE with the offer."""
        state = self._state
        with self._context.needs_server_support(needs) if needs else contextlib.nullcontext(), state.rules_first():
            state.leg = state.softphone.expect_call(within=self._context.answer)
        return state.wire.sip.require(
            where=lambda m: m.method == "INVITE" and m.sdp_or_none is not None,
            within=state.dialog,
            source=state.base,
            since=state.began,
            what="INVITE with an offer",
        )

    def ring(self) -> None:
        """180 is sent; required: it reaches the base, or what a lab's PBX tells of progress instead."""
        since = self._state.mark_act()
        self._state.leg.ring()
        with self._context.needs_server_support("180 Ringing"):
            self._state.require_response(RINGING_STATUS if self._context.has_transparent_pbx else PROGRESS, since)

    def ring_reliably(self) -> None:
        """180 is sent; required: it reaches the base as one that wants to be confirmed."""
        since = self._state.mark_act()
        self._state.leg.ring()
        with self._context.needs_server_support("reliable ringing"):
            self._state.last_answer = self._state.wire.sip.require(
                status=RINGING_STATUS,
                dest=self._state.base,
                within=self._state.dialog,
                since=since,
                where=lambda m: m.has("require", "100rel"),
                what="a reliable 180 of the far end",
            )

    def announce(self) -> None:
        """183 is sent with a description, before the call is answered."""
        since = self._state.mark_act()
        self._state.leg.early_media()
        with self._context.needs_server_support("183, the first or a further one,"):
            self._state.require_response(183, since, where=occasions.describes)

    def pick_up(self, headers: dict[str, str] | None = None) -> SipMessage:
        """The call is answered; the base acknowledges the 200."""
        since = self._state.mark_act()
        self._state.leg.answer(headers=headers)
        answer = self._state.require_response(200, since)
        self._state.await_ack(answer, "the answer is acknowledged")
        self._state.last_answer = answer
        return answer

    def answer(self, headers: dict[str, str] | None = None) -> SipMessage:
        """The call is answered, by a 200 with these headers more; the base acknowledges, and its audio begins."""
        answer = self.pick_up(headers)
        self._state.await_confirmation()
        self._state.await_audio(answer)
        return answer

    def refuse(self, status: int) -> None:
        """The call is refused; required: this status reaches the base."""
        since = self._state.mark_act()
        self._state.leg.reject(status)
        with self._context.needs_server_support(str(status)):
            self._state.last_answer = self._state.require_response(status, since)

    def hang_up(self) -> None:
        """BYE is sent; required: it reaches the base. After a transfer a server in between may keep it to itself."""
        state = self._state
        since = state.mark_act()
        state.leg.hangup()
        with self._context.needs_server_support("BYE of the far end"), state.rules_first():
            state.wire.sip.require(method="BYE", dest=state.base, within=state.dialog, since=since)

    @contextlib.contextmanager
    def talking(self) -> Iterator[None]:
        """The peer talks, a tone of this call, until the block ends."""
        state = self._state
        with state.blames_who_ends_it():
            state.leg.audio.tone(state.voices.to_handset_hz, level=LEVEL_DBM0)
        state.talking.add(PEER)
        yield
        with state.blames_who_ends_it():
            state.leg.audio.mute()
        state.talking.discard(PEER)
