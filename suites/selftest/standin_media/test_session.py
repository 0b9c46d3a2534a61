"""A media session on loopback against a bare UDP socket: what is on the wire is what counts."""

from __future__ import annotations

import asyncio
import dataclasses
import itertools
import struct
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest

from rigs.standin.media import g711
from rigs.standin.media.clock import Metronome
from rigs.standin.media.description import CodecSpec, MediaDescription
from rigs.standin.media.session import MediaSession
from rigs.standin.media.spandsp import G726Decoder, G726Encoder
from rigs.standin.media.strategies import RtcpStrategy

from .media_far_end import FarEnd, Seen

PCMA, PCMU = CodecSpec(8, "PCMA", 8000), CodecSpec(0, "PCMU", 8000)


def tone(hertz: int, seconds: float = 0.02) -> bytes:
    at = np.arange(int(8000 * seconds))
    return (8000 * np.sin(2 * np.pi * hertz * at / 8000)).astype(np.int16).tobytes()


class OftenStrategy(RtcpStrategy):
    interval = 0.2


class Call:
    """A session with its handset (a microphone that hums, an ear that keeps frames) and its far end."""

    def __init__(self, session: MediaSession, host: str = "127.0.0.1") -> None:
        self.session = session
        self.far = FarEnd(host)
        self.ear: list[bytes] = []
        self._encoder = G726Encoder()
        session.connect_air(self.ear.append)
        self._microphone = Metronome(20, self._hum)

    def be_silent(self) -> None:
        """The handset brings no frames any more, as on hold."""
        self._microphone.stop()

    def _hum(self, missed: int) -> None:
        self.session.receive_air(self._encoder.encode(tone(1000)))

    def agree(self, remote: MediaDescription, direction="sendrecv") -> MediaDescription:
        local = self.session.local_answer(remote, direction)
        assert local is not None
        self.session.apply(local, remote)
        return local

    async def hears_something(self) -> None:
        """Waits for a frame in the ear that is loud."""
        decoder, at = G726Decoder(), 0
        async with asyncio.timeout(2):
            while True:
                for frame in self.ear[at:]:
                    at += 1
                    if abs(np.frombuffer(decoder.decode(frame), np.int16)).max() > 4000:
                        return
                await asyncio.sleep(0.02)

    async def end(self) -> None:
        self._microphone.stop()
        await self.session.stop()
        self.far.close()


def call(work: Callable[[Call], Awaitable[None]], device, host: str = "127.0.0.1") -> None:
    async def run() -> None:
        made = Call(device.media.new_session(1), host)
        try:
            await work(made)
        finally:
            await made.end()

    asyncio.run(run())


@contextmanager
def stuck() -> Iterator[None]:
    with pytest.raises(TimeoutError):
        yield


def hums(frames: list[bytes]) -> bool:
    """True if 100 ms of these 20 ms frames of samples are the microphone's 1000 Hz, pure and as loud as it was."""
    for at in range(len(frames) - 4):
        pcm = np.frombuffer(b"".join(frames[at : at + 5]), np.int16).astype(float)
        power = np.abs(np.fft.rfft(pcm)) ** 2
        if power[100] > 0.97 * power.sum() and 5200 < pcm.std() < 6100:
            return True
    return False


def strongest_pairs(frames: list[bytes]) -> set[tuple[int, int]]:
    """The two strongest DTMF frequencies of each 80 ms."""
    keys = np.array([697, 770, 852, 941, 1209, 1336, 1477, 1633])
    found = set()
    for at in range(len(frames) - 3):
        pcm = np.frombuffer(b"".join(frames[at : at + 4]), np.int16).astype(float)
        waves = np.exp(-2j * np.pi * np.outer(keys, np.arange(len(pcm))) / 8000)
        low, high = sorted(keys[np.argsort(np.abs(waves @ pcm))[-2:]].tolist())
        found.add((low, high))
    return found


def speech(packets: list[Seen], payload_type: int) -> list[Seen]:
    return [packet for packet in packets if packet.payload_type == payload_type]


def test_packets_come_every_twenty_milliseconds_in_one_unbroken_stream(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        seen = await made.far.until(30)
        assert {p.payload_type for p in seen} == {8}
        assert {len(p.payload) for p in seen} == {160}
        assert len({p.ssrc for p in seen}) == 1
        assert [p.marker for p in seen[:3]] == [True, False, False]
        assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in itertools.pairwise(seen))
        steps = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in itertools.pairwise(seen)]
        assert set(steps) <= {160 * beats for beats in range(1, 50)}, "beats given up on a busy machine are whole ones"
        assert sum(steps) / 8000 == pytest.approx(seen[-1].at - seen[0].at, abs=0.12)

    call(work, make_device())


def test_an_answer_that_comes_after_the_start_is_talked_to(make_device):
    """An INVITE without an offer is answered in its ACK, when the handset has been picked up already."""

    async def work(made: Call) -> None:
        await made.session.start()
        made.agree(made.far.describes(PCMA))
        await made.far.until(3)

    call(work, make_device())


def test_the_answers_number_is_sent_and_the_far_ends_packet_time_obeyed(make_device):
    async def work(made: Call) -> None:
        g726 = CodecSpec(112, "G726-32", 8000)
        answer = made.agree(made.far.describes(g726, PCMU, ptime=30))
        assert [codec.payload for codec in answer.codecs] == [112, 0]
        await made.session.start()
        seen = await made.far.until(6)
        assert {(p.payload_type, len(p.payload)) for p in seen} == {(112, 120)}

    call(work, make_device())


def test_the_microphone_is_heard_at_the_far_end(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(CodecSpec(99, "AAL2-G726-32", 8000)))
        await made.session.start()
        decoder = G726Decoder("aal2")
        assert hums([decoder.decode(p.payload) for p in await made.far.until(40)])

    call(work, make_device())


def test_what_the_far_end_sends_is_in_the_ear(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMU))
        await made.session.start()

        payload = g711.encode("PCMU", tone(500))
        for number in range(6):
            made.far.send(made.session.port, 0, number, number * 160, payload)
        await made.hears_something()

    call(work, make_device())


def test_media_follows_the_source_of_the_far_ends_packets(make_device):
    async def work(made: Call) -> None:
        behind_nat = FarEnd()
        remote = made.far.describes(PCMA)
        made.agree(remote)
        await made.session.start()
        await made.far.until(1)
        for number in range(2):
            behind_nat.send(made.session.port, 8, number, number * 160, bytes(160))
        await behind_nat.until(2)
        behind_nat.close()

    call(work, make_device())


def test_a_moved_far_end_is_not_drawn_back_by_stragglers(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        made.far.send(made.session.port, 8, 1, 0, bytes(160))
        await made.far.until(2)
        moved = FarEnd()
        made.agree(moved.describes(PCMA))
        made.far.send(made.session.port, 8, 2, 160, bytes(160))
        await moved.until(3)
        moved.close()

    call(work, make_device())


def test_a_held_line_is_silent_and_goes_on_with_its_clock(make_device):
    async def work(made: Call) -> None:
        remote = made.far.describes(PCMA)
        local = made.agree(remote)
        await made.session.start()
        await made.far.until(3)
        made.session.apply(dataclasses.replace(local, direction="inactive"), remote)
        before = len(made.far.rtp)
        await asyncio.sleep(0.2)
        assert len(made.far.rtp) <= before + 1
        last = made.far.rtp[-1]
        made.session.apply(local, remote)
        after = (await made.far.until(len(made.far.rtp) + 2))[-2]
        assert (after.sequence - last.sequence) & 0xFFFF == 1
        assert ((after.timestamp - last.timestamp) & 0xFFFFFFFF) >= 160 * 8
        assert after.marker

    call(work, make_device())


def test_silence_is_sent_while_the_handset_brings_nothing(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        await made.far.until(5)
        made.session.set_direction("sendonly")
        made.be_silent()
        count = len(made.far.rtp)
        later = (await made.far.until(count + 14))[count + 10 :]
        pcm = np.frombuffer(b"".join(g711.decode("PCMA", p.payload) for p in later), np.int16)
        assert abs(pcm).max() < 50

    call(work, make_device())


@pytest.mark.parametrize("ptime", [20, 30])
def test_a_digit_is_one_event_with_three_ends_and_speech_pauses_for_it(make_device, ptime):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA, ptime=ptime, event=97))
        await made.session.start()
        await made.far.until(2)
        made.session.send_dtmf("7", 120)
        made.session.send_dtmf("*", 60)
        async with asyncio.timeout(3):
            while sum(p.payload[1] >> 7 for p in speech(made.far.rtp, 97)) < 6:
                await asyncio.sleep(0.02)
        events = speech(made.far.rtp, 97)
        by_time = {t: [p for p in events if p.timestamp == t] for t in dict.fromkeys(p.timestamp for p in events)}
        assert [group[0].payload[0] for group in by_time.values()] == [7, 10]
        for group, ms in zip(by_time.values(), (120, 60), strict=True):
            durations = [struct.unpack("!H", p.payload[2:])[0] for p in group]
            assert group[0].marker
            assert [p.payload[1] >> 7 for p in group][-4:] == [0, 1, 1, 1][-min(4, len(group)) :]
            assert durations[-3:] == [ms * 8] * 3
            assert durations[:-2] == sorted(set(durations))

    call(work, make_device())


def test_without_telephone_event_a_digit_is_heard_in_the_speech_band(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA, event=None))
        await made.session.start()
        await made.far.until(4)
        made.session.send_dtmf("1", 200)
        frames = [g711.decode("PCMA", p.payload) for p in await made.far.until(24)]
        assert strongest_pairs(frames) & {(697, 1209)}

    call(work, make_device())


def test_a_tone_of_the_base_is_in_the_ear_before_media_runs(make_device):
    async def work(made: Call) -> None:
        made.session.play_tone("dial")
        async with asyncio.timeout(2):
            while len(made.ear) < 12:
                await asyncio.sleep(0.02)
        decoder = G726Decoder()
        pcm = np.frombuffer(b"".join(decoder.decode(frame) for frame in made.ear[2:]), np.int16).astype(float)
        power = np.abs(np.fft.rfft(pcm))
        assert power.argmax() * 8000 / len(pcm) == pytest.approx(425, abs=10)
        made.session.stop_tone()

    call(work, make_device(tones="3"))


def test_reports_are_sent_and_leave_is_taken(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        report = await made.far.until_report()
        assert report[1] == 200
        assert b"@127.0.0.1" in report
        made.far.rtcp.clear()
        await made.session.stop()
        last = await made.far.until_report()
        assert last[-7] == 203 or b"\x81\xcb" in last

    device = make_device()
    device.strategies.override(OftenStrategy)
    call(work, device)


def test_ports_are_even_of_the_range_and_given_back(make_device):
    device = make_device()

    async def work() -> None:
        sessions = [device.media.new_session(1) for _ in range(4)]
        ports = [session.port for session in sessions]
        assert all(port % 2 == 0 and 42000 <= port < 42098 for port in ports)
        assert len(set(ports)) == 4
        for session in sessions:
            await session.stop()
        assert device.media.sessions == []

    asyncio.run(work())


def test_the_offer_lists_the_slots_in_order_and_only_codecs_of_this_unit(make_device):
    async def names(device) -> list[tuple[int, str]]:
        session = device.media.new_session(1)
        offer = session.local_offer("sendrecv")
        await session.stop()
        return [(codec.payload, codec.name) for codec in offer.codecs]

    factory = asyncio.run(names(make_device()))
    assert factory == [(8, "PCMA"), (0, "PCMU"), (96, "G726-32"), (9, "G722")]
    chosen = asyncio.run(names(make_device(codec1_name="0", codec2_name="18", codec3_name="8")))
    assert chosen[:2] == [(0, "PCMU"), (8, "PCMA")]
    indexed = make_device(quirks={"codec_encoding": "index"}, codec1_name="1", codec2_name="4")
    assert asyncio.run(names(indexed))[:2] == [(0, "PCMU"), (9, "G722")]


def test_an_offer_without_a_known_codec_has_no_answer(make_device):
    async def work(made: Call) -> None:
        assert made.session.local_answer(made.far.describes(CodecSpec(97, "iLBC", 8000)), "sendrecv") is None

    call(work, make_device())


def test_ipv6_works_from_the_same_port(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        assert {p.port for p in await made.far.until(2)} == {made.session.port}

    call(work, make_device(), host="::1")


def test_speech_goes_on_when_a_new_answer_takes_events_away_in_the_middle_of_a_digit(make_device):
    async def work(made: Call) -> None:
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        made.session.send_dtmf("5", 10_000)
        seen = await made.far.until(3)
        while seen[-1].payload_type != 101:
            seen = await made.far.until(len(seen) + 1)
        made.agree(made.far.describes(PCMA, event=None))
        before = len(seen)
        assert {one.payload_type for one in (await made.far.until(before + 5))[before + 1 :]} == {8}

    call(work, make_device())


def test_who_sends_from_behind_a_nat_is_found_there_again_after_a_new_description(make_device):
    """Only the old address is left behind, not the place that packets came from."""

    async def work(made: Call) -> None:
        nat, moved = FarEnd(), FarEnd()
        made.agree(made.far.describes(PCMA))
        await made.session.start()
        nat.send(made.session.port, 8, 1, 0, bytes(160))
        await nat.until(2)
        made.agree(moved.describes(PCMA))
        await moved.until(2)
        made.far.send(made.session.port, 8, 2, 160, bytes(160))  # a straggler of the old address
        await moved.until(4)
        before = len(nat.rtp)
        nat.send(made.session.port, 8, 3, 320, bytes(160))
        await nat.until(before + 2)
        nat.close()
        moved.close()

    call(work, make_device())
