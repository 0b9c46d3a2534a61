"""An incoming call until its answer: which handsets ring, which one gets it, and the response if none does."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.air.limits import limits
from rigs.standin.call import auto_answer, rules
from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.call.forwarding import REASONS, Forwarding, Mode
from rigs.standin.call.parties import HandsetParty, SipParty
from rigs.standin.call.sip_events import SipEvents
from rigs.standin.cti.events import Kind

if TYPE_CHECKING:
    from rigs.standin.base.device import Device
    from rigs.standin.call.call_control import CallControl
    from rigs.standin.directory.callers import CallerNames
    from rigs.standin.directory.pictures import CallerPictures
    from rigs.standin.sip.incoming import IncomingCall
    from rigs.standin.sip.values import Uri

BUSY = (486, "Busy Here")
UNREACHABLE = (480, "Temporarily Unavailable")
UNANSWERED = {"480": UNREACHABLE, "408": (408, "Request Timeout")}


class Alerting:
    """Offers calls to handsets on the exchange's behalf."""

    def __init__(self, device: Device, exchange: CallControl, callers: CallerNames, pictures: CallerPictures) -> None:
        self._device = device
        self._exchange = exchange
        self._callers = callers
        self._pictures = pictures
        self._forwarding = Forwarding(device)
        self._names = itertools.count(1)

    async def offered(self, sip: IncomingCall) -> None:
        """An INVITE came: rings handsets, forwards it, or refuses it with the right status."""
        if sip.replaces is not None:
            await self._exchange.takeovers.replaced(sip, sip.replaces)
            return
        if always := self._forwarding.target(sip.identity, Mode.ALWAYS):
            await self._forward(sip, always, Mode.ALWAYS)
            return
        refusal = self.refusal(sip.identity)
        why = Mode.OFF if self.do_not_disturb(sip.identity) else Mode.BUSY
        targets = [] if refusal else self._targets(sip.identity)
        free = [ipui for ipui in targets if self._may_offer(ipui, sip.identity)]
        if refusal is None and not free:
            refusal, why = (BUSY, Mode.BUSY) if targets else (UNREACHABLE, Mode.NO_ANSWER)
        if refusal is not None:
            await self._turn_down(sip, refusal, why)
            return
        far = SipParty(sip.media, sip)
        call = BaseCall(f"b{next(self._names)}", sip.identity, True, Stage.OFFERED, far, offer=sip)
        call.ringing = dict.fromkeys(free, False)
        self._exchange.calls.append(call)
        sip.listener = SipEvents(self._device, self._exchange, call)
        self._exchange.events.of_call(Kind.INCOMING, call)
        self._log(f"Call {call.name} for identity {sip.identity} rings on {', '.join(free)}")
        settings = self._device.settings
        line = settings.get("user_realname", sip.identity) or settings.get("user_name", sip.identity)
        own = auto_answer.seconds(settings, sip.identity, sip.invite) if len(free) == 1 else auto_answer.RINGS
        name = self._exchange.books.name(sip.identity, sip.caller_number, sip.caller_name)
        for ipui in free:
            self._device.air.send(air.Setup(ipui, call.name, sip.caller_number, name, line, auto_s=own))
        self._callers.look_up(call, sip.caller_number)
        self._pictures.look_up(call, sip)
        self._after(call, limits()["page_s"], self._page_over)
        seconds = rules.ring_seconds(settings.int("ring_duration"))
        if seconds is not None:
            self._after(call, seconds, self._rung_out)
        if self._forwarding.target(sip.identity, Mode.NO_ANSWER):
            self._after(call, self._forwarding.seconds(sip.identity), self._forward_unanswered)

    def alerted(self, call: BaseCall, ipui: str) -> None:
        """A handset rings; with the first one the caller hears of it."""
        first = not any(call.ringing.values())
        call.ringing[ipui] = True
        if first and call.offer is not None:
            self._exchange.run(call.offer.ring(), call)

    def answered(self, call: BaseCall, ipui: str) -> None:
        """A handset took the call; the first one wins."""
        radio = self._device.air
        self._exchange.events.off_hook(ipui, call.identity, call)
        slot = radio.open_link(ipui)
        if slot is None:
            radio.send(air.Release(ipui, call.name, "no channel"))
            self.withdraw(call, ipui)
            self._exchange.free_slot(ipui)
            return
        call.stop_timers()
        call.stage, call.near = Stage.TALKING, HandsetParty(radio, ipui)
        self.silence(call, ipui)
        self._log(f"Call {call.name} answered by {ipui} in slot {slot}")
        self._exchange.join(call)
        radio.send(air.ConnectAck(ipui, call.name, slot))
        if call.offer is not None:
            self._exchange.run(call.offer.answer(), call)

    def silence(self, call: BaseCall, winner: str) -> None:
        """One handset has the call: the others stop ringing."""
        others = [other for other in call.ringing if other != winner]
        call.ringing.clear()
        for other in others:
            self._device.air.send(air.Release(other, call.name, "answered elsewhere"))

    def refused(self, call: BaseCall, message: air.Release) -> None:
        """A handset does not want the call, or cannot take it."""
        if message.reason == "busy":
            call.busy = True
        else:
            call.refused = True
        if call.refused and self._device.quirks["reject_scope"] == "call":
            self.silence(call, message.ipui)
        self.withdraw(call, message.ipui)

    def withdraw(self, call: BaseCall, ipui: str) -> None:
        """One handset is out of the race; when it was the last one the caller is told why."""
        call.ringing.pop(ipui, None)
        if call.ringing or call.stage is not Stage.OFFERED:
            return
        answer, why = (BUSY, Mode.BUSY) if call.busy else (UNREACHABLE, Mode.NO_ANSWER)
        if call.refused:
            answer, why = status_line(self._device.settings.get("reject_msg"), BUSY), Mode.OFF
        self._exchange.finish(call, "normal")
        self._reject(call, answer, why)

    def refusal(self, identity: int) -> tuple[int, str] | None:
        """The status line for a call that no handset is even asked to take; None if it may ring."""
        settings = self._device.settings
        if self.do_not_disturb(identity):
            return status_line(settings.get("dnd_msg"), UNREACHABLE)
        return None if self._exchange.has_room() else BUSY

    def do_not_disturb(self, identity: int) -> bool:
        """Whether an identity takes no calls."""
        return self._device.settings.bool("user_dnd", identity)

    def _targets(self, identity: int) -> list[str]:
        bindings = rules.bound(self._device.settings, identity)
        return rules.targets(bindings, self._device.air.located())

    def _may_offer(self, ipui: str, identity: int) -> bool:
        busy = self._exchange.busy_with(ipui)
        allowed = self._device.settings.bool("user_allow_call_waiting", identity)
        return not busy or rules.offers_second(allowed, busy)

    def _page_over(self, call: BaseCall) -> None:
        """Handsets that did not answer the page are out of reach."""
        for ipui in [ipui for ipui, alerted in call.ringing.items() if not alerted]:
            self.withdraw(call, ipui)

    def _rung_out(self, call: BaseCall) -> None:
        self._exchange.finish(call, "cancelled")
        self._reject(call, UNANSWERED[self._device.quirks["no_answer_status"]], Mode.NO_ANSWER)

    def _reject(self, call: BaseCall, line: tuple[int, str], why: Mode) -> None:
        if call.offer is not None:
            self._exchange.run(self._turn_down(call.offer, line, why))

    async def _turn_down(self, sip: IncomingCall, line: tuple[int, str], why: Mode) -> None:
        """Refuses a call, or forwards it where the identity does so for this reason; OFF is never forwarded."""
        target = self._forwarding.target(sip.identity, why) if why else None
        if target is not None:
            await self._forward(sip, target, why)
            return
        self._log(f"Call for identity {sip.identity} refused: {line[0]} {line[1]}")
        await sip.reject(*line)

    async def _forward(self, sip: IncomingCall, target: Uri, why: Mode) -> None:
        self._log(f"Call for identity {sip.identity} forwarded to {target}: {REASONS[why]}")
        await sip.redirect(target, REASONS[why])

    def _forward_unanswered(self, call: BaseCall) -> None:
        """It rang long enough: the handsets have missed it."""
        self._exchange.finish(call, "cancelled")
        self._reject(call, UNREACHABLE, Mode.NO_ANSWER)

    def _after(self, call: BaseCall, seconds: float, then: Callable[[BaseCall], None]) -> None:
        def due() -> None:
            if call.stage is Stage.OFFERED:
                then(call)

        call.timers.append(asyncio.get_running_loop().call_later(seconds, due))

    def _log(self, text: str) -> None:
        self._device.log.write("dect", 5, text)


def status_line(text: str, otherwise: tuple[int, str]) -> tuple[int, str]:
    """A setting like `480 Do Not Disturb` as code and phrase; `otherwise` if it is none of 400 to 699."""
    code, _, phrase = text.strip().partition(" ")
    if code.isascii() and code.isdigit() and 400 <= int(code) <= 699 and phrase.strip():
        return int(code), phrase.strip()
    return otherwise
