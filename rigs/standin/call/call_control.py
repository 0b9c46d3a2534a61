"""The exchange of the base: brings far ends and handsets together on bridges.

Who rings, who wins, how many calls there may be, what hold and digits mean for the network side, and what a handset is
told when a call ends. The rules themselves are in `rules.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from rigs.standin.air import protocol as air
from rigs.standin.air.directory import DirectorySearch
from rigs.standin.air.feeds import FeedQuery
from rigs.standin.base.idle_info import IdleInfo
from rigs.standin.call import conference, dial_plan, rules
from rigs.standin.call.activity import Activities
from rigs.standin.call.alerting import UNREACHABLE, Alerting
from rigs.standin.call.base_call import BaseCall, Stage
from rigs.standin.call.conference_server import ConferenceServer
from rigs.standin.call.features import Features
from rigs.standin.call.intercom import Intercom
from rigs.standin.call.joining import Joining
from rigs.standin.call.lines import Lines
from rigs.standin.call.parties import HandsetParty, SipParty
from rigs.standin.call.sip_events import SipEvents
from rigs.standin.call.takeovers import Takeovers
from rigs.standin.call.transferring import Transfers
from rigs.standin.cti.events import Events, Kind
from rigs.standin.directory.callers import CallerNames
from rigs.standin.directory.contacts import AddressBooks
from rigs.standin.directory.desk import Directory
from rigs.standin.directory.pictures import CallerPictures
from rigs.standin.directory.searches import Searches
from rigs.standin.feeds.reader import Reader

if TYPE_CHECKING:
    from rigs.standin.base.device import Device

MOST_CALLS = 4
"""The presentation's capacity: four calls."""


class CallControl:
    """All calls of the base. Created before its neighbours are; it looks for them when it starts."""

    def __init__(self, device: Device) -> None:
        self._device = device
        directory = Directory(device)
        self.books = AddressBooks(device)
        self._searches = Searches(device, directory, self.books)
        self._feeds = Reader(device)
        self.events = Events(device)
        names, pictures = CallerNames(device, directory, self.books), CallerPictures(device, self.books)
        self._offering = Alerting(device, self, names, pictures)
        self._transfers = Transfers(device, self)
        self.takeovers = Takeovers(device, self)
        self._joining = Joining(device, self)
        self._conferences = ConferenceServer(device, self)
        self.calls: list[BaseCall] = []
        self._info = IdleInfo(device)
        self._lines = Lines(device, self._info)
        self._activities = Activities(device, self.calls)
        self._features = Features(device)
        self._intercom = Intercom(device, self)

    async def start(self) -> None:
        """Listens to the radio and to the SIP agent, and tells handsets what the idle screen shows."""
        radio = self._device.air
        radio.on_message = self._heard
        radio.on_voice = self.voice
        radio.on_located = self._handset_located
        radio.on_lost = self._handset_lost
        self._device.sip.on_incoming = self._offering.offered
        self._info.start()
        self._activities.start()

    async def stop(self) -> None:
        """Hangs up everything, as a reboot does."""
        self._intercom.stop()
        for call in tuple(self.calls):
            await self.hang_up(call)

    # -- what handsets say

    def _heard(self, message: air.Message) -> None:
        if isinstance(message, air.Setup):
            if not self._intercom.dialled(message):
                self.run(self._dial(message))
            return
        if self._intercom.heard(message):
            return
        if isinstance(message, air.Facility):
            self._switch(message)
            return
        if isinstance(message, DirectorySearch):
            self._searches.begin(message, self._lines.identity(message.ipui))
            return
        if isinstance(message, FeedQuery):
            self._feeds.begin(message, self._lines.identity(message.ipui))
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
                self.run(self._joining.on_hook(call) if message.reason == "normal" else self.hang_up(call), call)
            case air.Keypad():
                self._digits(call, message)
            case air.Hold() if call.stage is Stage.TALKING:
                self.run(self.hold(call), call)
            case air.Retrieve() if call.stage is Stage.TALKING:
                self.run(self._retrieve(call), call)
            case air.Join():
                self.run(self.take_in(call, message.other), call)
            case air.Transfer() if call.stage is Stage.TALKING and message.other:
                self.run(self._joining.asked(call, message.other), call)
            case air.Transfer() if call.stage is Stage.TALKING:
                self.run(self._transfers.blind(call, message.number), call)

    async def _dial(self, setup: air.Setup) -> None:
        """A handset calls a number."""
        radio, settings = self._device.air, self._device.settings
        identity, number = self._lines.meant(setup)
        self.events.off_hook(setup.ipui, identity)
        slot = radio.open_link(setup.ipui) if identity and number and self.has_room() else None
        if slot is None:
            why = "no identity" if not identity else "no channel" if number else "no number"
            radio.send(air.Release(setup.ipui, setup.call, why))
            self.free_slot(setup.ipui)
            return
        try:
            far = SipParty(self._device.media.new_session(identity))
        except OSError as error:
            self._fail(setup, str(error))
            return
        call = BaseCall(setup.call, identity, False, Stage.CALLING, far, HandsetParty(radio, setup.ipui))
        self.calls.append(call)
        radio.send(air.CallProceeding(setup.ipui, setup.call, slot))
        name = self.books.name(identity, number)
        if setup.key or name:
            radio.send(air.Identify(setup.ipui, setup.call, number, name))
        self.join(call)
        self._log(5, f"Call {call.name} of {setup.ipui} to {number} by identity {identity}")
        with self._device.owner.minding("a call of a handset", partial(self._give_up, call)):
            events = SipEvents(self._device, self, call)
            where = dial_plan.destination(number, settings, identity)
            far.sip = await self._device.sip.invite(identity, where.target, far.media, events, proxy=where.proxy)
            self.events.of_call(Kind.OUTGOING, call)
            if call.over:  # hung up before the INVITE was out
                await far.sip.hangup()

    def _fail(self, setup: air.Setup, why: str) -> None:
        """A call that could not even begin."""
        self._device.air.send(air.Release(setup.ipui, setup.call, "failed", why))
        self.free_slot(setup.ipui)
        self._log(5, f"Call {setup.call} ended: failed {why}")

    def _digits(self, call: BaseCall, message: air.Keypad) -> None:
        if call.stage is not Stage.TALKING or not rules.passes_digits(call.on_hold):
            return
        idle = not call.digits
        call.digits += [(digit, message.ms) for digit in message.digits]
        if idle:
            self.run(self._send_digits(call), call)

    async def _send_digits(self, call: BaseCall) -> None:
        """One after the other, as each may be a request of its own."""
        while call.digits and not call.over:
            await call.far.send_digit(*call.digits[0])
            call.digits.pop(0)

    async def hold(self, call: BaseCall) -> None:
        """Put the far end of a call on hold, and tell its handset what came of it."""
        held = await call.far.hold()
        if call.over:
            return
        call.on_hold = held
        if held:
            call.bridge.leave(call.far)
            self.events.of_call(Kind.HOLD, call)
        self.tell(call, air.HoldAck if held else air.HoldReject)

    async def _retrieve(self, call: BaseCall) -> None:
        back = await call.far.resume()
        if call.over:
            return
        if back:
            call.on_hold = False
            self.join(call)
            self.events.of_call(Kind.UNHOLD, call)
        self.tell(call, air.RetrieveAck if back else air.RetrieveReject)

    async def take_in(self, call: BaseCall, name: str) -> None:
        """A handset makes a conference of its two calls: at a server, or here, where the held one is resumed first."""
        other = next((one for one in self.calls_of(call.handset) if one.name == name), None)
        if other is not None and other is not call and self._conferences.uri(call.identity):
            await self._conferences.take_in(call, other)
            return
        back = other is not None and other is not call and await other.far.resume()
        if other is None or call.over or other.over:
            return
        if back:
            other.on_hold = False
            conference.merge(call, other)
            self.events.of_call(Kind.UNHOLD, other)
        self.tell(call, air.JoinAck if back else air.JoinReject, other.name)

    def _switch(self, message: air.Facility) -> None:
        """The next line to call by, or a feature of the handset's menu."""
        if message.feature == "line":
            self._lines.next(message.ipui)
            self._info.tell(message.ipui)
        else:
            self._features.switch(message)

    def _handset_located(self, ipui: str) -> None:
        self._info.tell(ipui)
        self._activities.handset(ipui)
        self.events.located(ipui)

    def _handset_lost(self, ipui: str) -> None:
        self._activities.handset(ipui)
        self.events.lost(ipui)
        self._intercom.lost(ipui)
        for call in self.calls_of(ipui):
            if call.handset == ipui:
                self.run(self.hang_up(call), call)
            else:
                self._offering.withdraw(call, ipui)

    # -- what both sides use

    def has_room(self) -> bool:
        """Whether one more call fits beside those that there are."""
        return len(self.calls) < MOST_CALLS

    def calls_of(self, ipui: str) -> list[BaseCall]:
        """The calls a handset has or is offered."""
        return [call for call in self.calls if ipui == call.handset or ipui in call.ringing]

    def busy_with(self, ipui: str) -> int:
        """How many calls a handset has or is offered, internal ones too."""
        return len(self.calls_of(ipui)) + self._intercom.calls_of(ipui)

    async def hang_up(self, call: BaseCall) -> None:
        """Ends a call from this side: BYE, CANCEL or a refusal, as its stage wants it."""
        if call.over:
            return
        offered = call.stage is Stage.OFFERED
        self.finish(call, "normal")
        if offered and call.offer is not None:
            await call.offer.reject(*UNREACHABLE)
        else:
            await call.hang_up_far_ends()

    def finish(self, call: BaseCall, why: str, text: str = "") -> None:
        """Takes a call out of the books and tells its handsets."""
        if call.over:
            return
        self.events.over(call, why)
        call.stage = Stage.ENDED
        call.stop_timers()
        conference.leave(call, self.calls)
        self.calls.remove(call)
        self._activities.changed(call.identity)
        for ipui in filter(None, (call.handset, *call.ringing)):
            self._device.air.send(air.Release(ipui, call.name, why, text))
        if call.handset:
            self.free_slot(call.handset)
        self._log(5, f"Call {call.name} ended: {why} {text}".rstrip())

    def join(self, call: BaseCall) -> None:
        """Handset and far end hear each other from now on."""
        self._activities.changed(call.identity)
        conference.enter(call)

    def voice(self, ipui: str, frame: bytes) -> None:
        """A handset says something, in each call of it; a far end on hold is not there to hear it."""
        for call in self.calls:
            if call.near is not None and call.near.ipui == ipui:
                call.near.speak(frame)
        self._intercom.voice(ipui, frame)

    def free_slot(self, ipui: str) -> None:
        """A handset without a call needs no voice slot: it is on hook."""
        if not any(call.handset == ipui for call in self.calls) and not self._intercom.calls_of(ipui):
            self._device.air.close_link(ipui)
            self.events.on_hook(ipui)

    def tell(self, call: BaseCall, kind: Callable[..., air.Message], *more: str) -> None:
        """Tell the handset of a call something about it."""
        self._device.air.send(kind(call.handset, call.name, *more))

    def run(self, work: Coroutine[Any, Any, None], call: BaseCall | None = None) -> None:
        """Does something for a call that takes its time; where it fails the call is over and its place free."""
        self._device.spawn(work, "call", failed=partial(self._give_up, call))

    def _give_up(self, call: BaseCall | None) -> None:
        if call is not None and not call.over:
            self.finish(call, "failed")
            self.run(call.hang_up_far_ends())

    def _log(self, level: int, text: str) -> None:
        self._device.log.write("dect", level, text)
