"""Whole calls, from the first message to the last, judged by all that the RFCs ask of any call."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
pytestmark = [pytest.mark.stimulus("far_end", "server"), pytest.mark.needs("audio")]


@feature("call-in", "answer", "hangup", "two-way-audio", "record-route", "codec-g711a")
@keys
def test_a_call_that_is_taken_keeps_to_the_rules_until_the_handset_ends_it(call):
    call.arrives()
    call.rings()
    call.is_answered_by_the_handset()
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_handset()
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("call-out", "dial", "far-hang-up", "two-way-audio", "record-route", "codec-g711a")
@keys
@rule("CAL-1")
def test_a_dialled_call_keeps_to_the_rules_until_the_far_end_ends_it(call, rule):
    call.is_dialled()
    call.judge(rule)
    call.rings_at_the_peer()
    call.is_answered_by_the_peer()
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_peer()
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()


@feature("hold", "resume", "remote-hold", "hold-version", "two-way-audio", "hangup", "record-route")
@keys
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_call_held_from_both_sides_keeps_to_the_rules(call, direction):
    call.established(direction)
    call.is_held_by_the_handset()
    call.is_resumed_by_the_handset()
    call.is_held_by_the_peer()
    call.is_resumed_by_the_peer()
    call.carries_audio_both_ways()
    call.is_hung_up_by_the_handset()
    call.keeps_to_the_rules()
    call.keeps_to_the_rules_of_media()
