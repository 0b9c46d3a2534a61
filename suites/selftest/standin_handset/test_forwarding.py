"""Call forwarding of the stand-in: which calls go elsewhere and where to, and what handsets show and switch of it."""

from __future__ import annotations

import pytest

from rigs.standin.air.protocol import Facility
from rigs.standin.call.features import values

from .conftest import IPUIS

ALWAYS, BUSY, NO_ANSWER = "1", "2", "3"


def forward(room, mode, number="7001", seconds="10"):
    room.set("user_ipui", IPUIS[0], 1)
    room.set("user_forward_number", number, 1)
    room.set("user_forward_timeout", seconds, 1)
    room.set("user_forward_mode", mode, 1)


async def outcome(room, call):
    await room.until(lambda: any(isinstance(one, tuple) for one in call.done))
    return next(one for one in call.done if isinstance(one, tuple))


@pytest.mark.parametrize(
    ("number", "target"),
    [
        ("7001", "sip:7001@example.net"),
        ("*97", "sip:*97@example.net"),
        ("#21", "sip:%2321@example.net"),
        ("sip:bob@192.0.2.1:5070", "sip:bob@192.0.2.1:5070"),
        ("bob@example.com", "sip:bob@example.com"),
    ],
)
def test_all_calls_go_to_the_number_or_address_that_is_set(play, number, target):
    async def scene(room):
        forward(room, ALWAYS, number)
        call = await room.incoming()
        assert await outcome(room, call) == (302, target, "unconditional")
        assert room.ringing() == []

    play(scene)


@pytest.mark.parametrize("number", ["301", "sip:301@example.net", "a b>c@", ""])
def test_forwarding_to_itself_or_to_no_address_rings(play, number):
    async def scene(room):
        forward(room, ALWAYS, number)
        call = await room.incoming()
        await room.until(room.ringing)
        assert call.done == ["ring"]

    play(scene)


def test_forwarding_all_calls_comes_before_do_not_disturb_and_the_other_cases_after_it(play):
    async def scene(room):
        room.set("user_dnd", "true", 1)
        forward(room, ALWAYS)
        assert (await outcome(room, await room.incoming()))[0] == 302
        for mode in (BUSY, NO_ANSWER):
            room.set("user_forward_mode", mode, 1)
            assert (await outcome(room, await room.incoming()))[0] == 480

    play(scene)


def test_a_second_call_is_forwarded_when_busy_only_where_it_may_not_knock(play):
    async def scene(room):
        forward(room, BUSY)
        await room.talking()
        knocking = await room.incoming()
        await room.until(lambda: knocking.done == ["ring"])
        knocking.listener.on_ended(487, "", True, False)
        room.set("user_allow_call_waiting", "false", 1)
        assert await outcome(room, await room.incoming()) == (302, "sip:7001@example.net", "user-busy")

    play(scene)


def test_a_call_rejected_with_a_key_is_not_forwarded(play):
    async def scene(room):
        forward(room, BUSY)
        call = await room.incoming()
        await room.until(room.ringing)
        await room.press(1, "ONHOOK")
        assert await outcome(room, call) == (486, "Busy Here")

    play(scene)


def test_a_call_without_an_answer_is_forwarded_after_its_time_and_was_missed(play):
    async def scene(room):
        forward(room, NO_ANSWER, seconds="1")
        call = await room.incoming()
        await room.until(room.ringing)
        assert await outcome(room, call) == (302, "sip:7001@example.net", "no-answer")
        await room.shows(1, "1 missed call")
        assert room.ringing() == []

    play(scene)


@pytest.mark.parametrize(
    ("mode", "line"), [(ALWAYS, "Fwd: 7001"), (BUSY, "Fwd busy: 7001"), (NO_ANSWER, "Fwd 10 s: 7001")]
)
def test_the_idle_screen_of_the_bound_handset_tells_of_it(play, mode, line):
    async def scene(room):
        forward(room, mode)
        assert (await room.shows(1, line))[4] == line
        assert "FORWARD" in room.portable.handsets[1].display.icons
        assert "FORWARD" not in room.portable.handsets[2].display.icons
        room.set("user_forward_mode", "0", 1)
        await room.until(lambda: "FORWARD" not in room.portable.handsets[1].display.icons)

    play(scene)


def test_the_menu_switches_each_case_and_asks_for_number_and_time(play):
    async def scene(room):
        room.set("user_ipui", IPUIS[0], 1)
        settings = room.device.settings
        await room.press(1, "OK", "DOWN", "DOWN", "OK", "DOWN", "DOWN", "OK", *"7001", "OK", *"20", "OK")
        await room.until(lambda: settings.get("user_forward_mode", 1) == NO_ANSWER)
        assert (settings.get("user_forward_number", 1), settings.get("user_forward_timeout", 1)) == ("7001", "20")
        assert (await room.shows(1, "No answer: 7001"))[:4] == [
            "Forwarding",
            "Always: off",
            "Busy: off",
            "No answer: 7001",
        ]
        await room.press(1, "OK")
        await room.shows(1, "No answer: off")
        await room.press(1, "UP", "OK", *"7001", "SOFT2", "SOFT1")
        await room.shows(1, "Busy: 700")
        await room.press(1, "UP", "OK", "SOFT2")
        assert (await room.rows(1))[1] == "Always: off"

    play(scene)


def test_a_wish_that_is_not_known_sets_nothing():
    assert values(Facility("", "forward-sometimes", on=True)) == {}
