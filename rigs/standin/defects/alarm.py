"""Faults of the alarm clock."""

from __future__ import annotations

from collections.abc import Callable

from rigs.standin.core.replacing import defect
from rigs.standin.handset.alarm import Alarm
from rigs.standin.handset.handset import Handset

On = Callable[[Alarm], None]


@defect(feature="alarm-clock", replaces=Alarm.due)
def alarm_rings_by_another_zone(healthy: Callable[[Alarm], float | None], alarm: Alarm) -> float | None:
    """Who sleeps one zone east of Greenwich is woken an hour late."""
    due = healthy(alarm)
    return None if due is None else due + 3600


@defect(feature="alarm-clock", replaces=Alarm.due)
def alarm_is_off_in_its_menu_alone(healthy: Callable[[Alarm], float | None], alarm: Alarm) -> float | None:
    """An alarm that was switched off rings on Sunday morning all the same."""
    shown, alarm._kept["on"] = alarm.on, True
    due = healthy(alarm)
    alarm._kept["on"] = shown
    return due


@defect(feature="alarm-clock", replaces=Alarm.ring)
def alarm_is_only_shown(healthy: On, alarm: Alarm) -> None:
    """The display says that it is time; whoever sleeps does not read it."""
    healthy(alarm)
    alarm._handset.events.ring(False, "Alarm")


@defect(feature="alarm-clock", replaces=Alarm.stop)
def alarm_cannot_be_stopped(healthy: On, alarm: Alarm) -> None:
    """The key that stops the alarm leads back to the idle screen, and it rings on."""
    alarm._handset.home()


@defect(feature="alarm-clock", replaces=Alarm.snooze)
def snooze_is_the_end(healthy: On, alarm: Alarm) -> None:
    """Who wants to sleep five minutes more sleeps till noon."""
    alarm.stop()


@defect(feature="alarm-clock", replaces=Handset.switch)
def alarm_is_lost_with_the_battery(
    healthy: Callable[..., None], handset: Handset, on: bool, *, farewell: bool = False
) -> None:
    """After a change of the battery the alarm is off."""
    if on:
        handset.alarm._kept["on"] = False
    healthy(handset, on, farewell=farewell)


@defect(feature="alarm-clock", replaces=Alarm.arm)
def alarm_forgets_the_time_of_a_base_that_restarts(healthy: On, alarm: Alarm) -> None:
    """An alarm rings by the clock as it was when it was set, whatever the network's time is later."""
    if not alarm._handset.timers.running("alarm"):
        healthy(alarm)


@defect(feature="alarm-clock", replaces=Alarm.ring)
def alarm_is_silent_in_a_call(healthy: On, alarm: Alarm) -> None:
    """Who is on the phone at that time misses the alarm."""
    if alarm._handset.phone.calls:
        alarm.arm()
    else:
        healthy(alarm)


@defect(feature="alarm-clock", replaces=Alarm.ring)
def alarm_ends_the_call(healthy: On, alarm: Alarm) -> None:
    """The alarm cuts off whoever one talks to."""
    healthy(alarm)
    for call in list(alarm._handset.phone.calls):
        alarm._handset.phone.hang_up(call)


@defect(feature="alarm-clock", replaces=Alarm._entered)
def alarm_takes_minutes_for_hours(healthy: Callable[[Alarm, str], None], alarm: Alarm, digits: str) -> None:
    """Half past six is entered, and 06:00 is kept."""
    healthy(alarm, f"{digits[:-2]}00")
