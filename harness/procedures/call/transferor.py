"""The far end as the one who transfers: it asks the base to call somebody else, in its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.core.errors import NotApplicable
from harness.procedures.limits import limits
from harness.rules.refers import status_of

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.call import Call
    from harness.procedures.call.state import CallState
    from harness.softphone.leg import Leg

CHALLENGES = (401, 407)
GOES_ON_S = 0.6
"""Seconds in which a call that is given up would have been cancelled."""


class Transferor:
    """The far end; each REFER of it returns the base's answer. The call that follows is a call of its own."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context
        self._asked_at = 0.0
        self._consultation: Leg | None = None

    # acts

    def send_to(self, successor: Call, *, untold: bool = False) -> SipMessage:
        """The base is to call the far end of another call in its place; `untold` does without news of it (RFC 4488)."""
        headers = {"Refer-Sub": "false", "Supported": "norefersub"} if untold else {}
        return self._refers("REFER", lambda: self._state.leg.transfer.to(successor.peer.number, headers))

    def consult(self, successor: Call) -> None:
        """It calls and talks to the other one first."""
        state, other = self._state, successor.state
        within = self._context.answer
        self._consultation = state.softphone.call(other.peer_number)
        other.leg = other.softphone.expect_call(within=within)
        other.leg.answer()
        self._consultation.expect("confirmed", within=within)

    def send_to_who_was_consulted(self) -> SipMessage:
        """The base is to take its place in the call with the other one: Replaces stands in Refer-To (RFC 5589 §7)."""
        consultation = self._consultation
        assert consultation is not None, "no one was consulted"
        return self._refers("REFER with Replaces", lambda: self._state.leg.transfer.to_call(consultation))

    def expect_taken_over(self, successor: Call) -> None:
        """The base's INVITE takes the place of the consultation at the other one, and the call stands."""
        state, other = self._state, successor.state
        with state.rules_first():
            other.leg = other.leg.expect_replaced(within=self._context.answer)
        other.await_audio(other.require_response(200, other.began))
        other.await_confirmation()

    def ask(self, headers: Mapping[str, str]) -> SipMessage:
        """A REFER with these headers and no others of a transfer."""
        return self._refers("REFER", lambda: self._state.leg.request("REFER", headers=dict(headers)))

    def send_from_outside(self, successor: Call) -> SipMessage:
        """The server sends the REFER outside any dialog; the base refuses it."""
        state, server = self._state, self._context.server
        self._asked_at = state.mark_act()
        server.send("REFER", state.account.user, f"Refer-To: <sip:{successor.peer.number}@{server.registrar}>\r\n")
        refer = state.wire.sip.require(method="REFER", dest=state.base, since=self._asked_at)
        return state.wire.sip.expect(
            source=state.base,
            since=refer.at,
            cseq_method="REFER",
            where=lambda m: m.status >= 300 and m.call_id == refer.call_id,
            claim="a REFER outside any call is refused",
            what="a refusal",
        )

    # what is expected

    def expect_call(self, successor: Call) -> SipMessage:
        """The base calls by itself; returns the INVITE, which begins the other call."""
        state, other = self._state, successor.state
        with state.rules_first():
            invite = state.wire.sip.expect(
                method="INVITE",
                source=state.base,
                since=self._asked_at,
                timeout=self._context.answer,
                where=lambda m: not m.to.tag and m.call_id != state.dialog.call_id,
                claim="a REFER that is accepted makes the base call",
                cites="RFC 3515 §2.4.2",
            )
        other.began = other.key_at = other.acted_at = invite.at
        other.begin_dialog(invite)
        return invite

    def expect_no_call(self) -> None:
        """The base has called nobody since the REFER."""
        state = self._state
        state.wire.sip.never(
            method="INVITE",
            source=state.base,
            since=self._asked_at,
            where=lambda m: not m.to.tag,
            claim="a REFER that is refused makes no call",
        )

    def expect_to_go_on(self, successor: Call) -> None:
        """The base does not give up its call to the other one."""
        successor.state.wire.sip.never(
            method="CANCEL",
            source=self._state.base,
            within=successor.state.dialog,
            since=self._asked_at,
            during=GOES_ON_S,
            claim="a transfer goes on when who asked for it has left",
        )

    def expect_news(self, status: int) -> SipMessage:
        """The base tells how its call to the other one went."""
        return self._state.await_message(
            "the far end is told how the transfer went",
            since=self._asked_at,
            method="NOTIFY",
            where=lambda m: status_of(m) == status,
            what=f"NOTIFY with {status}",
        )

    def expect_to_be_hung_up(self) -> SipMessage:
        """The far end stays, so the base ends the call with it once the other one is there."""
        within = limits().former_call
        if not within:
            raise NotApplicable("limits.former_call: this unit leaves it to the far end to hang up after a transfer")
        claim = "a far end that has transferred the call is hung up"
        return self._state.await_message(claim, since=self._asked_at, timeout=within, method="BYE")

    def _refers(self, what: str, act: Any) -> SipMessage:
        state = self._state
        since = self._asked_at = state.mark_act()
        act()
        with self._context.needs_server_support(what):
            refer = state.require_message("REFER of the far end", since=since, method="REFER")
        state.last_answer = answer = state.await_message(
            "a REFER within a call is answered",
            since=refer.at,
            cseq_method="REFER",
            where=lambda m: m.status >= 200 and m.status not in CHALLENGES,
        )
        return answer
