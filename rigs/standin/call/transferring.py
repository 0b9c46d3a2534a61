"""Transfers that a handset asks for: the far end is sent to somebody else, and the handset is free or gets it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall
from rigs.standin.cti.events import Kind

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl


class Transfers:
    """Transfers on the exchange's behalf."""

    def __init__(self, device: Device, exchange: CallControl) -> None:
        self._device = device
        self._exchange = exchange

    async def blind(self, call: BaseCall, number: str) -> None:
        """The far end of a call is sent to a number."""
        sip = call.far.sip
        if call.transferring or sip is None:
            return
        self._begin(call, number)
        status = await self._device.sip.transfer(sip, number, lambda status: self.progress(call, status))
        await self._ended(call, status)

    def progress(self, call: BaseCall, status: int) -> None:
        """What the far end says of its call on the way."""
        self._log(f"Transfer of {call.name}: {status}")

    async def succeeded(self, call: BaseCall) -> None:
        """The far end talks elsewhere: our call with it is over."""
        self._exchange.finish(call, "transferred")
        await call.far.hang_up()

    def failed(self, call: BaseCall, status: int) -> None:
        """The handset gets its held call back and hears why."""
        why = rules.why_not_transferred(status)
        self._device.air.send(air.TransferReject(call.handset, call.name, why))

    def _begin(self, call: BaseCall, target: str) -> None:
        call.transferring = True
        self._exchange.events.of_call(Kind.BLIND_TRANSFER, call)
        self._log(f"Transfer of {call.name} to {target}")
        self._device.air.send(air.TransferProgress(call.handset, call.name))

    async def _ended(self, call: BaseCall, status: int) -> None:
        call.transferring = False
        self._log(f"Transfer of {call.name} ended: {status or 'not told'}")
        if call.over:
            return
        if rules.is_transferred(status):
            await self.succeeded(call)
        else:
            self.failed(call, status)

    def _log(self, text: str) -> None:
        self._device.log.write("dect", 5, text)
