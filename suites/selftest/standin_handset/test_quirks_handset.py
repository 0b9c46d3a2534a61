"""The alternatives of what is only inferred of calls at the handset."""

from collections.abc import Iterator

import pytest

from rigs.standin.core.quirks import Quirks
from rigs.standin.handset import data


def test_nobody_answers_with_either_status(play):
    async def scene(room):
        room.set("ring_duration", "1")
        for quirks, line in (
            ({"no_answer_status": "480"}, (480, "Temporarily Unavailable")),
            ({"no_answer_status": "408"}, (408, "Request Timeout")),
        ):
            room.device.quirks = Quirks(quirks)
            call = await room.incoming()
            await room.until(lambda call=call, line=line: call.done[-1:] == [line])

    play(scene)


def test_one_red_key_may_refuse_the_call_for_all(play):
    async def scene(room):
        room.device.quirks = Quirks({"reject_scope": "call"})
        call = await room.incoming()
        await room.until(lambda: len(room.ringing()) == 5)
        await room.press(1, "ONHOOK")
        await room.until(lambda: call.done[-1:] == [(486, "Busy Here")])
        await room.until(lambda: room.ringing() == [])

    play(scene)


def test_pins_may_be_tried_as_fast_as_the_air_allows(play):
    async def scene(room):
        room.device.quirks = Quirks({"pin_pacing": "none"})
        await room.line.ask("AT+DEREG=1")
        for pin in ("0001", "0002", "0003", "0004"):
            await room.line.ask(f'AT+REG=1,"{pin}"')
            await room.shows(1, "Wrong PIN")
            await room.press(1, "ONHOOK")
        await room.line.ask('AT+REG=1,"0000"')
        await room.shows(1, "Registered")

    play(scene)


@pytest.fixture
def short_words() -> Iterator[None]:
    data.speak(Quirks({"display_words": "short"})["display_words"])
    yield
    data.speak("long")


def test_the_display_may_use_other_words_and_has_one_for_everything(play, short_words):
    assert data.text("call.connected") == "In call"
    assert data.text("soft.hold") == "Hold"
    assert data.reason("busy") == "Engaged"
    assert data.reason("normal") == "Call ended"
    assert data.reason("failed", "500 Oops") == "Failed: 500 Oops"
    with pytest.raises(KeyError):
        data.text("call.no_such")

    async def scene(room):
        data.speak("short")
        await room.press(1, "SOFT1")
        await room.shows(1, "Lost")

    play(scene)
