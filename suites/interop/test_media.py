"""Rows DTM and RTP: digits, codecs, and where media go."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [
    pytest.mark.interop,
    pytest.mark.stimulus("keys", "far_end", "server"),
    pytest.mark.needs("audio"),
]


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_digits_are_events_of_the_number_that_the_far_end_gave(call, rule):
    call.invite.number_events(rule.stimulus["number"])
    call.establish("incoming")
    call.handset.press_digits("5#")
    call.digits.expect_at_the_peer("5#")
    call.judge(rule)


@feature("dtmf-info")
@pytest.mark.stimulus("settings")
@rule("DTM-2")
def test_digits_go_by_info_once_the_identity_says_so(call, base, rule):
    call.establish("outgoing")
    call.handset.press_digits("1")
    call.digits.expect_events("1")
    call.handset.hang_up()
    call.expect.released_by("base")
    base.change("user_sip_info", "1", idx=call.identity)
    call.establish("outgoing")
    call.handset.press_digits("7")
    call.digits.expect_info()
    call.judge(rule)


@feature("codec-answer")
@rule("RTP-1")
def test_of_the_codecs_of_the_platform_one_that_the_base_has_is_used(call, rule):
    call.invite.list_foreign_codecs(rule.stimulus["foreign"])
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("ptime")
@pytest.mark.stimulus("settings")
@rule("RTP-2")
def test_packets_have_the_length_of_the_setting(call, base, rule):
    base.change("packet_length", "30", idx=call.identity)
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge(rule)


@feature("codec-g726")
@pytest.mark.needs("g726_peer")
@rule("RTP-3")
def test_g726_is_packed_as_the_rfc_says(g726_call, rule):
    g726_call.establish("incoming")
    with g726_call.handset.talking():
        g726_call.media.expect_on_the_wire(codec="G726-32")
    g726_call.judge(rule)


@feature("codec-answer")
@rule("RTP-7")
def test_comfort_noise_and_repeats_in_an_offer_are_passed_over(call, rule):
    call.invite.list_foreign_codecs(rule.stimulus["foreign"])
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("rtp-recovery")
@rule("RTP-8")
def test_media_follow_the_far_end(call, rule):
    call.establish("outgoing")
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer_media.move_to_another_port()
    with call.both_talking():
        call.media.expect_steady()
    call.judge(rule)
