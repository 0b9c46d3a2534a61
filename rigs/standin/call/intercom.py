"""Intercom: a call from one handset to another by star code and number, on a bridge of the base, without any server."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.air.limits import limits
from rigs.standin.base.settings import IDENTITIES
from rigs.standin.call import rules
from rigs.standin.call.bridge import Bridge
from rigs.standin.call.parties import HandsetParty
from rigs.standin.call.tone_player import TonePlayer

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl

PREFIX = "user_starcode_prefix"


@dataclass
class InternalCall:
    """One call of two handsets: each knows it by a name of its own."""

    caller: HandsetParty
    called: HandsetParty
    caller_name: str
    called_name: str
    tone: TonePlayer
    bridge: Bridge = field(default_factory=Bridge)
    alerted: bool = False
    talking: bool = False
    timers: list[asyncio.TimerHandle] = field(default_factory=list)

    @property
    def ends(self) -> tuple[tuple[HandsetParty, str], tuple[HandsetParty, str]]:
        """Both handsets with their names for the call."""
        return (self.caller, self.caller_name), (self.called, self.called_name)

    def end_of(self, ipui: str, name: str) -> HandsetParty | None:
        """The handset if this is its name for the call."""
        return next((party for party, known in self.ends if (party.ipui, known) == (ipui, name)), None)


class Intercom:
    """All internal calls of the base."""

    def __init__(self, device: Device, exchange: CallControl) -> None:
        self._device = device
        self._exchange = exchange
        self._names = itertools.count(1)
        self.calls: list[InternalCall] = []

    # -- what handsets say

    def dialled(self, setup: air.Setup) -> bool:
        """Takes a call that is for another handset; False for any other number."""
        number = handset_number(setup.number, self._prefix(setup.ipui))
        if number is None:
            return False
        radio = self._device.air
        target = next((ipui for ipui in radio.subscribed() if radio.number(ipui) == number), "")
        why = self._refusal(setup.ipui, target)
        self._exchange.events.off_hook(setup.ipui, rules.calling_identity(setup.ipui, self._device.settings))
        slot = radio.open_link(setup.ipui) if not why else None
        if slot is None:
            radio.send(air.Release(setup.ipui, setup.call, why or "no channel"))
            self._exchange.free_slot(setup.ipui)
            return True
        self._ring(setup, target, slot)
        return True

    def heard(self, message: air.Message) -> bool:
        """A message of a handset about an internal call; False for any other."""
        name = getattr(message, "call", "")
        call = next((one for one in self.calls if one.end_of(message.ipui, name)), None)
        if call is None:
            return False
        match message:
            case air.Alerting() if not call.talking:
                self._alerted(call)
            case air.Connect() if not call.talking:
                self._answered(call)
            case air.Release():
                self._released(call, message)
            case air.Hold():
                self._device.air.send(air.HoldReject(message.ipui, name))
        return True

    def voice(self, ipui: str, frame: bytes) -> None:
        """What a handset says is for the other one."""
        for call in self.calls:
            for party, _ in call.ends:
                if party.ipui == ipui:
                    party.speak(frame)

    # -- what the exchange asks

    def calls_of(self, ipui: str) -> int:
        """How many internal calls a handset has."""
        return sum(ipui in (call.caller.ipui, call.called.ipui) for call in self.calls)

    def lost(self, ipui: str) -> None:
        """A handset is out of range or switched off."""
        for call in tuple(self.calls):
            if ipui in (call.caller.ipui, call.called.ipui):
                self.finish(call, "lost")

    def stop(self) -> None:
        """All are over."""
        for call in tuple(self.calls):
            self.finish(call, "normal")

    def finish(self, call: InternalCall, why: str, *, at_the_called: str = "", but: str = "") -> None:
        """Ends a call and tells both handsets why, all `but` the one that knows."""
        self.calls.remove(call)
        for timer in call.timers:
            timer.cancel()
        call.tone.stop()
        call.bridge.dissolve()
        for (party, name), reason in zip(call.ends, (why, at_the_called or why), strict=True):
            if party.ipui != but:
                self._device.air.send(air.Release(party.ipui, name, reason))
            self._exchange.free_slot(party.ipui)

    # -- small parts

    def _refusal(self, ipui: str, target: str) -> str:
        """Why a handset cannot be called now: a reason of the handset's texts, empty if it can."""
        if not target:
            return "not found"
        if target == ipui or self._exchange.busy_with(target) or self._quiet(target):
            return "busy"
        return "" if target in self._device.air.located() else "unreachable"

    def _quiet(self, ipui: str) -> bool:
        settings = self._device.settings
        return any(settings.bool("user_dnd", n) for n in IDENTITIES if ipui in rules.bound(settings, n))

    def _prefix(self, ipui: str) -> str:
        settings = self._device.settings
        return settings.get(PREFIX, rules.calling_identity(ipui, settings) or 1).strip()

    def _ring(self, setup: air.Setup, target: str, slot: int) -> None:
        radio = self._device.air
        caller, called = HandsetParty(radio, setup.ipui), HandsetParty(radio, target)
        call = InternalCall(caller, called, setup.call, f"i{next(self._names)}", self._tone_for(caller))
        self.calls.append(call)
        radio.send(air.CallProceeding(setup.ipui, setup.call, slot))
        radio.send(air.Identify(setup.ipui, setup.call, setup.number, f"Handset {radio.number(target)}"))
        own = f"{self._prefix(setup.ipui)}{radio.number(setup.ipui)}"
        radio.send(air.Setup(target, call.called_name, own, f"Handset {radio.number(setup.ipui)}"))
        self._log(f"Intercom {call.called_name} of {setup.ipui} rings on {target}")
        self._after(call, limits()["page_s"], self._page_over)
        seconds = rules.ring_seconds(self._device.settings.int("ring_duration"))
        if seconds is not None:
            self._after(call, seconds, self._rung_out)

    def _tone_for(self, caller: HandsetParty) -> TonePlayer:
        return TonePlayer(caller.hear, self._device.settings.get("tones"))

    def _alerted(self, call: InternalCall) -> None:
        call.alerted = True
        call.tone.play("ringback")
        self._device.air.send(air.Alerting(call.caller.ipui, call.caller_name))

    def _answered(self, call: InternalCall) -> None:
        radio, called = self._device.air, call.called.ipui
        self._exchange.events.off_hook(called, rules.calling_identity(called, self._device.settings))
        slot = radio.open_link(called)
        if slot is None:
            self.finish(call, "no channel")
            return
        call.talking = True
        call.tone.stop()
        for party, _ in call.ends:
            call.bridge.join(party)
        radio.send(air.ConnectAck(call.called.ipui, call.called_name, slot))
        radio.send(air.Connect(call.caller.ipui, call.caller_name, radio.open_link(call.caller.ipui) or 0))
        self._log(f"Intercom {call.called_name} answered by {call.called.ipui}")

    def _released(self, call: InternalCall, message: air.Release) -> None:
        """Either end hung up, or the called one does not want the call."""
        by_called = message.ipui == call.called.ipui
        why = "normal" if call.talking else "cancelled"
        if by_called and not call.talking:
            why = "busy" if message.reason == "busy" else "rejected"
        self.finish(call, why, but=message.ipui)

    def _page_over(self, call: InternalCall) -> None:
        if not call.alerted and not call.talking:
            self.finish(call, "unreachable")

    def _rung_out(self, call: InternalCall) -> None:
        if not call.talking:
            self.finish(call, "no answer", at_the_called="cancelled")

    def _after(self, call: InternalCall, seconds: float, then: Callable[[InternalCall], None]) -> None:
        call.timers.append(asyncio.get_running_loop().call_later(seconds, then, call))

    def _log(self, text: str) -> None:
        self._device.log.write("dect", 5, text)


def handset_number(dialled: str, prefix: str) -> int | None:
    """The number of the handset that was dialled: the star code and one to two digits; None for any other number."""
    rest = dialled.removeprefix(prefix) if prefix and dialled.startswith(prefix) else ""
    return int(rest) if rest.isascii() and rest.isdigit() and len(rest) <= 2 else None
