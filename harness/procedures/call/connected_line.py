"""The far end turns out to be another: a server tells its phones so, after a transfer or when a call is picked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from harness.capture.headers import parse_address
from harness.procedures.call.invite import quoted

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.far_end import FarEnd
    from harness.procedures.call.state import CallState

PAI, RPID = "P-Asserted-Identity", "Remote-Party-ID"
Method = Literal["UPDATE", "INVITE"]


class ConnectedLine:
    """Who the far end says it is in the call (RFC 5876); `header` is the one that names it."""

    def __init__(self, state: CallState, peer: FarEnd) -> None:
        self._state = state
        self._context = state.context
        self._peer = peer
        self.header = PAI

    @property
    def number(self) -> str:
        """The number of another peer: whom the handset talks to from now on. No call goes there."""
        others = (one.dialled for one in self._context.pbx.peer_accounts if one.dialled != self._state.peer_number)
        return next(others, self._state.peer_number)

    def becomes(self, name: str, *, by: Method) -> SipMessage:
        """The far end tells by a request in the call that it is another; without a name only by its number."""
        state, told = self._state, {self.header: self._value(name)}
        since = state.mark_act()
        if by == "UPDATE":
            state.leg.update(sdp=False, headers=told)
        else:
            state.leg.reinvite(headers=told)
        request = self._require(name, f"{by} of the far end with another name", since, method=by)
        state.await_response(200, "a new name of the far end is accepted", since=request.at, method=by)
        return request

    def rings_as(self, name: str) -> SipMessage:
        """180 is sent, and names who rings."""
        since = self._state.mark_act()
        self._state.leg.ring(headers={self.header: self._value(name)})
        return self._require(name, "180 of the far end with another name", since, status=180)

    def answers_as(self, name: str) -> SipMessage:
        """The call is answered by another than was called: the 200 says so."""
        since = self._state.mark_act()
        answer = self._peer.answer({self.header: self._value(name)})
        self._require(name, "200 of the far end with another name", since, status=200)
        return answer

    def look(self, name: str) -> None:
        """The user looks at the display until it shows the new name, or the number where there is none."""
        self._state.handset_driver.look_for([name or self.number], self._context.display)

    def _value(self, name: str) -> str:
        invite = self._state.dialog.invite
        party = "calling" if invite is not None and invite.dst in self._state.base else "called"
        address = f"<sip:{self.number}@{self._context.pbx.registrar}>"
        remark = f";party={party};privacy=off" if self.header == RPID else ""
        return f"{quoted(name)} {address}{remark}" if name else f"{address}{remark}"

    def _require(self, name: str, what: str, since: float, **conditions: object) -> SipMessage:
        """Required: the message reaches the base, and names whom it is to name."""
        wanted = (name, self.number)

        def names(message: SipMessage) -> bool:
            told = [parse_address(value) for value in message.header(self.header)]
            return any((one.display, one.user) == wanted for one in told)

        with self._context.needs_server_support(f"{self.header} in a call"):
            return self._state.require_message(what, since=since, where=names, **conditions)
