"""What a peer does within a call that stands. Each act returns when the base has answered it, where it has to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.core.clock import WaitExpired, wait_until
from harness.procedures.call import occasions
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.capture.messages import SipMessage
    from harness.procedures.call.state import CallState


class SessionChanges:
    """New offers of the far end, its digits and its requests that change nothing."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    # offers; each returns the base's answer

    def hold(self) -> SipMessage:
        """sendonly is offered, or inactive where the handset holds too."""
        since = self._state.mark_act()
        self._state.leg.hold()
        return await_answer(self._state, since, "hold of the far end", occasions.holds)

    def resume(self) -> SipMessage:
        """sendrecv is offered again."""
        since = self._state.mark_act()
        self._state.leg.resume()
        return await_answer(self._state, since, "resume of the far end", occasions.offers("sendrecv"))

    def offer(self, direction: str) -> SipMessage:
        """This direction is offered."""
        since = self._state.mark_act()
        self._state.leg.reinvite(direction)
        return await_answer(self._state, since, f"offer of {direction}", occasions.offers(direction))

    def offer_nothing(self, answered_in: str = "ACK") -> SipMessage:
        """A re-INVITE without a description: the base's 200 makes the offer, the ACK brings the answer."""
        state = self._state
        since = state.mark_act()
        state.leg.reinvite(sdp=False)
        what = "re-INVITE without an offer"
        offer = await_answer(self._state, since, what, occasions.offers_nothing)
        with self._context.needs_server_support(what):
            state.require_message(
                f"{answered_in} with the answer",
                since=offer.at,
                method=answered_in,
                where=lambda m: m.sdp_or_none is not None,
            )
        state.await_audio(offer)
        return offer

    def hold_by_the_old_form(self) -> SipMessage:
        """The address 0.0.0.0 is offered, as RFC 2543 had it."""
        since = self._state.mark_act()
        self._state.leg.reinvite(sdp_edits=[(r"^c=IN IP4 \S+", "c=IN IP4 0.0.0.0")])
        return await_answer(self._state, since, "hold of the far end by 0.0.0.0", occasions.takes_the_old_form)

    def resume_from_the_old_form(self) -> SipMessage:
        """The real address is named again."""
        since = self._state.mark_act()
        self._state.leg.reinvite(sdp_edits=[("^$", "")])
        return await_answer(self._state, since, "resume of the far end", occasions.offers("sendrecv"))

    # requests; whether they are answered is expected by name

    def ping(self) -> None:
        """OPTIONS within the dialog; required: it reaches the base."""
        since = self._state.mark_act()
        self._state.leg.request("OPTIONS")
        with self._context.needs_server_support("OPTIONS"):
            self._state.require_message("OPTIONS of the far end within the call", since=since, method="OPTIONS")

    def update(self) -> None:
        """UPDATE without an offer; required: it reaches the base."""
        since = self._state.mark_act()
        self._state.leg.update(sdp=False)
        with self._context.needs_server_support("UPDATE"):
            self._state.require_message("the far end's UPDATE", since=since, method="UPDATE")

    def press_by_notify(self, key: str) -> None:
        """NOTIFY `talk` or `hold` within the call, also before the answer; required: it reaches the base."""
        since = self._state.mark_act()
        self._state.leg.request("NOTIFY", headers={"Event": key, "Subscription-State": "active"})
        with self._context.needs_server_support("NOTIFY within a call"):
            self._state.require_message(f"NOTIFY {key} of the far end", since=since, method="NOTIFY")

    def send_digits(self, digits: str, method: str) -> None:
        """Digits are sent, by `rfc4733` or by `info`; required: they reach the base."""
        state = self._state
        since = state.mark_act()
        with self._context.needs_server_support("INFO" if method == "info" else "telephone events of the far end"):
            state.leg.audio.send_dtmf(digits, method=method)
            if method == "info":
                state.wire.sip.require(method="INFO", dest=state.base, within=state.dialog, since=since)
            else:
                self._require_events(digits)

    def _require_events(self, digits: str) -> None:
        """The far end's telephone events have reached the base."""
        state = self._state

        def arrived() -> str:
            streams = [stream for stream in state.wire.rtp(state.dialog) if stream.dst in state.base]
            return "".join(event.digit for stream in streams for event in stream.dtmf if event.ends)

        try:
            wait_until(lambda: arrived() == digits, what="digits at the base", within=limits().digits, poll=0.1)
        except WaitExpired:
            self._context.missing(f"telephone events {digits} at the base", arrived() or "none")


def await_answer(state: CallState, since: float, what: str, shows: occasions.Shows) -> SipMessage:
    """The base's answer to the re-INVITE that shows what the far end did; another is the server's own."""
    with state.context.needs_server_support(what):
        asked = state.wire.sip.require(
            method="INVITE",
            dest=state.base,
            within=state.dialog,
            since=since,
            where=lambda m: bool(m.to.tag) and shows(m),
            what=f"re-INVITE with the {what}",
        )
    claim = "a new offer of the far end is answered"
    answer = state.await_message(claim, since=asked.at, status=200, cseq_method="INVITE", cseq_number=asked.cseq.number)
    state.await_audio(answer)
    return answer
