"""A conference at a conference URI: the base calls it and sends both far ends there; the server mixes (RFC 4579)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.call import conference, rules
from rigs.standin.call.base_call import BaseCall
from rigs.standin.call.parties import SipParty
from rigs.standin.call.sip_events import SipEvents

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl

SETTING = "conference_uri"


class FocusEvents(SipEvents):
    """The call to the server: first whether it is answered, then what becomes of the handset's call that it serves."""

    def __init__(self, device: Device, exchange: CallControl, call: BaseCall, focus: SipParty) -> None:
        super().__init__(device, exchange, call)
        self._far = focus
        self.answered: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.serves = False

    def on_answered(self) -> None:
        """The server has a place for us."""
        if not self.answered.done():
            self.answered.set_result(True)

    def on_ended(self, status: int, reason: str, remote: bool, answered_elsewhere: bool) -> None:
        """It has none, or the conference is over."""
        if not self.answered.done():
            self.answered.set_result(False)
        if self.serves:
            super().on_ended(status, reason, remote, answered_elsewhere)


class ConferenceServer:
    """Conferences that the base does not mix, on the exchange's behalf."""

    def __init__(self, device: Device, exchange: CallControl) -> None:
        self._device = device
        self._exchange = exchange

    def uri(self, identity: int) -> str:
        """Where an identity has its conferences; empty where the base mixes them."""
        return self._device.settings.get(SETTING, identity).strip()

    async def take_in(self, call: BaseCall, other: BaseCall) -> None:
        """Two calls of a handset become one, with the server; the handset is told what came of it."""
        uri = self.uri(call.identity)
        try:
            focus = SipParty(self._device.media.new_session(call.identity))
        except OSError:
            self._exchange.tell(call, air.JoinReject, other.name)
            return
        events = FocusEvents(self._device, self._exchange, call, focus)
        focus.sip = sip = await self._device.sip.invite(call.identity, uri, focus.media, events)
        if not await events.answered:
            self._exchange.tell(call, air.JoinReject, other.name)
        elif not await self.referred(other, uri):
            await focus.hang_up()
            self._exchange.tell(call, air.JoinReject, other.name)
        else:
            self._exchange.finish(other, "transferred")
            await other.far.hang_up()
            if await self.referred(call, uri) and sip.stands:
                events.serves = True
                await self.change_over(call, focus)
            else:
                await focus.hang_up()
            self._exchange.tell(call, air.RetrieveAck)

    async def referred(self, call: BaseCall, uri: str) -> bool:
        """Whether the far end of a call has gone to the conference."""
        sip = call.far.sip
        if call.over or sip is None:
            return False
        call.transferring = True
        status = await self._device.sip.transfer(sip, uri, lambda status: None)
        call.transferring = False
        return not call.over and rules.is_transferred(status)

    async def change_over(self, call: BaseCall, focus: SipParty) -> None:
        """The handset talks with the conference; the far end that it talked with is there, too."""
        gone = call.far
        call.bridge.leave(gone)
        if gone.sip is not None:
            gone.sip.listener = None
        call.far = focus
        conference.enter(call)
        if focus.sip is not None:
            self._device.air.send(air.Identify(call.handset, call.name, focus.sip.caller_number))
        await gone.hang_up()
