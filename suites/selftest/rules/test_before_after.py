"""A call before and after a change of its session: what is the same, what is not, and what may lawfully change."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from suites.selftest.rules.paper_call import PaperCall, description

HELD, BROKEN, NOT_EXERCISED = Result.HELD, Result.BROKEN, Result.NOT_EXERCISED
RESUMED = 14.05


def changed(own: str = "", far: str = "", *, first_own: str = "", first_far: str = "") -> PaperCall:
    """Held at 12 and resumed at 14, with what the resume says of both sides; the base sends until 12."""
    call = PaperCall().answered(10.0, own=first_own, far=first_far)
    hold = description(True, "sendonly", version=2)
    call.offers(12.0, 2, hold, description(False, "recvonly", version=2), ours=True)
    call.offers(14.0, 3, own or description(True, version=3), far or description(False, version=3), ours=True)
    return call.hung_up(18.0).sends(10.0, 12.0)


CODEC_STAYS = "the codec of a call stays when the call is held, resumed or refreshed"


@pytest.mark.parametrize("kind", [8, 0])
def test_the_codec_that_is_sent_stays(kind):
    far = description(False, kinds=(8, 0, 101), version=3)
    call = changed(far=far, first_far=description(False, kinds=(8, 0, 101)))
    assert (CODEC_STAYS in call.sends(RESUMED, 17.0, kind=kind, first=200).broken("AFTER-CODEC")) is (kind == 0)


def test_a_codec_that_the_far_end_prefers_now_may_be_taken():
    call = changed(far=description(False, kinds=(0, 8), version=3)).sends(RESUMED, 17.0, kind=0, first=200)
    assert CODEC_STAYS not in call.broken("AFTER-CODEC")


def test_an_offer_with_its_codecs_in_another_order_is_named():
    call = changed(description(True, kinds=(0, 8, 101), version=3))
    assert call.broken("AFTER-CODEC") == ["a later offer lists the codecs as the offer before it"]


@pytest.mark.parametrize(("kinds", "good"), [((8, 101), True), ((0, 8, 101), False), ((0, 101), False)])
def test_codecs_that_are_not_in_use_may_be_left_out_of_a_later_offer(kinds, good):
    first = description(True, kinds=(8, 0, 101)), description(False, kinds=(8, 101))
    call = PaperCall(to_base=False).answered(10.0, *first)
    own, far = description(True, "sendonly", kinds=kinds, version=2), description(False, "recvonly", kinds=kinds)
    call.offers(12.0, 2, own, far, ours=True).hung_up(14.0)
    assert (call.result("AFTER-CODEC") is HELD) is good


@pytest.mark.parametrize(
    ("source", "claims"),
    [
        ({}, []),
        ({"ssrc": 2}, ["the source identifier stays the same"]),
        ({"port": 50004}, ["address and port that are sent from stay the same"]),
    ],
)
def test_the_source_stays(source, claims):
    assert changed().sends(RESUMED, 17.0, first=200, **source).broken("AFTER-SOURCE") == claims


def test_a_port_that_moves_in_a_description_is_named():
    call = changed(description(True, version=3, port=50010))
    assert call.broken("AFTER-SOURCE") == ["the port that media are received at stays the same"]


def moved_by(far_port: int, **source: object) -> PaperCall:
    """The far end names another port at 12, and the base goes on sending from another source."""
    call = PaperCall().answered(10.0)
    far = description(False, version=2, port=far_port)
    call.offers(12.0, 2, far, description(True, version=2, port=source.get("port", 50000)), ours=False)
    return call.hung_up(16.0).sends(10.0, 12.0).sends(12.2, 15.5, ssrc=2, **source)


def test_another_far_end_may_get_another_source():
    assert moved_by(4000).broken("AFTER-SOURCE") == ["the source identifier stays the same"]
    assert moved_by(4100).broken("AFTER-SOURCE") == []
    assert moved_by(4100, port=50004).broken("AFTER-SOURCE") == []
    assert moved_by(4000).result("RTP-SOURCE") is BROKEN
    assert moved_by(4100).result("RTP-SOURCE") is HELD


def test_another_port_has_another_source_identifier():
    own = description(True, version=3, port=50010)
    claims = changed(own).sends(RESUMED, 17.0, first=200, ssrc=2, port=50010).broken("AFTER-SOURCE")
    assert claims == ["the port that media are received at stays the same"]


@pytest.mark.parametrize(("far_ssrc", "result"), [(1, HELD), (9, BROKEN)])
def test_who_hears_its_own_source_identifier_takes_another(far_ssrc, result):
    call = PaperCall().answered(10.0).hung_up(16.0).sends(10.02, 15.0, ours=False, ssrc=far_ssrc)
    assert call.sends(10.0, 10.2).sends(10.3, 15.0, ssrc=2).result("RTP-SOURCE") is result


@pytest.mark.parametrize("acts", [True, False])
def test_without_acts_what_an_offer_may_change_is_a_warning(acts):
    call = changed(description(True, kinds=(97, 8), version=3, port=50010))
    call.sends(RESUMED, 17.0, ms=40, first=200)
    for row in ("AFTER-SOURCE", "AFTER-NUMBERS", "AFTER-PTIME"):
        assert call.levels(row, acts=acts) == ["" if acts else "inferred"], row


def test_a_number_with_another_meaning_is_a_fault_in_any_trace():
    call = PaperCall().answered(10.0, description(True, kinds=(8, 96)), description(False, kinds=(8, 96)))
    text = description(True, kinds=(8, 96), version=2).replace("96 G726-32", "96 telephone-event")
    call.offers(12.0, 2, text, description(False, kinds=(8,)), ours=True)
    assert "" in call.levels("AFTER-NUMBERS", acts=False)


def test_payload_numbers_keep_their_meaning():
    assert changed().result("AFTER-NUMBERS") is HELD
    moved = changed(description(True, kinds=(8, 97), version=3))
    assert moved.broken("AFTER-NUMBERS") == ["TELEPHONE-EVENT keeps its payload type in a later offer"]
    first = description(False, kinds=(8, 96))
    other = changed(first_far=first, first_own=description(True, kinds=(8, 96)))
    other.offers(16.0, 4, description(True, kinds=(8, 101), version=4), description(False, version=4), ours=True)
    assert other.result("AFTER-NUMBERS") is HELD


def test_a_later_offer_may_have_the_number_that_the_far_end_gave_the_codec():
    """Asterisk with direct media offers the base the numbers of the other end, and later its own again."""
    call = changed()
    far = description(False, kinds=(8, 97), version=4)
    call.offers(15.5, 4, far, description(True, kinds=(8, 97), version=4), ours=False)
    call.offers(16.0, 5, description(True, kinds=(8, 97), version=5), far, ours=True)
    assert call.broken("AFTER-NUMBERS") == []


@pytest.mark.parametrize(
    ("far_kinds", "claims"), [((8,), []), ((8, 97), ["TELEPHONE-EVENT keeps its payload type in a later offer"])]
)
def test_a_codec_that_the_far_end_gave_up_may_be_numbered_anew(far_kinds, claims):
    """Asterisk with direct media: a server's own offer of one codec lies between two of the base."""
    call = PaperCall().answered(10.0, description(True, kinds=(8, 97)), description(False, kinds=(8, 97)))
    call.offers(
        12.0, 2, description(True, kinds=(8, 97), version=2), description(False, kinds=(8, 97), version=2), ours=True
    )
    far = description(False, kinds=far_kinds, version=3)
    call.offers(13.0, 3, far, description(True, kinds=far_kinds, version=3), ours=False)
    call.offers(
        14.0, 4, description(True, kinds=(8, 101), version=4), description(False, kinds=(8,), version=4), ours=True
    )
    assert call.broken("AFTER-NUMBERS") == claims


def test_an_answer_has_the_numbers_of_its_offer_whatever_they_meant():
    call = changed()
    far = description(False, kinds=(8, 97), version=4)
    call.offers(16.0, 4, far, description(True, kinds=(8, 97), version=4), ours=False)
    assert call.result("AFTER-NUMBERS") is HELD


@pytest.mark.parametrize(("ms", "result"), [(20, HELD), (40, BROKEN)])
def test_the_packet_time_stays(ms, result):
    assert changed().sends(RESUMED, 17.0, ms=ms, first=200).result("AFTER-PTIME") is result


def test_a_packet_time_that_the_far_end_wishes_for_may_change():
    call = changed(far=description(False, version=3, ptime=40)).sends(RESUMED, 17.0, ms=40, first=200)
    assert call.result("AFTER-PTIME") is NOT_EXERCISED


def talked(level: float, nominal: float = -12.0) -> PaperCall:
    """A tone before the hold and one after the resume."""
    call = PaperCall().answered(10.0).did("hold", 12.0).did("resume", 14.0)
    call.offers(12.0, 2, description(True, "sendonly", version=2), description(False, "recvonly", version=2), ours=True)
    call.offers(14.0, 3, description(True, version=3), description(False, version=3), ours=True)
    call.hung_up(18.0)
    for at, dbm0 in ((10.5, -12.0), (15.0, nominal)):
        call.did("tone", at, felt=None, hz="1000", dbm0=str(dbm0), ms="1500")
    call.tone(10.0, 12.0, 1000, -12.0).sends(12.0, 14.0, first=100)
    return call.tone(14.0, 18.0, 1000, level, first=200)


@pytest.mark.parametrize(("level", "result"), [(-12.0, HELD), (-14.0, HELD), (-18.2, BROKEN)])
def test_speech_is_as_loud_in_the_packets(level, result):
    assert talked(level).result("AFTER-LEVEL") is result


def test_a_tone_of_another_level_is_not_compared():
    assert talked(-18.0, nominal=-18.0).result("AFTER-LEVEL") is NOT_EXERCISED


def heard(level: float, sent: float | None = -12.0) -> PaperCall:
    """A tone of the far end before and after a change: the levels after it are those at the ear and in the packets."""
    call = changed().did("called", 9.0, felt=None)
    for at in (10.4, 10.8, 11.2, 11.6, 14.6, 15.0, 15.4, 15.8):
        call.showed("heard", at, "-12", tones=f"600:{-12 if at < 12 else level}")
    call.tone(10.0, 12.0, 600, -12.0, ours=False, ssrc=9)
    return call if sent is None else call.tone(RESUMED, 17.0, 600, sent, ours=False, ssrc=9, first=200)


@pytest.mark.parametrize(
    ("level", "volume", "result"), [(-12, "", HELD), (-20, "", BROKEN), (-20, "VOLDOWN", NOT_EXERCISED)]
)
def test_the_ear_hears_it_as_loud_unless_a_key_sets_the_volume(level, volume, result):
    call = heard(level)
    if volume:
        call.did("key", 13.0, key=volume)
    assert call.result("AFTER-LEVEL") is result


@pytest.mark.parametrize(
    ("level", "sent", "result"), [(-18, -18.0, HELD), (-12, -18.0, BROKEN), (-18, None, NOT_EXERCISED)]
)
def test_a_tone_that_reaches_the_base_quieter_is_heard_quieter(level, sent, result):
    """Asterisk that begins or ends to transcode G.722 changes its level by 6 dB."""
    assert heard(level, sent).result("AFTER-LEVEL") is result


@pytest.mark.parametrize(("shown", "result"), [("00:06", HELD), ("00:01", BROKEN), ("Menu", HELD)])
def test_the_duration_runs_on(shown, result):
    call = changed().did("called", 9.0, felt=None)
    call.showed("display", 11.0, "Connected\n301\n00:01").showed("display", 16.0, f"Connected\n301\n{shown}")
    assert call.result("AFTER-DURATION") is result


def test_a_time_of_day_is_no_duration():
    call = changed().did("called", 9.0, felt=None)
    call.showed("display", 11.0, "23:17\n00:01").showed("display", 16.0, "23:17\n00:06")
    assert call.result("AFTER-DURATION") is HELD
