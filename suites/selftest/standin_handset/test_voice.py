"""Ear and mouth: levels and tones as the dongle measures and makes them."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rigs.standin.handset.levels import FLOOR_DBM0, RATE, amplitude, level, tones
from rigs.standin.media.spandsp import G726Decoder


def sine(hertz: float, dbm0: float, milliseconds: int = 500) -> np.ndarray:
    at = np.arange(RATE * milliseconds // 1000)
    return (amplitude(dbm0) * np.sin(2 * np.pi * hertz * at / RATE)).astype(np.int16)


def readings(line: str) -> tuple[float, list[tuple[float, float]]]:
    _, _, _, heard, *found = line.split()
    return float(heard), [(float(tone.split(":")[0]), float(tone.split(":")[1])) for tone in found]


@settings(deadline=None, max_examples=30)
@given(st.floats(100, 3400), st.floats(-40, 3), st.sampled_from([200, 333, 1000]))
def test_a_sine_is_measured_within_a_decibel_and_five_hertz(hertz, dbm0, milliseconds):
    samples = sine(hertz, dbm0, milliseconds)
    assert level(samples) == pytest.approx(dbm0, abs=0.5)
    assert tones(samples)[0].hertz == pytest.approx(hertz, abs=5)
    assert tones(samples)[0].dbm0 == pytest.approx(dbm0, abs=1)


def test_full_scale_is_three_point_one_four_dbm0_and_silence_the_floor():
    assert level(sine(1000, 3.14)) == pytest.approx(3.14, abs=0.05)
    assert level(np.zeros(800, np.int16)) == FLOOR_DBM0
    assert tones(np.zeros(800, np.int16)) == []


def test_tones_together_are_told_apart_strongest_first():
    found = tones(sine(440, -20) + sine(480, -14) + sine(1004, -25))
    assert [round(tone.hertz) for tone in found] == [480, 440, 1004]


def test_what_the_network_sends_is_heard_at_its_level_and_volume_moves_it(play):
    async def scene(room):
        call = await room.talking()
        samples = sine(1004, -16, 900).tobytes()
        speaking = asyncio.create_task(call.media.say(samples))
        await room.line.ask("AT+LISTEN=1,300")
        assert await room.line.ask("AT+LISTEN=1,300") == ["ERROR 4 busy"]
        heard, found = readings(await room.line.wait("HEARD 1"))
        assert heard == pytest.approx(-16, abs=1)
        assert found[0] == pytest.approx((1004, -16), abs=2)
        await room.press(1, "VOLDOWN", "VOLDOWN")
        await room.line.ask("AT+LISTEN=1,240")
        assert readings(await room.line.wait("HEARD 1"))[0] == pytest.approx(-22, abs=1)
        await speaking

    play(scene)


def test_the_tone_in_the_microphone_reaches_the_network_whole(play):
    async def scene(room):
        call = await room.talking()
        assert await room.line.ask("AT+AUDIO=1,TONE,697,-12,700") == []
        call.media.heard.clear()
        await room.until(lambda: len(call.media.heard) >= 30)
        decoder = G726Decoder()
        samples = np.frombuffer(b"".join(decoder.decode(frame) for frame in call.media.heard[:30]), np.int16)[1600:]
        assert tones(samples)[0].hertz == pytest.approx(697, abs=3)
        assert level(samples) == pytest.approx(-12, abs=1)
        await room.line.ask("AT+AUDIO=1,MUTE")
        call.media.heard.clear()
        await room.until(lambda: len(call.media.heard) >= 15)
        quiet = np.frombuffer(b"".join(decoder.decode(frame) for frame in call.media.heard), np.int16)[-800:]
        assert level(quiet) < -55

    play(scene)


def test_without_a_call_and_on_hold_there_is_silence(play):
    async def scene(room):
        await room.line.ask("AT+LISTEN=1,100")
        assert readings(await room.line.wait("HEARD 1")) == (FLOOR_DBM0, [])
        call = await room.talking()
        await room.press(1, "HOLD")
        await room.shows(1, "On hold")
        call.media.heard.clear()
        await room.line.ask("AT+LISTEN=1,100")
        assert readings(await room.line.wait("HEARD 1"))[1] == []
        assert not call.media.heard

    play(scene)


def test_a_call_that_waits_is_heard_at_its_ear_also_while_the_far_end_is_silent_or_held(play):
    async def scene(room):
        await room.talking()
        for held in (False, True):
            if held:
                await room.press(1, "HOLD")
                await room.shows(1, "On hold")
            waiting = await room.incoming(number="201")
            await room.line.ask("AT+LISTEN=1,300")
            await room.line.ask("AT+LISTEN=2,300")
            _, (tone, *_) = readings(await room.line.wait("HEARD 1"))
            assert tone == pytest.approx((425, -20), abs=3)
            assert readings(await room.line.wait("HEARD 2"))[1] == []
            waiting.listener.on_ended(487, "", True, False)

    play(scene)


def test_a_waiting_call_shows_name_and_number(play):
    async def scene(room):
        await room.talking()
        await room.incoming(number="201", name="Peer B")
        rows = await room.shows(1, "Waiting: Peer B")
        assert rows[4:6] == ["Waiting: Peer B", "201"]

    play(scene)
