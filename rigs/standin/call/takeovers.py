"""Calls that go on with another far end: the one there was sends the base elsewhere, or another takes its place."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.call.parties import SipParty
from rigs.standin.call.sip_events import SipEvents

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl
    from rigs.standin.sip.call import Call
    from rigs.standin.sip.incoming import IncomingCall
    from rigs.standin.sip.referred import Referral

FAR_END_S = 2.5
"""How long a far end that has sent the base elsewhere may take to hang up, before the base does."""


class Takeovers:
    """Changes the far end of calls on the exchange's behalf. The handset's call is the same throughout."""

    def __init__(self, device: Device, exchange: CallControl) -> None:
        self._device = device
        self._exchange = exchange

    # -- REFER of the far end

    def referred(self, call: BaseCall, referral: Referral) -> bool:
        """The far end asks the base to call somebody else; whether it does."""
        if call.stage is not Stage.TALKING or call.transferring or call.coming is not None:
            return False
        try:
            call.coming = coming = SipParty(self._device.media.new_session(call.identity))
        except OSError as error:
            self._log(f"Call {call.name} is not transferred: {error}")
            return False
        self._exchange.run(self.call_instead(call, coming, referral), call)
        return True

    async def call_instead(self, call: BaseCall, coming: SipParty, referral: Referral) -> None:
        """Calls whom the far end named."""
        self._log(f"Call {call.name} is transferred to {referral.uri}")
        events = ComingEvents(self, call, coming, referral)
        sip, says = self._device.sip, referral.says()
        coming.sip = await sip.invite(call.identity, str(referral.uri), coming.media, events, says=says)
        if call.over:  # hung up before the INVITE was out
            await coming.sip.hangup()

    def stands(self, call: BaseCall, coming: SipParty, referral: Referral) -> None:
        """The new far end has answered: the call goes on with it."""
        call.coming = None
        referral.ended(200, "OK")
        if not call.over:
            former = self.take_over(call, coming)
            self._exchange.run(self.let_go(former))

    def failed(self, call: BaseCall, referral: Referral, status: int, reason: str) -> None:
        """The new far end does not come: the call goes on as it was, unless its far end has left."""
        call.coming = None
        referral.ended(status, reason)
        if not call.over and (call.far.sip is None or call.far.sip.over):
            self._exchange.finish(call, rules.why_ended(status))

    async def let_go(self, former: SipParty) -> None:
        """Who sent the base elsewhere hangs up, or is hung up."""
        await asyncio.sleep(FAR_END_S)
        await former.hang_up()

    # -- INVITE with Replaces

    async def replaced(self, sip: IncomingCall, old: Call) -> None:
        """An INVITE takes the place of a far end: it is answered at once, and the old one hung up (RFC 3891)."""
        call = next((one for one in self._exchange.calls if one.far.sip is old), None)
        if call is None:
            await sip.reject(481, "")
            return
        self._log(f"Call {call.name} is taken over by {sip.caller_number}")
        former = self.take_over(call, SipParty(sip.media, sip))
        if call.stage is Stage.CALLING:
            call.stage = Stage.TALKING
            self._say(air.Connect(call.handset, call.name, self._device.air.open_link(call.handset) or 0))
        await sip.answer()
        await self.release(former)

    async def release(self, former: SipParty) -> None:
        """BYE, or CANCEL where it still rang."""
        await former.hang_up()

    # -- both

    def take_over(self, call: BaseCall, party: SipParty) -> SipParty:
        """Puts another far end in the place of the one there is, which is returned."""
        assert party.sip is not None
        former = call.far
        call.bridge.leave(former)
        call.far, call.former = party, former
        party.sip.listener = SipEvents(self._device, self._exchange, call)
        if call.on_hold:
            call.on_hold = False
            self._exchange.tell(call, air.RetrieveAck)
        self._say(air.Notify(call.handset, call.name, False))
        self._exchange.join(call)
        self.show(call, party.sip)
        return former

    def show(self, call: BaseCall, sip: Call) -> None:
        """Who is talked to now."""
        name = self._exchange.books.name(call.identity, sip.caller_number, sip.caller_name)
        self._say(air.Identify(call.handset, call.name, sip.caller_number, name))

    def _say(self, message: air.Message) -> None:
        self._device.air.send(message)

    def _log(self, text: str) -> None:
        self._device.log.write("dect", 5, text)


class ComingEvents:
    """Listens to the SIP call to a new far end (`CallListener`) until that has answered, or has not."""

    def __init__(self, takeovers: Takeovers, call: BaseCall, coming: SipParty, referral: Referral) -> None:
        self._takeovers = takeovers
        self._call = call
        self._coming = coming
        self._referral = referral

    def on_ringing(self, code: int) -> None:
        """The old far end is there meanwhile."""

    def on_early_media(self) -> None:
        """It is not heard before it answers."""

    def on_answered(self) -> None:
        """It is there; what else comes is for the call."""
        self._takeovers.stands(self._call, self._coming, self._referral)

    def on_ended(self, status: int, reason: str, remote: bool, answered_elsewhere: bool) -> None:
        """It does not come."""
        self._takeovers.failed(self._call, self._referral, status, reason)

    def on_remote_hold(self, held: bool) -> None:
        """Not before it answers."""

    def on_digit(self, digit: str, duration_ms: int) -> None:
        """Not before it answers."""

    def on_remote_control(self, event: str) -> None:
        """Not before it answers."""

    def on_identity(self, number: str, name: str) -> None:
        """It is shown when it has answered."""

    def on_refer(self, referral: Referral) -> bool:
        """Not before it answers."""
        return False
