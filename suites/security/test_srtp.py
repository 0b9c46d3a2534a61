"""Encrypted media: keys in offers and answers, packets with their tag, and speech that is heard at both ends."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "settings"), pytest.mark.needs("audio", "own_pbx")]
HOW = ["optional", "mandatory"]


@feature("srtp")
@rule("SRTP-PACKETS")
@pytest.mark.parametrize("how", HOW)
def test_an_encrypted_call_from_a_far_end_is_heard_both_ways(call, base, how, rule):
    base.change("rtp_encryption", "on", idx=call.identity)
    call.invite.encrypt(how)
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)
    call.judge("SRTP-ANSWER")
    call.judge("SRTP-KEYS")
    call.judge("SRTP-AGREED")


@feature("srtp")
@rule("SRTP-PACKETS")
def test_an_encrypted_call_of_a_handset_is_heard_both_ways(call, base, rule):
    base.change("rtp_encryption", "on", idx=call.identity)
    call.invite.encrypt("optional")
    call.establish("outgoing")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)
    call.judge("SRTP-OFFER")
    call.judge("SRTP-KEYS")


@feature("srtp")
@rule("SRTP-PACKETS")
def test_after_a_hold_encrypted_speech_is_heard_again(call, base, rule):
    base.change("rtp_encryption", "on", idx=call.identity)
    call.invite.encrypt("mandatory")
    call.establish("incoming")
    call.handset.hold()
    call.handset.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)
    call.judge("SRTP-KEYS")
    call.judge("SRTP-OFFER")


@feature("srtp-negotiation")
@rule("SRTP-ANSWER")
def test_a_far_end_without_keys_is_answered_in_clear(call, base, rule):
    base.change("rtp_encryption", "on", idx=call.identity)
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)
    call.judge("SRTP-PACKETS")


@feature("srtp-negotiation")
@rule("SRTP-ANSWER")
def test_keys_in_a_plain_offer_are_left_alone_where_encryption_is_off(call, base, rule):
    base.change("rtp_encryption", "off", idx=call.identity)
    call.invite.encrypt("optional")
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)
    call.judge("SRTP-PACKETS")
