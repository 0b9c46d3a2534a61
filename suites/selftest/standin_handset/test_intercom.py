"""Calls between handsets in the stand-in: who rings, what is heard, how they end, and what they leave free."""

from __future__ import annotations

import pytest

from rigs.standin.call.intercom import handset_number

from .conftest import IPUIS
from .test_voice import readings


async def ringing(room):
    await room.press(1, *"*902", "OFFHOOK")
    await room.until(lambda: room.ringing() == [2])


async def talking(room):
    await ringing(room)
    await room.press(2, "OFFHOOK")
    await room.shows(1, "Connected")
    await room.shows(2, "Connected")


def idle(room):
    return not room.device.exchange._intercom.calls and not room.device.air._links


@pytest.mark.parametrize(
    ("dialled", "prefix", "number"),
    [("*902", "*90", 2), ("*9012", "*90", 12), ("*90", "*90", None), ("*90123", "*90", None), ("*97", "*90", None),
     ("2", "", None), ("*90x", "*90", None), ("*772", "*77", 2)],
)  # fmt: skip
def test_the_star_code_and_one_or_two_digits_are_a_handset(dialled, prefix, number):
    assert handset_number(dialled, prefix) == number


def test_two_handsets_talk_without_a_server_and_are_free_afterwards(play):
    async def scene(room):
        await ringing(room)
        assert (await room.shows(2, "Incoming call"))[1:3] == ["Handset 1", "*901"]
        assert (await room.shows(1, "Ringing"))[1:3] == ["Handset 2", "*902"]
        await room.line.ask("AT+LISTEN=1,400")
        assert readings(await room.line.wait("HEARD 1"))[1][0][0] == pytest.approx(460, abs=25)  # 440 and 480 Hz
        await room.press(2, "OFFHOOK")
        await room.shows(1, "Connected")
        await room.line.ask("AT+AUDIO=1,TONE,1000,-12,2000")
        await room.line.ask("AT+LISTEN=2,300")
        assert "1000" in await room.line.wait("HEARD 2")
        assert room.sip.invited == []
        await room.press(2, "ONHOOK")
        await room.shows(1, "Call ended")
        await room.until(lambda: idle(room))

    play(scene)


@pytest.mark.parametrize(("number", "shown"), [("*907", "Not found"), ("*901", "Busy")])
def test_a_number_without_a_handset_and_the_own_one_are_told(play, number, shown):
    async def scene(room):
        await room.press(1, *number, "OFFHOOK")
        await room.shows(1, shown)
        await room.until(lambda: idle(room))

    play(scene)


def test_a_handset_that_is_off_busy_or_not_to_be_disturbed_is_told(play):
    async def scene(room):
        await room.talking(2)
        await room.press(1, *"*902", "OFFHOOK")
        await room.shows(1, "Busy")
        room.set("user_ipui", IPUIS[2], 1)
        room.set("user_dnd", "true", 1)
        await room.press(1, "ONHOOK", *"*903", "OFFHOOK")
        await room.shows(1, "Busy")
        await room.line.ask("AT+HSPWR=4,OFF")
        await room.press(1, "ONHOOK", *"*904", "OFFHOOK")
        await room.shows(1, "Not reachable", 10)  # its battery is out: the base finds out by paging it

    play(scene)


def test_a_refusal_and_a_caller_who_gives_up_end_it_at_the_other_handset(play):
    async def scene(room):
        await ringing(room)
        await room.press(2, "ONHOOK")
        await room.shows(1, "Rejected")
        await room.press(1, "ONHOOK")
        await ringing(room)
        await room.press(1, "ONHOOK")
        await room.until(lambda: room.ringing() == [])
        await room.shows(2, "1 missed call")
        await room.until(lambda: idle(room))

    play(scene)


def test_a_handset_that_is_lost_ends_the_call_of_the_other(play):
    async def scene(room):
        await talking(room)
        await room.line.ask("AT+HSPWR=2,OFF")
        await room.shows(1, "Connection lost", 20)
        await room.until(lambda: idle(room))

    play(scene)


def test_a_call_from_outside_knocks_at_a_handset_that_talks_to_another(play):
    async def scene(room):
        await talking(room)
        room.set("user_ipui", IPUIS[1], 1)
        outside = await room.incoming()
        await room.until(lambda: outside.done == ["ring"])
        await room.shows(2, "Waiting: 200")

    play(scene)
