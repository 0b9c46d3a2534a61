"""The codecs against known values and against each other."""

from __future__ import annotations

import numpy as np
import pytest

from rigs.standin.media import codecs, g711
from rigs.standin.media.spandsp import AIR_FRAME, G726Decoder, G726Encoder
from rigs.standin.media.tones import dtmf_tone, progress_tone


def sine(hertz: float, seconds: float = 0.4, peak: int = 8000) -> bytes:
    at = np.arange(int(8000 * seconds))
    return (peak * np.sin(2 * np.pi * hertz * at / 8000)).astype(np.int16).tobytes()


def frequency_and_purity(pcm: bytes) -> tuple[float, float]:
    samples = np.frombuffer(pcm, np.int16).astype(float)[800:]
    power = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    at = int(power.argmax())
    return at * 8000 / len(samples), float(power[max(0, at - 3) : at + 4].sum() / power.sum())


@pytest.mark.parametrize(("law", "code", "sample"), [("PCMA", 0xD5, 8), ("PCMA", 0xAA, 32256), ("PCMU", 0x80, 32124)])
def test_known_codes_of_g711_have_their_samples(law, code, sample):
    assert np.frombuffer(g711.decode(law, bytes([code])), np.int16)[0] == sample


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_every_code_of_g711_survives_the_way_through_samples(law):
    every = bytes(range(256))
    there_and_back = g711.encode(law, g711.decode(law, every))
    assert g711.decode(law, there_and_back) == g711.decode(law, every)


@pytest.mark.parametrize("law", ["PCMA", "PCMU"])
def test_silence_has_the_code_of_silence(law):
    assert g711.encode(law, bytes(4)) == bytes([g711.SILENCE[law]] * 2)


@pytest.mark.parametrize("coding", ["PCMA", "PCMU", "G722", "G726-32", "AAL2-G726-32"])
def test_a_tone_survives_air_and_network_in_each_codec(coding):
    packing = "aal2" if coding == "AAL2-G726-32" else "rfc3551"
    out, back = codecs.AirToNetwork(coding, packing), codecs.NetworkToAir(coding, packing)
    handset, ear = G726Encoder(), G726Decoder()
    pcm, heard = sine(1000), b""
    for at in range(0, len(pcm), 320):
        payload = out.convert(handset.encode(pcm[at : at + 320]))
        assert len(payload) == 20 * codecs.BY_NAME[coding].bytes_per_ms
        air = back.convert(payload)
        assert len(air) == AIR_FRAME
        heard += ear.decode(air)
    hertz, purity = frequency_and_purity(heard)
    assert abs(hertz - 1000) < 5
    assert purity > 0.99


def test_the_two_packings_of_g726_are_each_other_with_halves_swapped():
    pcm = sine(440, 0.02)
    little, big = G726Encoder("rfc3551").encode(pcm), G726Encoder("aal2").encode(pcm)
    assert codecs.swap_codes(little) == big
    assert little != big


@pytest.mark.parametrize(
    ("country", "kind", "hertz"), [("3", "dial", 425), ("2", "busy", 400), ("12", "ringback", 440)]
)
def test_progress_tones_have_the_frequency_of_their_country(country, kind, hertz):
    pcm = b"".join(progress_tone(country, kind).frame(number) for number in range(15))
    assert abs(frequency_and_purity(pcm)[0] - hertz) < 6


def test_a_cadence_is_silent_where_it_should_be():
    busy = progress_tone("1", "busy")
    assert any(busy.frame(0))
    assert not any(busy.frame(30))
    assert any(busy.frame(51))


def test_a_dtmf_key_is_its_two_frequencies():
    pcm = np.frombuffer(b"".join(dtmf_tone("5").frame(number) for number in range(20)), np.int16).astype(float)
    power = np.abs(np.fft.rfft(pcm))
    strongest = sorted(np.argsort(power)[-2:] * 8000 / len(pcm))
    assert strongest == pytest.approx([770, 1336], abs=3)
