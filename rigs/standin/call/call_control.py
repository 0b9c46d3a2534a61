"""The exchange of the base: brings far ends and handsets together on bridges.

Who rings, who wins, how many calls there may be, what hold and digits mean for the network side, and what a handset is
told when a call ends. The rules themselves are in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from rigs.standin.air import protocol as air
from rigs.standin.base.idle_info import IdleInfo
from rigs.standin.base.settings import SettingRefused
from rigs.standin.call import rules
from rigs.standin.call.alerting import UNREACHABLE, Alerting
from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.call.parties import HandsetParty, SipParty
from rigs.standin.call.sip_events import SipEvents

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

MOST_CALLS = 4
"""The presentation's capacity: four calls."""


class CallControl:
    """All calls of the base. Created before its neighbours are; it looks for them when it starts."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._offering = Alerting(device, self)
        self.calls: list[BaseCall] = []
        self._info = IdleInfo(device)

    async def start(self) -> None:
        """Listens to the radio and to the SIP agent, and tells handsets what the idle screen shows."""
        radio = self._device.air
        radio.on_message = self._heard
        radio.on_voice = self.voice
        radio.on_located = self._info.tell
        radio.on_lost = self._handset_lost
        self._device.sip.on_incoming = self._offering.offered
        self._info.start()

    async def stop(self) -> None:
        """Hangs up everything, as a reboot does."""
        for call in tuple(self.calls):
            await self._hang_up(call)

    # -- what handsets say

    def _heard(self, message: air.Message) -> None:
        if isinstance(message, air.Setup):
            self.run(self._dial(message))
            return
        if isinstance(message, air.Facility):
            self._switch(message)
            return
        call = next((c for c in self.calls if c.name == getattr(message, "call", "")), None)
        if call is None or message.ipui not in {call.handset, *call.ringing}:
            if isinstance(message, air.Connect):
                why = "answered elsewhere" if call is not None else "cancelled"
                self._device.air.send(air.Release(message.ipui, message.call, why))
            return
        match message:
            case air.Alerting() if call.stage is Stage.OFFERED:
                self._offering.alerted(call, message.ipui)
            case air.Connect() if call.stage is Stage.OFFERED:
                self._offering.answered(call, message.ipui)
            case air.Release() if call.stage is Stage.OFFERED:
                self._offering.refused(call, message)
            case air.Release():
                self.run(self._hang_up(call))
            case air.Keypad():
                self._digits(call, message)
            case air.Hold() if call.stage is Stage.TALKING:
                self.run(self._hold(call))
            case air.Retrieve() if call.stage is Stage.TALKING:
                self.run(self._retrieve(call))

    async def _dial(self, setup: air.Setup) -> None:
        """A handset calls a number."""
        radio, settings = self._device.air, self._device.settings
        identity = rules.calling_identity(setup.ipui, settings)
        slot = radio.open_link(setup.ipui) if identity and self.has_room() else None
        if slot is None:
            radio.send(air.Release(setup.ipui, setup.call, "no channel" if identity else "no identity"))
            return
        try:
            far = SipParty(self._device.media.new_session(identity))
        except OSError as error:
            self._fail(setup, str(error))
            return
        call = BaseCall(setup.call, identity, False, Stage.CALLING, far, HandsetParty(radio, setup.ipui))
        self.calls.append(call)
        radio.send(air.CallProceeding(setup.ipui, setup.call, slot))
        self.join(call)
        self._log(5, f"Call {call.name} of {setup.ipui} to {setup.number} by identity {identity}")
        far.sip = await self._device.sip.invite(identity, setup.number, far.media, SipEvents(self._device, self, call))
        if call.over:  # hung up before the INVITE was out
            await far.sip.hangup()

    def _fail(self, setup: air.Setup, why: str) -> None:
        """A call that could not even begin."""
        self._device.air.send(air.Release(setup.ipui, setup.call, "failed", why))
        self._free_slot(setup.ipui)
        self._log(5, f"Call {setup.call} ended: failed {why}")

    def _digits(self, call: BaseCall, message: air.Keypad) -> None:
        if call.stage is not Stage.TALKING or not rules.passes_digits(call.on_hold):
            return
        idle = not call.digits
        call.digits += [(digit, message.ms) for digit in message.digits]
        if idle:
            self.run(self._send_digits(call))

    async def _send_digits(self, call: BaseCall) -> None:
        """One after the other, as each may be a request of its own."""
        while call.digits and not call.over:
            await call.far.send_digit(*call.digits[0])
            call.digits.pop(0)

    async def _hold(self, call: BaseCall) -> None:
        held = await call.far.hold()
        if call.over:
            return
        call.on_hold = held
        if held:
            call.bridge.leave(call.far)
        self._tell(call, air.HoldAck if held else air.HoldReject)

    async def _retrieve(self, call: BaseCall) -> None:
        back = await call.far.resume()
        if call.over:
            return
        if back:
            call.on_hold = False
            self.join(call)
        self._tell(call, air.RetrieveAck if back else air.RetrieveReject)

    def _switch(self, message: air.Facility) -> None:
        """Do not disturb from the handset's menu: for the identities it is bound to, else for the one it calls by."""
        settings = self._device.settings
        own = [n for n in range(1, 10) if message.ipui in rules.bound(settings, n)]
        fallback = rules.calling_identity(message.ipui, settings)
        try:
            with settings.batch() as batch:
                for identity in own or [fallback] * bool(fallback):
                    batch.set("user_dnd", "true" if message.on else "false", identity, who="handset")
        except SettingRefused as refused:
            self._log(3, f"Handset {message.ipui}: {refused}")

    def _handset_lost(self, ipui: str) -> None:
        for call in self.calls_of(ipui):
            if call.handset == ipui:
                self.run(self._hang_up(call))
            else:
                self._offering.withdraw(call, ipui)

    # -- what both sides use

    def has_room(self) -> bool:
        """Whether one more call fits beside those that there are."""
        return len(self.calls) < MOST_CALLS

    def calls_of(self, ipui: str) -> list[BaseCall]:
        """The calls a handset has or is offered."""
        return [call for call in self.calls if ipui == call.handset or ipui in call.ringing]

    async def _hang_up(self, call: BaseCall) -> None:
        """Ends a call from this side: BYE, CANCEL or a refusal, as its stage wants it."""
        if call.over:
            return
        offered = call.stage is Stage.OFFERED
        self.finish(call, "normal")
        if offered and call.offer is not None:
            await call.offer.reject(*UNREACHABLE)
        else:
            await call.far.hang_up()

    def finish(self, call: BaseCall, why: str, text: str = "") -> None:
        """Takes a call out of the books and tells its handsets."""
        if call.over:
            return
        call.stage = Stage.ENDED
        call.stop_timers()
        self.calls.remove(call)
        call.bridge.dissolve()
        for ipui in filter(None, (call.handset, *call.ringing)):
            self._device.air.send(air.Release(ipui, call.name, why, text))
        if call.handset:
            self._free_slot(call.handset)
        self._log(5, f"Call {call.name} ended: {why} {text}".rstrip())

    def join(self, call: BaseCall) -> None:
        """Handset and far end hear each other from now on."""
        call.bridge.join(call.far)
        if call.near is not None:
            call.bridge.join(call.near)

    def voice(self, ipui: str, frame: bytes) -> None:
        """A handset says something, in each call of it; a far end on hold is not there to hear it."""
        for call in self.calls:
            if call.near is not None and call.near.ipui == ipui:
                call.near.speak(frame)

    def _free_slot(self, ipui: str) -> None:
        """A handset without a call needs no voice slot."""
        if not any(call.handset == ipui for call in self.calls):
            self._device.air.close_link(ipui)

    def _tell(self, call: BaseCall, kind: Callable[[str, str], air.Message]) -> None:
        self._device.air.send(kind(call.handset, call.name))

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something for a call that takes its time; a crash of it ends the base."""
        self._device.spawn(work, "call")

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("dect", level, text)
