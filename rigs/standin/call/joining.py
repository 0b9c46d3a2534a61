"""Two calls of a handset become one of their far ends: by its key, or by hanging up where the identity says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.cti.events import Kind

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl


class Joining:
    """Attended transfers on the exchange's behalf: the held far end is sent to the one that talks [inferred]."""

    def __init__(self, device: Device, exchange: CallControl) -> None:
        self._device = device
        self._exchange = exchange

    async def asked(self, call: BaseCall, name: str) -> None:
        """A key asks to join a held call with another one, known by its name on the air."""
        other = next((one for one in self._exchange.calls_of(call.handset) if one.name == name), None)
        if other is not None and other is not call:
            await self.join(call, other)

    async def on_hook(self, call: BaseCall) -> None:
        """A handset hangs up: the call is over, unless it is joined with another one, or is to be."""
        held = self.joins_with(call)
        if call.partner is not None:
            self.leave(call)
        elif held is not None:
            self.leave(call)
            await self.join(held, call)
        else:
            await self._exchange.hang_up(call)

    def joins_with(self, call: BaseCall) -> BaseCall | None:
        """The held call of the same handset that hanging up on this one joins it with; None where it only ends."""
        if call.stage is not Stage.TALKING or call.on_hold or not self.by_hanging_up(call.identity):
            return None
        others = self._exchange.calls_of(call.handset)
        return next((one for one in others if one.on_hold and one.stage is Stage.TALKING), None)

    def by_hanging_up(self, identity: int) -> bool:
        """Whether hanging up joins two calls: a setting of the identity that talks."""
        return self._device.settings.bool("user_transfer_on_hangup", identity)

    async def join(self, call: BaseCall, other: BaseCall) -> None:
        """The far end of the held `call` is asked to take the handset's place in the other one."""
        sip, target = call.far.sip, other.far.sip
        if sip is None or target is None or call.transferring or other.transferring:
            return
        call.transferring = other.transferring = True
        call.partner, other.partner = other, call
        self._exchange.events.of_call(Kind.ATTENDED_TRANSFER, call)
        self._log(f"Transfer of {call.name} to {other.name}")
        self._device.air.send(air.TransferProgress(call.handset, call.name))
        status = await self._device.sip.join(sip, target, lambda status: self._log(f"Transfer: {status}"))
        self._log(f"Transfer of {call.name} to {other.name} ended: {status or 'not told'}")
        call.transferring = other.transferring = False
        call.partner = other.partner = None
        if rules.is_transferred(status):
            await self.succeeded(call, other)
        else:
            await self.failed(call, other, status)

    async def succeeded(self, call: BaseCall, other: BaseCall) -> None:
        """The far ends talk to each other: what is left of our calls with them is over."""
        for one in (call, other):
            self._exchange.finish(one, "transferred")
            await one.hang_up_far_ends()

    async def failed(self, call: BaseCall, other: BaseCall, status: int) -> None:
        """The handset has both calls as they were, and hears why; what its user has left is over."""
        for one in (call, other):
            if one.left:
                await self._exchange.hang_up(one)
        if not call.over:
            why = rules.why_not_transferred(status)
            self._device.air.send(air.TransferReject(call.handset, call.name, why))

    def leave(self, call: BaseCall) -> None:
        """The handset is not heard in the call any more, which goes on until its far end is joined or not."""
        call.left = True
        if call.near is not None:
            call.bridge.leave(call.near)

    def _log(self, text: str) -> None:
        self._device.log.write("dect", 5, text)
