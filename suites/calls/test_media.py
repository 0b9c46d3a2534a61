"""Codecs, packet lengths, DTMF and the way media is sent."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs("audio")]

CODECS = [
    pytest.param("PCMA", marks=feature("codec-g711a"), id="G.711-A"),
    pytest.param("PCMU", marks=feature("codec-g711u"), id="G.711-u"),
    pytest.param("G722", marks=feature("codec-g722"), id="G.722"),
]


@rule("RTP-1")
@pytest.mark.parametrize("codec", CODECS)
def test_a_call_in_one_codec_carries_audio_both_ways(call, rule, codec):
    call.invite.offer_codecs(codec)
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_on_the_wire(codec=codec)
        call.media.expect_steady()
    call.judge(rule)
    call.judge("RTP-SPEECH")
    call.judge_every_rule()


@feature("codec-g726")
@rule("RTP-3")
@pytest.mark.needs("g726_peer")
def test_a_call_in_g726_is_packed_as_the_rfc_says(g726_call, rule):
    g726_call.establish("incoming")
    with g726_call.handset.talking():
        g726_call.media.expect_on_the_wire(codec="G726-32")
    g726_call.judge(rule)
    g726_call.judge("RTP-SPEECH")
    g726_call.judge_every_rule()


@feature("codec-g726")
@rule("RTP-3")
@pytest.mark.needs("g726_peer", "steerable_pbx")
def test_a_call_in_g726_of_the_other_packing_carries_audio_both_ways(g726_call, rule):
    g726_call.server.pack_as_aal2()
    g726_call.establish("incoming")
    with g726_call.both_talking():
        g726_call.media.expect_steady()
    g726_call.judge(rule)
    g726_call.judge("RTP-SPEECH")


@feature("codec-order")
@settings
@rule("RTP-1")
def test_an_offer_lists_the_codecs_in_the_order_that_was_set(call, base, rule):
    base.change_many([("codec1_name", "0"), ("codec2_name", "8"), ("codec3_name", "9")], idx=call.identity)
    call.handset.dial()
    call.peer.expect_call()
    call.judge(rule)
    call.judge_signalling()


@feature("codec-answer", "codec-g722")
@rule("RTP-1")
def test_an_answer_keeps_the_order_of_the_offer(call, rule):
    call.invite.offer_codecs("G722", "PCMU", "PCMA")
    call.peer.call()
    call.expect.rings()
    call.handset.answer()
    with call.handset.talking():
        call.media.expect_on_the_wire(codec="G722")
    call.judge(rule)
    call.judge_signalling()


@feature("ptime")
@settings
@rule("RTP-2")
def test_packets_have_the_length_that_was_set(call, base, rule):
    base.change("packet_length", "30", idx=call.identity)
    call.establish("outgoing")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge(rule)
    call.judge_every_rule()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_pressed_in_a_call_is_one_telephone_event(call, rule):
    call.establish("outgoing")
    call.handset.press_digits("5")
    call.digits.expect_events("5")
    call.judge(rule)
    call.judge_every_rule()


@feature("dtmf-rfc4733", "dtmf-keys")
@rule("DTM-1")
def test_every_digit_arrives_once_and_in_order(call, rule):
    call.establish("outgoing")
    call.handset.press_digits("0123456789*#")
    call.digits.expect_at_the_peer("0123456789*#")
    call.judge(rule)
    call.judge_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_that_is_pressed_twice_arrives_twice(call, rule):
    call.establish("outgoing")
    call.handset.press_digits("1123")
    call.digits.expect_at_the_peer("1123")
    call.judge(rule)
    call.judge_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_has_the_number_that_the_far_end_described(call, rule):
    call.invite.number_events(110)
    call.establish("incoming")
    call.handset.press_digits("2")
    call.digits.expect_events("2")
    call.judge(rule)
    call.judge_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_has_the_number_that_the_far_end_described_last(call, rule):
    call.establish("incoming")
    call.handset.press_digits("1")
    call.digits.expect_events("1")
    call.peer_media.renumber_events(110)
    call.stay_over(seconds=1.5)  # packets of the number before may come for a second
    call.handset.press_digits("2")
    call.digits.expect_events("12")
    call.judge(rule)
    call.judge_media()


@feature("dtmf-info")
@settings
@rule("DTM-2")
def test_digits_go_by_info_when_the_identity_says_so(call, base, rule):
    base.change("user_sip_info", "1", idx=call.identity)
    call.establish("outgoing")
    for digit in "7*#":
        call.handset.press_digits(digit)
        call.digits.expect_info()
    call.judge(rule)
    call.judge_signalling()


@feature("dtmf-in")
def test_digits_of_the_far_end_do_not_disturb_the_call(call):
    call.establish("incoming")
    call.peer.send_digits("42", method="rfc4733")
    call.peer.send_digits("42", method="info")
    call.signalling.expect_answer_to("INFO", 200)
    call.judge("DTMF-INFO")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("rtp-ports")
@settings
def test_media_ports_are_even_and_of_the_configured_range(call, base):
    base.change_many([("rtp_port_start", "50000"), ("rtp_port_end", "50098")])
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge("RTP-PORTS")


@feature("rtp-ports")
@settings
def test_ports_of_calls_that_ended_are_used_again(calls, base):
    base.change_many([("rtp_port_start", "50000"), ("rtp_port_end", "50007")])
    for _ in range(4):
        call = calls.establish()
        call.peer.hang_up()
        call.expect.released_by("peer")
        call.handset.go_idle()
        call.screen.is_idle()
    call = calls.establish()
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge("RTP-PORTS")


@feature("rtcp")
def test_a_long_enough_call_reports_its_reception(call):
    call.establish("incoming")
    call.streams.expect_reports(2)
    for report in ("RTCP-SOURCE", "RTCP-COUNT", "RTCP-TIME", "RTCP-BLOCK"):
        call.judge(report)
    call.judge_media()


@feature("rtcp")
def test_reports_go_on_while_the_far_end_holds(call):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.peer.hold()
    call.streams.expect_report_while_held()
    call.judge("RTCP-INTERVAL")
    call.judge_signalling()


@feature("rtcp")
def test_reports_tell_one_name_in_the_whole_call(call):
    call.establish("incoming")
    call.handset.hold()
    call.handset.resume()
    call.streams.expect_reports(2)
    call.judge("RTCP-NAME")


@feature("rtcp-bye")
def test_the_end_of_a_call_is_told_by_rtcp(call):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.streams.expect_rtcp_bye()
    call.judge("RTCP-BYE")


@feature("symmetric-rtp")
def test_media_goes_to_where_media_comes_from(call):
    call.invite.hide_media_port()
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_media()


@feature("rtp-recovery")
def test_media_follow_the_far_end_to_another_port(call):
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_steady()
    call.peer_media.move_to_another_port()
    with call.both_talking():
        call.media.expect_steady()
    call.judge("RTP-DESTINATION")
    call.judge_every_rule()


@feature("rtp-recovery")
def test_media_follow_the_far_end_to_another_address_and_back(call):
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_steady()
    call.peer_media.move_to_another_address()
    with call.handset.talking():
        call.stay_over(seconds=1.5)
    call.peer_media.come_back()
    with call.both_talking():
        call.media.expect_steady()
    call.judge("RTP-DESTINATION")
    call.judge_every_rule()


@feature("tos")
def test_media_carry_the_type_of_service(call):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge("RTP-TOS")


@feature("tos")
@settings
@pytest.mark.reboots
def test_media_carry_every_bit_of_the_type_of_service(registration, call, base):
    base.change("tos_rtp", "184")
    registration.base.register(identity=call.identity)
    registration.expect.bound()
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.judge("RTP-TOS")


@feature("tos-sip")
def test_signalling_carries_the_type_of_service(call):
    call.establish("incoming")
    call.judge("SIP-TOS")


@feature("ssrc")
def test_one_stream_keeps_one_source_and_loses_nothing(call):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.streams.expect_length(seconds=3)
    call.judge("RTP-FLOW")
    call.judge_media()
