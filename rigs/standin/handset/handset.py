"""One handset: power, keys, screens, ringer, volumes, clock; its radio, its telephone and its voice hang on it."""

from __future__ import annotations

from pathlib import Path

from rigs.standin.air import protocol as air
from rigs.standin.air.directory import DirectoryEnd, DirectoryHit
from rigs.standin.air.feeds import FeedEnd, FeedEntry
from rigs.standin.air.medium import Medium
from rigs.standin.air.picture import CallerPicture
from rigs.standin.air.portable_part import PortablePart
from rigs.standin.core.strategies import Strategies
from rigs.standin.handset import call_screen, data, icons
from rigs.standin.handset.alarm import Alarm
from rigs.standin.handset.battery import Battery
from rigs.standin.handset.caller_picture import Pictures
from rigs.standin.handset.clock import Clock
from rigs.standin.handset.data import constant, text
from rigs.standin.handset.directory import Directory
from rigs.standin.handset.display import Display, Row, screen
from rigs.standin.handset.events import Events, Kind
from rigs.standin.handset.feeds import Feeds
from rigs.standin.handset.forwarding import Forwarded
from rigs.standin.handset.lists import CallLists
from rigs.standin.handset.memory import Memory
from rigs.standin.handset.phone import Phone
from rigs.standin.handset.registering import Registering
from rigs.standin.handset.screens import Dialling, Idle, Notice, Screen
from rigs.standin.handset.strategies import LampStrategy, RingerStrategy
from rigs.standin.handset.timers import Timers
from rigs.standin.handset.voice import VoicePath

KEYS = frozenset("0123456789*#") | {
    *("OFFHOOK", "ONHOOK", "SPEAKER", "LEFT", "RIGHT", "UP", "DOWN", "OK", "SOFT1", "SOFT2"),
    *("MESSAGE", "HOLD", "TRANSFER", "VOLUP", "VOLDOWN", "POWER"),
}
MELODY = "Melody 1"
LOCATING = "Locate"


class Handset:
    """A handset of the rig; `number` is its number on the dongle, `folder` where its flash is kept."""

    def __init__(self, number: int, ipui: str, medium: Medium, folder: Path, strategies: Strategies) -> None:
        self.number = number
        self.strategies = strategies
        self.memory = Memory(folder / f"handset-{number}.json")
        bonds = self.memory.values.setdefault("bonds", {})
        self.part = PortablePart(medium, number, ipui, bonds, self.memory.save)
        self.part.on_link = self._link
        self.part.on_subscribed = self._subscribed
        self.part.on_message = self._message
        self.part.on_expelled = self.refresh
        self.events = Events()
        self.display = Display(lambda: self.events.tell(Kind.DISP))
        self.voice = VoicePath(self.part.send_voice, strategies)
        self.part.on_voice = self.voice.heard
        self.clock = Clock()
        self.timers = Timers()
        self.lists = CallLists(self.memory)
        self.phone = Phone(self)
        self.directory = Directory(self)
        self.feeds = Feeds(self)
        self.battery: Battery = Battery(self)
        self.alarm: Alarm = Alarm(self)
        self.pictures = Pictures(self)
        self.ringer_volume: int = self.memory.values.get("ringer", 5)
        self.voice.volume = self.memory.values.get("speaker", constant("speaker_normal"))
        self.keys_locked: bool = self.memory.values.get("locked", False)
        self.dnd: bool = False
        self.forwarded = Forwarded()
        self.messages = 0
        self.line: str = ""
        self.loud = False
        self.seized = False
        self.powered = False
        self._name = ""
        self._stack: list[Screen] = [Idle(self)]
        self._popup: list[Row] | None = None

    # -- power

    def switch(self, on: bool, *, farewell: bool = False) -> None:
        """Battery in or out; with `farewell` the handset was switched off by its key and tells the base."""
        if on == self.powered:
            return
        self.powered = on
        if on:
            self.lists.load()
            self.part.power(True)
            self.tick()
            self.home()
            self.battery.look()
            self.alarm.arm()
            return
        self.part.power(False, farewell=farewell)
        self.phone.drop_all("lost")
        self.voice.stop()
        self.timers.stop_all()
        self._stack, self._popup, self.seized = [Idle(self)], None, False
        self.events.ring(False, MELODY)
        self.events.hook(False)
        for lamp in ("BACKLIGHT", "MESSAGE"):
            self.events.lamp(lamp, "OFF")
        self.display.show([], [])

    @property
    def name(self) -> str:
        """What the idle screen calls it: the base's name for it, else by its number."""
        return self._name or f"Handset {self.number}"

    # -- keys

    def press(self, key: str, milliseconds: int = 0) -> None:
        """A key went down and up; long presses: POWER off, # locks, * silences the ringer, digits are speed dial."""
        if not self.powered:
            if key == "POWER":
                self.switch(True)
            return
        self.events.beep("KEY")
        self.light()
        self._end_popup()
        long = milliseconds >= constant("long_press_ms")
        if self.events.ringing and self.timers.running("page"):
            self.found()
        elif key == "POWER" and long:
            self.switch(False, farewell=True)
        elif key == "#" and long and not self.phone.calls:
            self._lock(not self.keys_locked)
        elif self.keys_locked and not self.phone.calls:
            self.events.beep("ERROR")
        elif key == "*" and long and not self.phone.calls:
            self.turn_ringer(-self.ringer_volume)
        elif self.phone.calls:
            self.phone.press(key)
        elif long and key.isdigit() and isinstance(self.screen, Idle):
            self.place_call("", key=key)
        else:
            self.screen.press(key)
        self.refresh()

    # -- screens

    @property
    def screen(self) -> Screen:
        """The screen in front, calls apart."""
        return self._stack[-1]

    def open(self, new: Screen) -> None:
        """Puts a screen in front."""
        self._stack.append(new)
        self.refresh()

    def back(self) -> None:
        """The screen before."""
        if len(self._stack) > 1:
            self._stack.pop()
        self.refresh()

    def home(self) -> None:
        """The idle screen; a seized line is let go."""
        self.timers.stop("notice")
        self.timers.stop("dial")
        self._stack = [Idle(self)]
        if self.seized:
            self.seized = False
            self.events.hook(False)
        self.refresh()

    def notice(self, lines: list[str]) -> None:
        """A text for a few seconds, then the idle screen."""
        self.home()
        self.open(Notice(self, lines))
        self.timers.start("notice", constant("ended_s"), self.home)

    def refresh(self) -> None:
        """Draws what there is to see now, and lets the lamps follow."""
        if not self.powered:
            return
        burns = self.strategies.get(LampStrategy).burns(self.number, self.lists.unseen, self.messages)
        self.events.lamp("MESSAGE", "BLINK" if burns else "OFF")
        self.display.show(self.rows(), icons.lit(self))

    def rows(self) -> list[Row]:
        """What is on the glass: a word that goes away by itself, a call, or the screen in front."""
        if self._popup is not None:
            return self._popup
        return call_screen.rows(self) if self.phone.calls else self.screen.rows()

    # -- dialling

    def seize(self, *, loud: bool) -> None:
        """Off hook without a number: the number comes now."""
        self.loud = loud
        self.seized = True
        self.events.hook(True)
        self.open(Dialling(self))
        self.timers.start("dial", constant("first_digit_s"), self.home)

    def digit_dialled(self) -> None:
        """With the line seized a pause makes the number complete."""
        if self.seized:
            self.timers.start("dial", constant("next_digit_s"), self._number_complete)

    def _number_complete(self) -> None:
        if isinstance(self.screen, Dialling) and self.screen.number:
            self.place_call(self.screen.number)

    def place_call(self, number: str, *, key: str = "") -> None:
        """Calls a number or what a key stands for; the dialling screen is gone when the call is over."""
        self.seized = False
        self.home()
        self.phone.place(number, key)
        self.refresh()

    # -- ringer, volumes, switches

    def sound_ringer(self, on: bool) -> None:
        """The ringer as the calls want it, silent at volume 0."""
        if on:
            self.light()
        self.events.ring(on and self.strategies.get(RingerStrategy).sounds(self.ringer_volume), MELODY)

    def turn_ringer(self, step: int) -> None:
        """The ringer's volume, 0 to 7, by steps."""
        self.ringer_volume = max(0, min(constant("ringer_volumes"), self.ringer_volume + step))
        self.keep_volume("ringer", self.ringer_volume)
        if self.phone.calls:
            self.sound_ringer(any(c.state.value == "incoming" and not c.answering for c in self.phone.calls))
        level = str(self.ringer_volume) if self.ringer_volume else text("volume.silent")
        self.show_popup([text("volume.ringer"), level])

    def turn_speaker(self, step: int) -> None:
        """The ear's volume, 1 to 8, by steps of 3 dB."""
        self.voice.volume = max(1, min(constant("speaker_volumes"), self.voice.volume + step))
        self.keep_volume("speaker", self.voice.volume)
        self.show_popup([text("volume.speaker"), str(self.voice.volume)])

    def toggle_loud(self) -> None:
        """Loudspeaker or ear."""
        self.loud = not self.loud

    def toggle_dnd(self) -> None:
        """Asks the base to switch do-not-disturb for this handset's identity."""
        self.part.send(air.Facility(self.part.ipui, "dnd", not self.dnd))

    def keep_volume(self, name: str, value: int) -> None:
        """A volume is still there for the next call, and after a change of the battery."""
        self.memory.values[name] = value
        self.memory.save()

    def restore_volumes(self) -> None:
        """After a call the volumes are those of the memory."""
        self.ringer_volume = self.memory.values.get("ringer", 5)
        self.voice.volume = self.memory.values.get("speaker", constant("speaker_normal"))

    def _lock(self, on: bool) -> None:
        self.keys_locked = on
        self.memory.values["locked"] = on
        self.memory.save()

    # -- what comes from the radio

    def _message(self, message: air.Message) -> None:
        if isinstance(message, air.Info):
            self._name, self.dnd, self.messages = message.name, message.dnd, message.messages
            self.line = message.line
            self.forwarded = Forwarded(message.forward, message.forward_to, message.forward_s)
            data.speak_language(message.language)
            self.clock.set(message.clock)
            self.alarm.arm()
            self.tick()
        elif isinstance(message, air.Page):
            self._page(message.on)
        elif isinstance(message, DirectoryHit | DirectoryEnd):
            self.directory.heard(message)
        elif isinstance(message, FeedEntry | FeedEnd):
            self.feeds.heard(message)
        elif isinstance(message, CallerPicture):
            self.pictures.heard(message)
        else:
            self._end_popup()
            self.phone.message(message)
        self.refresh()

    def _link(self, locked: bool) -> None:
        self.events.tell(Kind.LINK, "LOCKED" if locked else "LOST")
        if not locked:
            self.phone.drop_all("lost")
        self.refresh()

    def register(self, pin: str) -> bool:
        """Looks for a base in registration mode; False while it is doing so already."""
        if not self.part.subscribe(pin):
            return False
        self.home()
        self.open(Registering(self))
        return True

    def _subscribed(self, done: bool, reason: str) -> None:
        if done:
            self.events.beep("CONFIRM")
            self.notice([text("register.done")])
        else:
            self.events.beep("ERROR")
            self.notice([text("register.failed"), text(f"register.reasons.{reason}")])

    def found(self) -> None:
        """A key on a handset that was searched for ends its ringing."""
        self._page(False)

    def _page(self, on: bool) -> None:
        self.timers.stop("page")
        if self.phone.calls:
            return
        if on:
            self.light()
            self.timers.start("page", constant("page_ring_s"), lambda: self._page(False))
        self.events.ring(on, LOCATING)

    # -- time

    def tick(self) -> None:
        """Redraws when a shown time changes: each second in a call, each minute in idle."""
        self.refresh()
        talking = any(call.answered for call in self.phone.calls)
        self.timers.start("tick", 1.0 if talking else self.clock.seconds_to_minute + 0.01, self.tick)

    def light(self) -> None:
        """Display and keys are lit for a while."""
        self.events.lamp("BACKLIGHT", "ON")
        self.timers.start("light", constant("backlight_s"), lambda: self.events.lamp("BACKLIGHT", "OFF"))

    def show_popup(self, lines: list[str]) -> None:
        """A word that goes away by itself."""
        self._popup = screen(list(lines))
        self.timers.start("popup", constant("popup_s"), self._popup_over)
        self.refresh()

    def _end_popup(self) -> None:
        self.timers.stop("popup")
        self._popup = None

    def _popup_over(self) -> None:
        self._popup = None
        self.refresh()
