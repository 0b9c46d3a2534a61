"""When media begin and stop, that they go on, what is in them and what the ear makes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, a_law, description

HELD, BROKEN, UNSAID = Result.HELD, Result.BROKEN, Result.CANNOT_BE_SAID
NOT_EXERCISED = Result.NOT_EXERCISED


def talking(begin: float = 10.1, end: float = 16.0, *, over: float = 16.0) -> PaperCall:
    """A call that is answered at 10.0 and hung up at 16.0; the base sends in between."""
    call = PaperCall().answered(10.0)
    if over:
        call.hung_up(over)
    return call.sends(begin, end) if end > begin else call


@pytest.mark.parametrize(("begin", "result"), [(10.02, HELD), (11.4, HELD), (12.1, BROKEN), (16.0, BROKEN)])
def test_audio_begins_soon_after_the_answer(begin, result):
    assert talking(begin).result("RTP-BEGIN") is result


def test_a_call_that_is_over_at_once_says_nothing_of_its_audio():
    assert talking(11.0, 11.0, over=10.5).result("RTP-BEGIN") is NOT_EXERCISED


def test_media_that_were_not_captured_are_not_held_against_the_base():
    assert talking(10.0, 10.0).result("RTP-BEGIN", media=False) is UNSAID
    assert talking(10.0, 10.0).result("RTP-BEGIN", acts=False) is UNSAID
    assert talking(10.0, 10.0).result("RTP-BEGIN") is BROKEN


@pytest.mark.parametrize(("again", "claims"), [(14.1, 0), (15.9, 1)])
def test_audio_comes_back_soon_after_a_resume(again, claims):
    call = PaperCall().answered(10.0)
    call.offers(12.0, 2, description(False, "sendonly"), description(True, "recvonly"), ours=False)
    call.offers(14.0, 3, description(False), description(True), ours=False).hung_up(18.0)
    call.sends(10.1, 12.0).sends(again, 18.0, first=300)
    assert len(call.broken("RTP-BEGIN")) == claims


@pytest.mark.parametrize(("end", "claims"), [(16.1, []), (17.5, ["media end with the call"])])
def test_media_end_with_the_call(end, claims):
    assert talking(10.1, end).broken("RTP-STOP") == claims


def test_the_next_call_on_the_same_ports_is_not_held_against_this_one():
    call = talking().sends(16.5, 18.0, ssrc=7)
    assert call.broken("RTP-STOP") == []


def test_a_pause_in_the_middle_and_one_at_the_end_are_named():
    middle = talking(10.1, 12.0).sends(15.0, 16.0, first=400)
    assert middle.result("RTP-FLOW") is BROKEN
    assert talking(10.1, 12.0).result("RTP-FLOW") is BROKEN
    assert talking(10.1, 12.0).result("RTP-FLOW", acts=False) is HELD, "a stranger's media may end before the trace"
    assert talking().result("RTP-FLOW") is HELD


def paused(seconds: float = 3.0, counted: float = 3.0, *, marker: bool = True, missing: int = 0) -> PaperCall:
    """No packet from 12.0 on; how far numbers and timestamp of the packets after the pause went on."""
    call = talking(10.1, 12.0)
    before = call.streams[0].rows[-1]
    more = PaperCall().sends(12.0 + seconds, 18.0).streams[0].rows
    shift = round(counted * 8000)
    rows = [
        replace(
            row,
            sequence=before.sequence + 1 + missing + place,
            timestamp=before.timestamp + shift + 160 * place,
            marker=marker and place == 0,
        )
        for place, row in enumerate(more)
    ]
    call.streams = [call.streams[0].with_rows([*call.streams[0].rows, *rows])]
    call.sip = PaperCall().answered(10.0).hung_up(18.0).sip
    return call


@pytest.mark.parametrize("acts", [True, False])
@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({}, HELD),
        ({"marker": False}, UNSAID),
        ({"counted": 0.02}, BROKEN),
    ],
)
def test_silence_may_go_without_packets(how, result, acts):
    assert paused(**how).result("RTP-FLOW", acts=acts) is result


@pytest.mark.parametrize(("octets", "result"), [(2, HELD), (20, UNSAID)])
def test_a_silence_frame_of_g729_tells_of_the_pause_too(octets, result):
    call = paused(marker=False)
    both = description(True, kinds=(18,)), description(False, kinds=(18,))
    call.sip = PaperCall().answered(10.0, *both).hung_up(18.0).sip
    rows = [replace(row, payload_type=18, payload=bytes(20)) for row in call.streams[0].rows]
    last = next(place for place, row in enumerate(rows) if row.at > 12.5) - 1
    rows[last] = replace(rows[last], payload=bytes(octets))
    call.streams = [call.streams[0].with_rows(rows)]
    assert call.result("RTP-FLOW") is result


def test_numbers_that_are_missing_break_it_at_the_base_only():
    assert paused(missing=150).result("RTP-FLOW") is BROKEN
    assert paused(missing=150).result("RTP-FLOW", acts=False) is UNSAID


def test_what_is_said_at_the_handset_is_no_silence():
    talked = paused().did("called", 9.0, felt=None).did("tone", 13.0, felt=None, hz="1000", dbm0="-12", ms="1000")
    assert talked.result("RTP-FLOW") is BROKEN


def test_a_base_that_sends_silence_sends_it_to_the_end():
    quiet = PaperCall().answered(10.0).hung_up(18.0).did("called", 9.0, felt=None)
    quiet.did("tone", 10.0, felt=None, hz="1000", dbm0="-12", ms="3000").sends(10.1, 13.5)
    assert quiet.result("RTP-FLOW") is UNSAID, "it was never seen to send silence"
    assert quiet.sends(13.5, 15.5, first=170).result("RTP-FLOW") is BROKEN


def test_a_base_without_packets_of_silence_may_begin_late():
    call = paused().offers(19.0, 2, description(True, version=2), description(False, version=2), ours=True)
    call.sip = [m for m in call.sip if m.cseq.method != "BYE"]
    call.hung_up(24.0)
    assert call.broken("RTP-BEGIN") == []
    assert call.judged("RTP-BEGIN").unsaid


@pytest.mark.parametrize("acts", [True, False])
def test_who_holds_need_not_send(acts):
    call = talking(10.1, 12.0, over=0.0)
    hold = description(True, "sendonly", version=2), description(False, "recvonly", version=2)
    call.offers(12.0, 2, *hold, ours=True).hung_up(18.0)
    assert call.broken("RTP-BEGIN", acts=acts) == call.broken("RTP-FLOW", acts=acts) == []


def test_who_is_asked_to_talk_alone_sends():
    call = talking(10.1, 12.0, over=0.0)
    call.offers(12.0, 2, description(False, "recvonly"), description(True, "sendonly"), ours=False).hung_up(18.0)
    assert call.result("RTP-BEGIN") is BROKEN


def test_a_late_beginning_is_a_warning_where_no_act_is_known():
    assert talking(12.1).levels("RTP-BEGIN", acts=False) == ["inferred"]
    assert talking(12.1).levels("RTP-BEGIN") == [""]


def test_comfort_noise_fills_pauses():
    far = description(False, kinds=(8, 101)).replace("a=sendrecv", "a=rtpmap:13 CN/8000\r\na=sendrecv")
    far = far.replace("RTP/AVP 8 101", "RTP/AVP 8 101 13")
    call = PaperCall().answered(10.0, far=far).hung_up(16.0).sends(10.1, 11.0).sends(15.0, 16.0, first=400)
    assert call.result("RTP-FLOW") is NOT_EXERCISED


@pytest.mark.parametrize(
    ("port", "sent", "claims"),
    [(50000, 50000, []), (50001, 50001, ["media port"]), (50000, 50002, ["port the base sends from"])],
)
def test_media_ports_are_even_and_sent_from(port, sent, claims):
    call = PaperCall().answered(10.0, own=description(True, port=port)).hung_up(16.0).sends(10.1, 16.0, port=sent)
    assert call.broken("RTP-PORTS") == claims


# what is said


def spoken(level: float, seconds: float = 3.0, kind: int = 8, payload: bytes = b"") -> PaperCall:
    """A tone of -12 dBm0 at the handset, and what the packets have of it."""
    call = PaperCall().answered(10.0).hung_up(16.0).did("called", 9.0, felt=None)
    call.did("tone", 11.0, felt=None, hz="1000", dbm0="-12", ms=str(round(seconds * 1000)))
    return call.sends(10.1, 16.0, kind=kind, payload=payload or a_law(1000, level))


@pytest.mark.parametrize(("level", "result"), [(-12.0, HELD), (-17.0, HELD), (-30.0, BROKEN), (-80.0, BROKEN)])
def test_what_is_said_at_the_handset_is_in_the_packets(level, result):
    assert spoken(level).result("RTP-SPEECH") is result


def test_a_law_under_the_number_of_u_law_is_no_speech():
    own = far = (0, 101)
    call = spoken(-12.0, kind=0)
    call.sip = PaperCall().answered(10.0, own=description(True, kinds=own), far=description(False, kinds=far)).sip
    call.hung_up(16.0)
    assert call.result("RTP-SPEECH") is BROKEN


def test_a_short_word_proves_nothing():
    assert spoken(-80.0, seconds=1.0).result("RTP-SPEECH") is NOT_EXERCISED


def test_a_tone_that_was_muted_lasted_as_long_as_that():
    call = spoken(-80.0).did("mute", 11.5, felt=None)
    assert call.result("RTP-SPEECH") is NOT_EXERCISED


def heard(*tones: str) -> PaperCall:
    """A far end that talks 600 Hz from 10.5 on, and what the ear heard each 0.4 s from 12.0 on."""
    call = PaperCall().answered(10.0).hung_up(18.0).did("called", 9.0, felt=None)
    call.tone(10.5, 18.0, 600, -12.0, ours=False, ssrc=9)
    for place, tone in enumerate(tones):
        call.showed("heard", 12.0 + place * 0.4, "-12", tones=tone)
    return call


def test_what_comes_by_rtp_is_heard_at_the_ear():
    assert heard("600:-12.1").result("EAR-SPEECH") is HELD
    assert heard(*["425:-20"] * 6).result("EAR-SPEECH") is BROKEN


def test_one_deaf_window_is_no_deaf_ear():
    assert heard("", "600:-12").broken("EAR-SPEECH") == []


# codecs


def test_an_answer_keeps_the_order_of_the_offer():
    far = description(False, kinds=(9, 0, 8, 101))
    good = PaperCall().answered(10.0, own=description(True, kinds=(9, 0, 8, 101)), far=far)
    own_order = PaperCall().answered(10.0, own=description(True, kinds=(8, 0, 9, 101)), far=far)
    assert good.broken("RTP-1") == []
    assert own_order.broken("RTP-1") == ["an answer keeps the order of the offered codecs"]


def test_a_codec_that_nobody_described_is_named():
    assert talking().sends(10.1, 16.0).result("RTP-1") is HELD
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.2, 16.0, kind=0)
    assert call.broken("RTP-1") == ["a codec that both sides described is sent"]


def test_packets_of_the_old_codec_right_after_a_change_are_not_held_against_the_base():
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.0, 10.08, kind=0).sends(10.2, 16.0, first=10)
    assert call.broken("RTP-1") == []


@pytest.mark.parametrize(("octets", "result"), [(80, HELD), (160, BROKEN)])
def test_a_packet_of_g726_has_its_octets(octets, result):
    own, far = description(True, kinds=(96,)), description(False, kinds=(96,))
    call = PaperCall().answered(10.0, own=own, far=far).hung_up(16.0)
    call.sends(10.1, 16.0, kind=96, payload=bytes(octets))
    stream = call.streams[0]
    call.streams = [stream.with_rows([r.__class__(**{**vars(r), "payload": bytes(octets)}) for r in stream.rows])]
    assert call.result("RTP-3") is result


def set_to(call: PaperCall, name: str, value: str, *, at: float = 2.0) -> PaperCall:
    """A setting of identity 1, which has the account of the call."""
    for each, given, when in (("user_name", "41", 1.0), (name, value, at)):
        call.acts.append(Act("setting", when, when, detail={"name": each, "value": given, "identity": "1"}))
    return call


@pytest.mark.parametrize(("ms", "result"), [(30, HELD), (20, BROKEN), (60, BROKEN)])
def test_packets_have_the_length_that_was_set(ms, result):
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.0, 15.9, ms=ms)
    assert set_to(call, "packet_length", "30").result("RTP-2") is result


def test_a_length_that_the_far_end_wishes_for_comes_before_the_setting():
    call = PaperCall().answered(10.0, far=description(False, ptime=20)).hung_up(16.0).sends(10.0, 15.9, ms=20)
    assert set_to(call, "packet_length", "30").result("RTP-2") is NOT_EXERCISED


def test_a_length_that_is_not_known_or_was_set_later_is_no_occasion():
    def sent() -> PaperCall:
        return PaperCall().answered(10.0).hung_up(16.0).sends(10.0, 15.9)

    assert sent().result("RTP-2") is NOT_EXERCISED
    assert set_to(sent(), "packet_length", "30").result("RTP-2", acts=False) is NOT_EXERCISED
    assert set_to(sent(), "packet_length", "30", at=12.0).result("RTP-2") is NOT_EXERCISED


def test_two_packets_tell_no_length():
    call = PaperCall().answered(10.0).hung_up(16.0).sends(12.0, 12.04)
    assert set_to(call, "packet_length", "30").result("RTP-2") is NOT_EXERCISED


@pytest.mark.parametrize(("kinds", "result"), [((0, 8, 101), HELD), ((8, 0, 101), BROKEN)])
def test_an_offer_lists_the_codecs_as_they_were_set(kinds, result):
    call = PaperCall(to_base=False).answered(10.0, description(True, kinds=kinds), description(False)).hung_up(16.0)
    set_to(set_to(call, "codec1_name", "PCMU"), "codec2_name", "PCMA")
    assert call.result("RTP-1") is result
