"""Levels and tones measured from recordings, against what was put into them."""

import math
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.core.tones import FULL_SCALE_DBM0, measure


def record(path, rate, tones, seconds=0.4):
    samples = []
    for number in range(int(rate * seconds)):
        value = sum(
            32767 * 10 ** ((level - FULL_SCALE_DBM0) / 20) * math.sin(2 * math.pi * hz * number / rate)
            for hz, level in tones
        )
        samples.append(max(-32768, min(32767, round(value))))
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(b"".join(value.to_bytes(2, "little", signed=True) for value in samples))
    return path


@settings(max_examples=12, deadline=None)
@given(st.integers(300, 3300), st.integers(-40, 0), st.sampled_from([8000, 16000]))
def test_a_tone_is_found_with_its_frequency_and_level(tmp_path_factory, hz, level, rate):
    heard = measure(record(tmp_path_factory.mktemp("tone") / "a.wav", rate, [(hz, level)]))
    assert heard.has(hz, within_hz=4)
    assert heard.level == pytest.approx(level, abs=0.3)
    assert heard.tones[0].dbm0 == pytest.approx(level, abs=0.6)


def test_two_tones_are_told_apart_strongest_first(tmp_path):
    heard = measure(record(tmp_path / "a.wav", 8000, [(440, -20), (1000, -10)]))
    assert [round(tone.hz, -1) for tone in heard.tones[:2]] == [1000, 440]
    assert not heard.has(700)


@pytest.mark.parametrize("seconds", [0, 0.01, 0.3])
def test_silence_has_no_tones(tmp_path, seconds):
    heard = measure(record(tmp_path / "a.wav", 8000, [], seconds))
    assert heard.silent
    assert not heard.tones
    assert "no tone" in str(heard)


def test_the_level_of_a_tone_is_its_own_and_not_that_of_all_that_is_heard(tmp_path):
    heard = measure(record(tmp_path / "a.wav", 8000, [(440, -20), (1000, -10)]))
    assert heard.level_of(440) == pytest.approx(-20, abs=0.6)
    assert heard.level_of(700) < -90
