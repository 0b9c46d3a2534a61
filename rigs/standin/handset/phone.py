"""The telephone in the handset: its calls, what the base says of them and what the keys do to them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from rigs.standin.air import protocol as air
from rigs.standin.handset import consulting, transferring
from rigs.standin.handset.calls import HandsetCall, State
from rigs.standin.handset.data import constant, reason, short_reason, text
from rigs.standin.handset.strategies import (
    AnswerKeyStrategy,
    ListingStrategy,
)

if TYPE_CHECKING:
    from rigs.standin.handset.consulting import SecondNumber
    from rigs.standin.handset.handset import Handset
    from rigs.standin.handset.transferring import TransferTarget

DIGITS = frozenset("0123456789*#")


class Phone:
    """Up to two calls: one talking or ringing, one waiting or on hold."""

    def __init__(self, handset: Handset) -> None:
        self.handset = handset
        self.calls: list[HandsetCall] = []
        self.entry: TransferTarget | SecondNumber | None = None
        self._made = 0
        self._next: HandsetCall | None = None  # to be answered or resumed as soon as the other call is on hold
        self._setup_timer: asyncio.TimerHandle | None = None
        self._beep_timer: asyncio.TimerHandle | None = None

    @property
    def current(self) -> HandsetCall | None:
        """The call the display is about: one that is transferred, else one that talks or is made, rings, is held."""
        order = {State.TRANSFERRING: -1, State.INCOMING: 1, State.HELD: 2}
        return min(self.calls, key=lambda call: order.get(call.state, 0), default=None)

    @property
    def waiting(self) -> HandsetCall | None:
        """A call that knocks while another one is there."""
        current = self.current
        return next((c for c in self.calls if c.state is State.INCOMING and c is not current), None)

    @property
    def other_held(self) -> HandsetCall | None:
        """The call on hold behind the current one."""
        current = self.current
        return next((c for c in self.calls if c.state is State.HELD and c is not current), None)

    @property
    def conference(self) -> list[HandsetCall]:
        """The calls of a conference, in the order in which they came; empty without one."""
        return [call for call in self.calls if call.joined]

    # -- what the user does

    def place(self, number: str, key: str = "") -> None:
        """Calls a number, or what a key stands for at the base."""
        self._made += 1
        call = HandsetCall(f"h{self.handset.number}-{self._made}", outgoing=True, number=number)
        self.calls.append(call)
        self.handset.events.hook(True)
        if not self.say(air.Setup(self.handset.part.ipui, call.call, number, key=key)):
            self.end(call, "no base")
            return
        loop = asyncio.get_running_loop()
        self._setup_timer = loop.call_later(constant("setup_s"), self._no_reaction, call)

    def press(self, key: str) -> None:
        """A key while there is a call."""
        current, waiting = self.current, self.waiting
        assert current is not None
        if self.entry is not None:
            self.entry.press(key)
            return
        answers = self.handset.strategies.get(AnswerKeyStrategy).answers(key)
        if current.state is State.INCOMING:
            self._press_ringing(current, key, answers)
        elif waiting is not None and answers and key != "SPEAKER":
            self._accept(waiting)
        elif waiting is not None and key == "SOFT2":
            self.hang_up(waiting)
        elif key == "ONHOOK" or (key == "SOFT2" and not current.answered):
            for call in self.conference or transferring.both(current, self.calls):
                self.hang_up(call)
        elif key in {"VOLUP", "VOLDOWN"}:
            self.handset.turn_speaker(1 if key == "VOLUP" else -1)
        elif key == "SPEAKER":
            self.handset.toggle_loud()
        else:
            self._press_talking(current, key)

    def _press_ringing(self, call: HandsetCall, key: str, answers: bool) -> None:
        if answers:
            self.handset.loud = key == "SPEAKER"
            self._answer(call)
        elif key in {"ONHOOK", "SOFT2"}:
            self.hang_up(call)
        elif key in {"VOLUP", "VOLDOWN"}:
            self.handset.turn_ringer(1 if key == "VOLUP" else -1)

    def _press_talking(self, call: HandsetCall, key: str) -> None:
        if call.state is State.CONNECTED and key in DIGITS:
            call.digits = (call.digits + key)[-constant("columns") :]
            self.say(air.Keypad(self.handset.part.ipui, call.call, key, constant("dtmf_ms")))
        elif key == "SOFT2" and call.state is State.CONNECTED and self.other_held is not None:
            self._join(call, self.other_held)
        elif key in {"HOLD", "SOFT1"} and call.state is State.CONNECTED:
            for one in self.conference or [call]:
                self.hold(one, then=None if one.joined else self.other_held)
        elif key in {"HOLD", "SOFT1"} and call.state is State.HELD:
            for one in self.conference or [call]:
                self._retrieve(one)
        elif consulting.may_begin(self, call, key):
            self.entry = consulting.SecondNumber(self, call, key)
        elif key == "TRANSFER" and self.other_held is not None and not call.joined:
            transferring.join(self, call, self.other_held)
        elif key in {"TRANSFER", "SOFT2"} and call.state in {State.CONNECTED, State.HELD} and not call.joined:
            transferring.begin(self, call)
        else:
            self.handset.events.beep("ERROR")

    def hang_up(self, call: HandsetCall) -> None:
        """Ends a call or refuses it."""
        why = "rejected" if call.state is State.INCOMING else "normal"
        self.say(air.Release(self.handset.part.ipui, call.call, why))
        self.end(call, why, by_user=True)

    def _answer(self, call: HandsetCall) -> None:
        if not call.answering:
            call.answering = True
            self.handset.events.hook(True)
            self.say(air.Connect(self.handset.part.ipui, call.call))

    def _accept(self, waiting: HandsetCall) -> None:
        current = self.current
        if current is not None and current.state is State.CONNECTED:
            self.hold(current, then=waiting)
        elif current is not None and current.state is State.HELD:
            self._answer(waiting)

    def hold(self, call: HandsetCall, then: HandsetCall | None = None) -> None:
        """Asks the base to hold a call; `then` is answered or resumed as soon as it is."""
        call.state, self._next = State.HOLDING, then
        call.note()
        self.say(air.Hold(self.handset.part.ipui, call.call))

    def _retrieve(self, call: HandsetCall) -> None:
        call.state = State.RETRIEVING
        call.note()
        self.say(air.Retrieve(self.handset.part.ipui, call.call))

    def _join(self, call: HandsetCall, other: HandsetCall) -> None:
        call.state = State.JOINING
        call.note()
        self.say(air.Join(self.handset.part.ipui, call.call, other.call))

    # -- what the base says

    def message(self, message: air.Message) -> None:
        """A call message of the base."""
        if isinstance(message, air.Setup):
            self._offered(message)
            return
        call = next((c for c in self.calls if c.call == getattr(message, "call", None)), None)
        if call is None:
            self._stray(message)
            return
        match message:
            case air.CallProceeding():
                self._disarm()
            case air.Alerting():
                call.state = State.RINGING
            case air.Connect() | air.ConnectAck():
                self._connected(call)
            case air.Release():
                self.end(call, message.reason, said=message.text)
            case air.HoldAck():
                self._held(call)
            case air.HoldReject():
                self._hold_refused(call)
            case air.RetrieveAck():
                call.connected()
            case air.RetrieveReject():
                call.state = State.HELD
                call.note(text("call.hold_failed"))
            case air.JoinAck() | air.JoinReject():
                self._joined(call, message)
            case air.Notify():
                call.remote_held = message.held
            case air.TransferProgress():
                call.state = State.TRANSFERRING
            case air.TransferReject():
                call.state = State.HELD
                for one in filter(lambda one: one.answered, self.calls):
                    one.note(text("call.transfer_failed"), short_reason(message.reason))
            case air.Identify():
                call.identify(message.number, message.name)
        self._follow_slot()

    def _offered(self, message: air.Setup) -> None:
        handset = self.handset
        known = next((call for call in self.calls if call.call == message.call), None)
        if known is not None:
            known.auto = message.auto_s == 0
            self.answer_by_itself(known)
            return
        if len(self.calls) >= constant("calls"):
            self.say(air.Release(handset.part.ipui, message.call, "busy"))
            return
        number = message.number or text("call.anonymous")
        call = HandsetCall(message.call, False, number, message.name, line=message.line, state=State.INCOMING)
        self.calls.append(call)
        call.auto = message.auto_s >= 0 and self.calls == [call]  # nobody is heard in another call without a key
        if call.auto and message.auto_s == 0:
            self.answer_by_itself(call)
            return
        self.say(air.Alerting(handset.part.ipui, call.call))
        self._ring()
        if call.auto:
            asyncio.get_running_loop().call_later(message.auto_s, self.answer_by_itself, call)

    def answer_by_itself(self, call: HandsetCall) -> None:
        """Loud, and with a tone that warns who is near: the microphone is open."""
        if self.calls == [call] and call.state is State.INCOMING and not call.answering:
            self.handset.loud = True
            self._answer(call)
        else:
            call.auto = False

    def _stray(self, message: air.Message) -> None:
        if isinstance(message, air.CallProceeding | air.Connect | air.ConnectAck):
            self.say(air.Release(self.handset.part.ipui, message.call, "normal"))
            if not self.calls:
                self.handset.part.drop_link()

    def _connected(self, call: HandsetCall) -> None:
        if call.auto and not call.answered:
            call.notice = text("call.auto")
            self.handset.voice.signal("auto")
        call.connected()
        self._ring()
        self.handset.tick()

    def _held(self, call: HandsetCall) -> None:
        call.state = State.HELD
        if self.entry is not None:
            self.entry.held()
        following, self._next = self._next, None
        if following is None or following not in self.calls:
            return
        if following.state is State.INCOMING:
            self._answer(following)
        else:
            self._retrieve(following)

    def _hold_refused(self, call: HandsetCall) -> None:
        self._next = self.entry = None
        call.connected()
        call.note(text("call.hold_failed"))

    def _joined(self, call: HandsetCall, answer: air.JoinAck | air.JoinReject) -> None:
        other = next((one for one in self.calls if one.call == answer.other), None)
        call.connected()
        if other is not None and isinstance(answer, air.JoinAck):
            other.connected()
            call.joined = other.joined = True
        else:
            call.note(text("call.join_failed"))

    def _no_reaction(self, call: HandsetCall) -> None:
        if call in self.calls:
            self.end(call, "no base")

    # -- the end

    def end(self, call: HandsetCall, why: str, *, said: str = "", by_user: bool = False) -> None:
        """A call is over: it is listed, the next one comes forward, or the idle screen comes back."""
        handset = self.handset
        self.calls.remove(call)
        for left in self.calls:
            left.joined = False
        if self.entry is not None and self.entry.call is call:
            self.entry = None
        self._disarm()
        kind = handset.strategies.get(ListingStrategy).kind(call, why, by_user)
        if kind is not None:
            entry = handset.strategies.get(ListingStrategy).entry(call, handset.clock.now)
            handset.lists.add(kind, entry)
        self._ring()
        self._follow_slot()
        if self.calls:
            handset.refresh()
            return
        handset.part.drop_link()
        self._follow_slot()
        handset.loud = False
        handset.restore_volumes()
        handset.events.hook(False)
        if by_user or why == "cancelled" or (not call.outgoing and not call.answered):
            handset.home()
        else:
            handset.notice(
                [reason(why, said), call.name or call.number, call.number if call.name else "", call.duration]
            )

    def drop_all(self, why: str) -> None:
        """Ends every call here: the link is gone, or the handset is switched off."""
        for call in list(self.calls):
            self.end(call, why)

    def _ring(self) -> None:
        """Ringer and knocking follow the calls that wait for an answer."""
        ringing = [c for c in self.calls if c.state is State.INCOMING and not c.answering]
        alone = bool(ringing) and all(c.state is State.INCOMING for c in self.calls)
        self.handset.sound_ringer(alone)
        if ringing and not alone and self._beep_timer is None:
            self._knock()
        elif not ringing and self._beep_timer is not None:
            self._beep_timer.cancel()
            self._beep_timer = None

    def _knock(self) -> None:
        if not any(call.state is State.INCOMING and not call.answering for call in self.calls):
            self._beep_timer = None
            return
        self.handset.events.beep("WAITING")
        self.handset.voice.signal("waiting")
        self._beep_timer = asyncio.get_running_loop().call_later(constant("waiting_beep_s"), self._knock)

    def _follow_slot(self) -> None:
        voice = self.handset.voice
        if self.handset.part.slot is not None:
            voice.start()
        else:
            voice.stop()

    def _disarm(self) -> None:
        if self._setup_timer is not None:
            self._setup_timer.cancel()
            self._setup_timer = None

    def say(self, message: air.Message) -> bool:
        """Tells the base something; False where there is none."""
        return self.handset.part.send(message)
