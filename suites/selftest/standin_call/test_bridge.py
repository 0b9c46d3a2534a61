"""A bridge of two hands frames through, one of three and more mixes; a party is on one bridge at a time."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pytest

from rigs.standin.call import mixer
from rigs.standin.call.bridge import Bridge, Party
from rigs.standin.call.parties import HandsetParty, SipParty
from rigs.standin.handset.levels import amplitude, level, tones
from rigs.standin.media.spandsp import AIR_FRAME, FRAME_SAMPLES, G726Decoder, G726Encoder

FRAMES = 50
SETTLED = 10
"""Frames until the codecs have adapted to what is said."""


class Person(Party):
    """Says one tone and listens."""

    def __init__(self, hertz: int = 0, dbm0: float = -15.0) -> None:
        self.frames: list[bytes] = []
        at = np.arange(FRAMES * FRAME_SAMPLES)
        wave = amplitude(dbm0) * np.sin(2 * np.pi * hertz * at / 8000)
        said = G726Encoder().encode(wave.astype(np.int16).tobytes())
        self._said = [said[start : start + AIR_FRAME] for start in range(0, len(said), AIR_FRAME)]

    def hear(self, frame: bytes) -> None:
        self.frames.append(frame)

    def talk(self) -> None:
        self.speak(self._said.pop(0))

    @property
    def heard(self) -> np.ndarray[Any, np.dtype[np.int16]]:
        samples = np.frombuffer(G726Decoder().decode(b"".join(self.frames)), np.int16)
        return samples[SETTLED * FRAME_SAMPLES :]

    @property
    def pitches(self) -> list[int]:
        """The tones it heard, in steps of 10 Hz."""
        return sorted(round(tone.hertz, -1) for tone in tones(self.heard) if tone.dbm0 > -25)


class Clock:
    """A metronome that the test beats."""

    def __init__(self, milliseconds, beat):
        self.milliseconds, self._beat, self.stopped = milliseconds, beat, False
        CLOCKS.append(self)

    def beat(self):
        if not self.stopped:
            self._beat(0)

    def stop(self):
        self.stopped = True


CLOCKS: list[Clock] = []


@pytest.fixture(autouse=True)
def clocks(monkeypatch):
    CLOCKS.clear()
    monkeypatch.setattr(mixer, "Metronome", Clock)


def bridge_of(*parties: Party) -> Bridge:
    bridge = Bridge()
    for party in parties:
        bridge.join(party)
    return bridge


def talk(*people: Person, frames: int = FRAMES) -> None:
    for _ in range(frames):
        for person in people:
            person.talk()
        for clock in CLOCKS:
            clock.beat()


def test_two_parties_hear_each_others_frames_as_they_are():
    one, other = Person(440), Person(1000)
    bridge_of(one, other)
    one.speak(b"a" * AIR_FRAME)
    other.speak(b"b" * AIR_FRAME)
    assert (one.frames, other.frames) == ([b"b" * AIR_FRAME], [b"a" * AIR_FRAME])
    assert CLOCKS == []


def test_each_of_three_parties_hears_both_others_and_not_itself():
    people = [Person(440), Person(1000), Person(1700)]
    bridge_of(*people)
    talk(*people)
    assert [person.pitches for person in people] == [[1000, 1700], [440, 1700], [440, 1000]]
    assert {len(person.frames) for person in people} == {FRAMES}
    assert [clock.milliseconds for clock in CLOCKS] == [20]


def test_each_voice_is_as_loud_in_a_conference_as_in_a_call():
    listener, talker = Person(), Person(1000, dbm0=-15)
    bridge_of(listener, talker, Person())
    talk(talker)
    assert level(listener.heard) == pytest.approx(-15, abs=1)


def test_five_parties_are_mixed_too():
    people = [Person(hertz) for hertz in (400, 800, 1200, 1600, 2000)]
    bridge_of(*people)
    talk(*people)
    assert people[2].pitches == [400, 800, 1600, 2000]


def test_loud_voices_together_are_cut_off_and_do_not_wrap():
    listener = Person()
    bridge_of(listener, Person(1000, dbm0=3), Person(1000, dbm0=3))
    talk(*[party for party in listener.bridge.parties if party is not listener])
    assert 2 < level(listener.heard) < 8
    assert listener.pitches[0] == 1000


def test_who_leaves_hears_no_more_and_two_that_stay_hear_each_other_directly():
    people = [Person(440), Person(1000), Person(1700)]
    bridge = bridge_of(*people)
    talk(*people, frames=20)
    bridge.leave(people[2])
    assert people[2].bridge is None
    talk(*people, frames=5)
    assert [len(person.frames) for person in people] == [25, 25, 20]
    assert CLOCKS[0].stopped


def test_a_party_is_on_one_bridge_at_a_time():
    near, first, second = Person(440), Person(1000), Person(1700)
    held, active = bridge_of(near, first), bridge_of(second)
    active.join(near)
    assert (held.parties, active.parties) == ((first,), (second, near))
    near.speak(b"a" * AIR_FRAME)
    first.speak(b"b" * AIR_FRAME)
    assert (first.frames, second.frames, near.frames) == ([], [b"a" * AIR_FRAME], [])


def test_two_calls_of_a_handset_become_a_conference_and_part_again():
    near, first, second = Person(440), Person(1000), Person(1700)
    held, active = bridge_of(first), bridge_of(near, second)
    active.join(first)
    talk(near, first, second)
    assert near.pitches == [1000, 1700]
    held.join(first)
    assert (held.parties, active.parties) == ((first,), (near, second))


def test_joining_twice_and_leaving_twice_change_nothing():
    one, other = Person(), Person()
    bridge = bridge_of(one, other)
    bridge.join(one)
    assert bridge.parties == (one, other)
    bridge.leave(one)
    bridge.leave(one)
    assert bridge.parties == (other,)
    bridge.dissolve()
    assert (bridge.parties, other.bridge) == ((), None)


def test_of_too_many_frames_that_wait_the_oldest_are_lost_and_a_party_without_any_is_silent():
    people = [Person(), Person(), Person(1000)]
    bridge_of(*people)
    for _ in range(5):
        people[2].talk()
    for _ in range(mixer.WAITING_FRAMES + 2):
        CLOCKS[0].beat()
    assert len(people[0].frames) == mixer.WAITING_FRAMES + 2
    assert people[0].frames[-1] != people[0].frames[0]


def test_the_mixer_runs_by_a_clock_of_its_own(monkeypatch):
    monkeypatch.undo()

    async def scene():
        people = [Person(), Person(), Person()]
        bridge = bridge_of(*people)
        async with asyncio.timeout(2):
            while len(people[0].frames) < 5:
                await asyncio.sleep(0.01)
        bridge.dissolve()
        counted = len(people[0].frames)
        await asyncio.sleep(0.06)
        assert len(people[0].frames) == counted

    asyncio.run(scene())


class Media:
    """The audio of a SIP call as a party uses it."""

    def __init__(self):
        self.ear, self.sent, self.stopped = None, [], False

    def connect_air(self, send):
        self.ear = send

    def receive_air(self, frame):
        self.sent.append(frame)

    async def stop(self):
        self.stopped = True


class Radio:
    """The voice slots."""

    def __init__(self):
        self.sent = []

    def send_voice(self, ipui, frame):
        self.sent.append((ipui, frame))


def test_a_handset_and_a_far_end_hear_each_other_until_one_is_on_hold():
    radio, media = Radio(), Media()
    near, far = HandsetParty(radio, "005C30C840"), SipParty(media)
    bridge = bridge_of(near, far)
    media.ear(b"from afar")
    near.speak(b"from here")
    assert (radio.sent, media.sent) == ([("005C30C840", b"from afar")], [b"from here"])
    bridge.leave(far)
    near.speak(b"private")
    assert (media.ear, media.sent) == (None, [b"from here"])


def test_two_handsets_of_the_base_talk_without_any_server():
    radio = Radio()
    one, other = HandsetParty(radio, "005C30C840"), HandsetParty(radio, "005C30C841")
    bridge_of(one, other)
    one.speak(b"a")
    other.speak(b"b")
    assert radio.sent == [("005C30C841", b"a"), ("005C30C840", b"b")]


def test_a_far_end_that_knows_of_no_call_loses_its_audio_only():
    media = Media()
    asyncio.run(SipParty(media).hang_up())
    assert media.stopped
