"""Alarm clock and battery of a handset, as the dongle sees them."""

from __future__ import annotations

import pytest

from rigs.standin.handset.alarm import MINUTE, Alarm, face

MORNING = 1380065400.0 - 1380065400.0 % 86400
"""Midnight of 25 September 2013."""


def set_clock(room, seconds):
    room.portable.handsets[1].clock.set(MORNING + seconds)
    room.portable.handsets[1].alarm.arm()


def alarm(room) -> Alarm:
    return room.portable.handsets[1].alarm


async def set_alarm(room, digits="0630"):
    await room.press(1, "ONHOOK", "OK", "2", "DOWN", "OK", *digits, "OK")


def test_the_alarm_is_set_in_the_menu_and_rings_at_its_time(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,63")
        await room.press(1, "OK", "2", "DOWN", "OK")
        assert (await room.rows(1))[0] == "Set the clock first"
        set_clock(room, 6 * 3600 + 29 * 60 + 59.7)
        await set_alarm(room)
        assert (await room.rows(1))[1:3] == ["Alarm: on", "Time: 06:30"]
        await room.line.wait('RING 1 ON "Alarm"')
        assert (await room.rows(1))[:2] == ["Alarm", "06:30"]
        await room.press(1, "SOFT2")
        await room.line.wait("RING 1 OFF")
        assert alarm(room).due() == MORNING + 86400 + 6 * 3600 + 30 * 60

    play(scene)


@pytest.mark.parametrize(("now", "due"), [("06:29", 0), ("06:30", 0), ("06:31", 86400), ("00:00", 0), ("23:59", 86400)])
def test_the_next_time_is_today_or_tomorrow(play, now, due):
    async def scene(room):
        set_clock(room, 0)
        await set_alarm(room)
        hour, minute = now.split(":")
        set_clock(room, int(hour) * 3600 + int(minute) * MINUTE + 1)
        assert alarm(room).due() == MORNING + due + 6 * 3600 + 30 * 60
        assert face(6 * 3600 + 30 * 60) == "06:30"

    play(scene)


def test_an_alarm_that_was_put_off_is_due_again_and_one_that_is_off_never(play):
    async def scene(room):
        set_clock(room, 0)
        await set_alarm(room, "0000")
        await room.until(lambda: room.portable.handsets[1].events.ringing)
        await room.press(1, "SOFT1")
        due = alarm(room).due()
        assert due is not None
        assert 299 < due - MORNING < 302
        await room.press(1, "OK", "2", "OK")
        assert alarm(room).due() is None

    play(scene)


def test_a_time_that_is_none_is_not_taken(play):
    async def scene(room):
        set_clock(room, 0)
        for digits in ("2400", "0760", "730", "07300"):
            await set_alarm(room, digits)
            assert (await room.rows(1))[0] == "Alarm time (hhmm)"
        assert not alarm(room).on

    play(scene)


def test_the_dongle_charges_and_discharges_the_battery(play):
    async def scene(room):
        await room.line.ask("AT+SUBS=1,63")
        assert (await room.line.ask("AT+HS?"))[0].split(",")[5] == "87"
        assert await room.line.ask("AT+BATT=1,45") == []
        assert (await room.line.ask("AT+DISP=1"))[-1] == "+ICON: SIGNAL BATTERY_HALF"
        assert not room.line.seen("BEEP 1 BATTERY")
        await room.line.ask("AT+BATT=1,10")
        await room.line.wait("BEEP 1 BATTERY")
        assert (await room.rows(1))[:2] == ["Battery low", "10 %"]
        assert (await room.line.ask("AT+HS?"))[0].split(",")[5] == "10"
        for wrong in ("1", "1,101", "1,-1", "1,x"):
            assert await room.line.ask(f"AT+BATT={wrong}") == ["ERROR 1 syntax"]

    play(scene)
