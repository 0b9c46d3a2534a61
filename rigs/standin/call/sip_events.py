"""The network side of a joined call, as the SIP agent reports it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.call import rules
from rigs.standin.call.base_call import BaseCall, Stage

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl
    from rigs.standin.sip.referred import Referral


class SipEvents:
    """Listens to one SIP call (`CallListener`) and passes it on to the handset, as long as it is the call's far end."""

    def __init__(self, device: Device, exchange: CallControl, call: BaseCall) -> None:
        self._device = device
        self._exchange = exchange
        self._call = call
        self._far = call.far

    def on_ringing(self, code: int) -> None:
        """The far end rings: the handset hears the country's ring-back tone."""
        if self._call.stage is Stage.CALLING:
            self._call.far.media.play_tone("ringback")
            self._say(air.Alerting(self._call.handset, self._call.name))

    def on_early_media(self) -> None:
        """The far end is heard before it answers."""
        if self._call.stage is Stage.CALLING:
            self._call.far.media.stop_tone()
            self._say(air.Progress(self._call.handset, self._call.name))

    def on_answered(self) -> None:
        """The call stands."""
        call = self._call
        self._exchange.events.connected(call)
        if call.stage is Stage.CALLING:
            call.stage = Stage.TALKING
            call.far.media.stop_tone()
            self._say(air.Connect(call.handset, call.name, self._device.air.open_link(call.handset) or 0))

    def on_ended(self, status: int, reason: str, remote: bool, answered_elsewhere: bool) -> None:
        """The far end, the network or we ended it."""
        call = self._call
        if self._far is not call.far:
            call.former = None
            return
        if call.coming is not None:  # it left after it sent us elsewhere
            self.left(call)
            return
        offered = call.stage is Stage.OFFERED
        ended = rules.why_over(status, call.transferring)
        why = rules.why_given_up(answered_elsewhere) if offered else ended
        self._exchange.finish(call, why, f"{status} {reason}" if status >= 300 else "")

    def left(self, call: BaseCall) -> None:
        """The far end is gone, and the one that it named is on its way: the handset waits."""
        call.bridge.leave(self._far)

    def on_remote_hold(self, held: bool) -> None:
        """The far end holds us, or takes us back."""
        self._say(air.Notify(self._call.handset, self._call.name, held))

    def on_digit(self, digit: str, duration_ms: int) -> None:
        """A digit of the far end: handsets make nothing of it."""
        self._device.log.write("sip_call", 5, f"Call {self._call.name}: digit {digit}, {duration_ms} ms")

    def on_remote_control(self, event: str) -> None:
        """The one handset that rings answers by itself."""
        call = self._call
        if event == "talk" and call.stage is Stage.OFFERED and len(call.ringing) == 1:
            self._say(air.Setup(next(iter(call.ringing)), call.name, auto_s=0))

    def on_identity(self, number: str, name: str) -> None:
        """Who the far end turned out to be."""
        shown = self._exchange.books.name(self._call.identity, number, name)
        for ipui in filter(None, (self._call.handset, *self._call.ringing)):
            self._say(air.Identify(ipui, self._call.name, number, shown))

    def on_refer(self, referral: Referral) -> bool:
        """The far end sends us elsewhere."""
        return self._far is self._call.far and self._exchange.takeovers.referred(self._call, referral)

    def _say(self, message: air.Message) -> None:
        if not self._call.over and self._far is self._call.far:
            self._device.air.send(message)
