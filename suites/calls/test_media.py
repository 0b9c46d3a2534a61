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
    call.peer_offers(codec)
    call.established("incoming")
    call.carries_steady_audio()
    call.judge(rule)
    call.judge("RTP-SPEECH")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("codec-g726")
@rule("RTP-3")
@pytest.mark.needs("g726_peer")
def test_a_call_in_g726_is_packed_as_the_rfc_says(g726_call, rule):
    g726_call.established("incoming")
    g726_call.carries_audio_on_the_wire(codec="G726-32")
    g726_call.judge(rule)
    g726_call.judge("RTP-SPEECH")
    g726_call.keeps_to_the_rules()
    g726_call.keeps_to_the_rules_of_media()


@feature("codec-g726")
@rule("RTP-3")
@pytest.mark.needs("g726_peer", "steerable_pbx")
def test_a_call_in_g726_of_the_other_packing_carries_audio_both_ways(g726_call, rule):
    g726_call.far_end_packs_as_aal2()
    g726_call.established("incoming")
    g726_call.carries_steady_audio()
    g726_call.judge(rule)
    g726_call.judge("RTP-SPEECH")


@feature("codec-order")
@settings
@rule("RTP-1")
def test_an_offer_lists_the_codecs_in_the_order_that_was_set(call, base, rule):
    base.change_many([("codec1_name", "0"), ("codec2_name", "8"), ("codec3_name", "9")], idx=call.identity)
    call.is_dialled()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("codec-answer", "codec-g722")
@rule("RTP-1")
def test_an_answer_keeps_the_order_of_the_offer(call, rule):
    call.peer_offers("G722", "PCMU", "PCMA")
    call.arrives()
    call.rings()
    call.is_answered_by_the_handset()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("ptime")
@settings
@rule("RTP-2")
def test_packets_have_the_length_that_was_set(call, base, rule):
    base.change("packet_length", "30", idx=call.identity)
    call.established("outgoing")
    call.carries_audio_to_the_peer()
    call.judge(rule)
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_pressed_in_a_call_is_one_telephone_event(call, rule):
    call.established("outgoing")
    call.presses_digits("5")
    call.sends_telephone_events("5")
    call.judge(rule)
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("dtmf-rfc4733", "dtmf-keys")
@rule("DTM-1")
def test_every_digit_arrives_once_and_in_order(call, rule):
    call.established("outgoing")
    call.presses_digits("0123456789*#")
    call.peer_got_digits("0123456789*#")
    call.judge(rule)
    call.keeps_to_the_rules_of_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_that_is_pressed_twice_arrives_twice(call, rule):
    call.established("outgoing")
    call.presses_digits("1123")
    call.peer_got_digits("1123")
    call.judge(rule)
    call.keeps_to_the_rules_of_media()


@feature("dtmf-rfc4733")
@rule("DTM-1")
def test_a_digit_has_the_number_that_the_far_end_described(call, rule):
    call.peer_numbers_events(110)
    call.established("incoming")
    call.presses_digits("2")
    call.sends_telephone_events("2")
    call.judge(rule)
    call.keeps_to_the_rules_of_media()


@feature("dtmf-info")
@settings
@rule("DTM-2")
def test_digits_go_by_info_when_the_identity_says_so(call, base, rule):
    base.change("user_sip_info", "1", idx=call.identity)
    call.established("outgoing")
    for digit in "7*#":
        call.presses_digits(digit)
        call.sends_info()
    call.judge(rule)
    call.keeps_to_the_rules()


@feature("dtmf-in")
def test_digits_of_the_far_end_do_not_disturb_the_call(call):
    call.established("incoming")
    call.peer_sends_digits("42", method="rfc4733")
    call.peer_sends_digits("42", method="info")
    call.judge("DTMF-INFO")
    call.carries_audio_both_ways()
    call.keeps_to_the_rules()


@feature("rtp-ports")
@settings
def test_media_ports_are_even_and_of_the_configured_range(call, base):
    base.change_many([("rtp_port_start", "50000"), ("rtp_port_end", "50098")])
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.judge("RTP-PORTS")


@feature("rtp-ports")
@settings
def test_ports_of_calls_that_ended_are_used_again(calls, base):
    base.change_many([("rtp_port_start", "50000"), ("rtp_port_end", "50007")])
    for _ in range(4):
        calls.has_been_and_gone()
    call = calls.established()
    call.carries_audio_to_the_peer()
    call.judge("RTP-PORTS")


@feature("rtcp")
def test_a_long_enough_call_reports_its_reception(call):
    call.established("incoming")
    call.sends_rtcp_reports(2)
    for report in ("RTCP-SOURCE", "RTCP-COUNT", "RTCP-TIME", "RTCP-BLOCK"):
        call.judge(report)
    call.keeps_to_the_rules_of_media()


@feature("rtcp")
def test_reports_go_on_while_the_far_end_holds(call):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_held_by_the_peer()
    call.reports_while_held()
    call.judge("RTCP-INTERVAL")
    call.keeps_to_the_rules()


@feature("rtcp")
def test_reports_tell_one_name_in_the_whole_call(call):
    call.established("incoming")
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.sends_rtcp_reports(2)
    call.judge("RTCP-NAME")


@feature("rtcp-bye")
def test_the_end_of_a_call_is_told_by_rtcp(call):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.is_hung_up_by_the_handset()
    call.takes_leave_by_rtcp()
    call.judge("RTCP-BYE")


@feature("symmetric-rtp")
def test_media_goes_to_where_media_comes_from(call):
    call.peer_hides_its_media_port()
    call.established("incoming")
    call.carries_audio_both_ways()
    call.keeps_to_the_rules_of_media()


@feature("rtp-recovery")
def test_media_follow_the_far_end_to_another_port(call):
    call.established("incoming")
    call.carries_steady_audio()
    call.is_moved_by_the_peer()
    call.carries_steady_audio()
    call.judge("RTP-DESTINATION")
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("tos")
def test_media_carry_the_type_of_service(call):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.marks_media(160)


@feature("tos")
@settings
@pytest.mark.reboots
def test_media_carry_every_bit_of_the_type_of_service(registration, call, base):
    base.change("tos_rtp", "184")
    registration.base.register(identity=call.identity)
    registration.expect.bound()
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.marks_media(184)


@feature("tos-sip")
def test_signalling_carries_the_type_of_service(call):
    call.established("incoming")
    call.marks_signalling(160)


@feature("ssrc")
def test_one_stream_keeps_one_source_and_loses_nothing(call):
    call.established("incoming")
    call.carries_audio_to_the_peer()
    call.sends_for(seconds=3)
    call.judge("RTP-FLOW")
    call.keeps_to_the_rules_of_media()
