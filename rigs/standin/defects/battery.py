"""Faults of the battery's level and of its warning."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.handset import icons
from rigs.standin.handset.battery import Battery
from rigs.standin.handset.data import constant
from rigs.standin.handset.handset import Handset

_warned: set[int] = set()


@defect(feature="battery-level", replaces=icons.lit)
def battery_always_looks_full(healthy: Callable[[Handset], list[str]], handset: Handset) -> list[str]:
    """The icon shows a full battery until the handset goes out."""
    return ["BATTERY" if name.startswith("BATTERY") else name for name in healthy(handset)]


@defect(feature="battery-level", replaces=Battery.percent)
def menu_tells_tens_of_percents(healthy: Callable[[Battery], int], battery: Battery) -> int:
    """The menu tells a level that is up to nine percent too high."""
    return min(100, -(-battery.level // 10) * 10)


@defect(feature="battery-level", replaces=Battery.charge)
def another_battery_has_the_level_of_the_old_one(
    healthy: Callable[[Battery, int], None], battery: Battery, level: int
) -> None:
    """A full battery that is put in is shown as the empty one that was taken out."""
    if battery._handset.powered:
        healthy(battery, level)


@defect(feature="battery-warning", replaces=Battery.warn)
def low_battery_is_not_heard(healthy: Callable[[Battery], None], battery: Battery) -> None:
    """A handset that lies on the desk goes out without a sound."""
    battery._handset.show_popup(["Battery low"])


@defect(feature="battery-warning", replaces=Battery.warn)
def low_battery_is_only_heard(healthy: Callable[[Battery], None], battery: Battery) -> None:
    """The handset beeps now and then, and does not say why."""
    battery._handset.events.beep("BATTERY")


@defect(feature="battery-warning", replaces=Battery.look)
def low_battery_is_warned_of_once(healthy: Callable[..., None], battery: Battery, *, was: bool = False) -> None:
    """After the first warning the handset goes out unannounced, however often it was charged."""
    known = id(battery) in _warned
    if battery.low:
        _warned.add(id(battery))
    healthy(battery, was=was or known)


@defect(feature="battery-warning", replaces=Battery.charge)
def half_a_battery_is_warned_of(healthy: Callable[[Battery, int], None], battery: Battery, level: int) -> None:
    """The handset complains from half of its level on, and nobody believes it."""
    healthy(battery, level)
    if constant("battery_low_percent") < level <= 50 and battery._handset.powered:
        battery.warn()


@defect(feature="battery-warning", replaces=Handset.switch)
def low_battery_is_not_noticed_when_it_is_put_in(
    healthy: Callable[..., None], handset: Handset, on: bool, *, farewell: bool = False
) -> None:
    """A battery that is low already when the handset is switched on is never warned of."""
    level, handset.battery.level = handset.battery.level, 100
    healthy(handset, on, farewell=farewell)
    handset.battery.level = level


@defect(feature="battery-warning", replaces=Battery.warn)
def warning_of_a_low_battery_ends_the_call(healthy: Callable[[Battery], None], battery: Battery) -> None:
    """The battery would last for another hour of talk; its warning ends the call."""
    healthy(battery)
    battery._handset.phone.drop_all("lost")
    battery._handset.part.drop_link()
