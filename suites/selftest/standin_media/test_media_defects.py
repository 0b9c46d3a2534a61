"""Each defect of the media path is seen on the wire, in the ear or in the description it is about."""

from __future__ import annotations

import asyncio
import functools
from itertools import pairwise

import numpy as np
import pytest

from rigs.standin.defects import area_of, load
from rigs.standin.media import g711
from rigs.standin.media.description import CodecSpec
from rigs.standin.media.spandsp import G722Decoder, G726Decoder

from . import test_session as session
from .media_far_end import FarEnd

PCMA, PCMU, G722 = session.PCMA, session.PCMU, CodecSpec(9, "G722", 8000)


def on(work, *, often=False, host="127.0.0.1"):
    """A killer that runs `work(call, device)` on a base with the defect."""

    def killer(make_device):
        device = make_device()
        if often and device.strategies.get(session.RtcpStrategy).interval:
            device.strategies.get(session.RtcpStrategy).interval = 0.2

        async def run(made):
            await work(made, device)

        session.call(run, device, host)

    return killer


async def running(made, *codecs, **more):
    made.agree(made.far.describes(*codecs, **more))
    await made.session.start()


async def sends_alaw_as_eight(made, device):
    await running(made, PCMA)
    assert (await made.far.until(2))[0].payload_type == 8


async def ulaw_is_clean(made, device):
    await running(made, PCMU)
    assert session.hums([g711.decode("PCMU", p.payload) for p in await made.far.until(20)])


async def g722_is_clean(made, device):
    await running(made, G722)
    decoder = G722Decoder()
    assert session.hums([decoder.decode(p.payload) for p in await made.far.until(20)])


async def g726_is_clean(made, device):
    await running(made, CodecSpec(112, "G726-32", 8000))
    decoder = G726Decoder("rfc3551")
    assert session.hums([decoder.decode(p.payload) for p in await made.far.until(25)])


async def answers_in_the_callers_order(made, device):
    answer = made.session.local_answer(made.far.describes(G722, PCMA), "sendrecv")
    assert [codec.payload for codec in answer.codecs] == [9, 8]


async def is_heard_after_a_hold(made, device):
    await running(made, PCMU)
    made.session.set_direction("sendonly")
    made.session.set_direction("sendrecv")
    for number in range(6):
        made.far.send(made.session.port, 0, number, number * 160, g711.encode("PCMU", session.tone(500)))
    await made.hears_something()


async def speaks_after_a_hold(made, device):
    await running(made, PCMU)
    made.session.set_direction("sendonly")
    made.session.set_direction("sendrecv")
    assert session.hums([g711.decode("PCMU", p.payload) for p in await made.far.until(20)])


async def rings_in_the_ear(made, device):
    made.session.play_tone("ringback")
    async with asyncio.timeout(2):
        while len(made.ear) < 10:
            await asyncio.sleep(0.02)
    decoder = G726Decoder()
    assert abs(np.frombuffer(b"".join(map(decoder.decode, made.ear)), np.int16)).max() > 1000


async def is_quiet_when_the_tone_ends(made, device):
    made.session.play_tone("ringback")
    made.session.stop_tone()
    async with asyncio.timeout(2):
        while len(made.ear) < 10:
            await asyncio.sleep(0.02)
    decoder = G726Decoder()
    assert abs(np.frombuffer(b"".join(map(decoder.decode, made.ear)), np.int16)).max() < 1000


async def hears_who_holds_it(made, device):
    await running(made, PCMU)
    made.session.set_direction("recvonly")
    for number in range(6):
        made.far.send(made.session.port, 0, number, number * 160, g711.encode("PCMU", session.tone(500)))
    await made.hears_something()


async def reports_and_takes_leave(made, device):
    await running(made, PCMA)
    await made.far.until_report(within=1)
    made.far.rtcp.clear()
    await made.session.stop()
    assert b"\x81\xcb" in await made.far.until_report(within=1)


async def keeps_source_and_numbers(made, device):
    await running(made, PCMA)
    seen = await made.far.until(60)
    assert len({p.ssrc for p in seen}) == 1
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in pairwise(seen))


async def marks_its_packets(made, device):
    marked = FarEnd()
    marked.want_tos()
    made.agree(marked.describes(PCMA))
    await made.session.start()
    await marked.until(1)
    assert marked.tos == {160}
    marked.close()


KILLERS = {
    "alaw-under-the-ulaw-number": on(sends_alaw_as_eight),
    "dynamic-number-of-its-own": session.test_the_answers_number_is_sent_and_the_far_ends_packet_time_obeyed,
    "g726-packing-swapped": on(g726_is_clean),
    "ulaw-is-alaw": on(ulaw_is_clean),
    "g722-is-alaw": on(g722_is_clean),
    "packet-length-ignored": session.test_the_answers_number_is_sent_and_the_far_ends_packet_time_obeyed,
    "codec-order-ignored": session.test_the_offer_lists_the_slots_in_order_and_only_codecs_of_this_unit,
    "answers-in-its-own-order": on(answers_in_the_callers_order),
    "mute-microphone": session.test_the_microphone_is_heard_at_the_far_end,
    "mute-after-hold": on(speaks_after_a_hold),
    "silent-ear-after-hold": on(is_heard_after_a_hold),
    "sends-while-held": session.test_a_held_line_is_silent_and_goes_on_with_its_clock,
    "symmetric-rtp-ignored": session.test_media_follows_the_source_of_the_far_ends_packets,
    "one-end-packet": functools.partial(
        session.test_a_digit_is_one_event_with_three_ends_and_speech_pauses_for_it, ptime=20
    ),
    "dtmf-timestamp-moves": functools.partial(
        session.test_a_digit_is_one_event_with_three_ends_and_speech_pauses_for_it, ptime=20
    ),
    "dtmf-duration-stuck": functools.partial(
        session.test_a_digit_is_one_event_with_three_ends_and_speech_pauses_for_it, ptime=20
    ),
    "ports-outside-the-range": session.test_ports_are_even_of_the_range_and_given_back,
    "odd-media-ports": session.test_ports_are_even_of_the_range_and_given_back,
    "no-rtcp": on(reports_and_takes_leave, often=True),
    "no-rtcp-bye": on(reports_and_takes_leave, often=True),
    "source-changes-each-second": on(keeps_source_and_numbers),
    "sequence-jumps": on(keeps_source_and_numbers),
    "media-unmarked": on(marks_its_packets),
    "no-ring-back": on(rings_in_the_ear),
    "ring-back-goes-on": on(is_quiet_when_the_tone_ends),
    "music-on-hold-not-played": on(hears_who_holds_it),
    "tones-of-another-country": session.test_a_tone_of_the_base_is_in_the_ear_before_media_runs,
}


def test_the_table_names_every_defect_of_the_media_path():
    assert set(KILLERS) == {name for name, fault in load().items() if area_of(fault) in ("media", "ear")}


@pytest.mark.slow
@pytest.mark.parametrize("defect", KILLERS)
def test_a_defect_is_seen(make_device, defect):
    with pytest.raises((AssertionError, TimeoutError)):
        KILLERS[defect](functools.partial(make_device, defect))


@pytest.mark.slow
@pytest.mark.parametrize("killer", dict.fromkeys(KILLERS.values()))
def test_what_kills_defects_passes_on_a_healthy_base(make_device, killer):
    killer(make_device)
