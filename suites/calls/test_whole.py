"""Whole calls, from the first message to the last, judged by all that the RFCs ask of any call."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
pytestmark = [pytest.mark.stimulus("far_end", "server"), pytest.mark.needs("audio")]


@feature("call-in", "answer", "hangup", "two-way-audio", "record-route", "codec-g711a")
@keys
def test_a_call_that_is_taken_keeps_to_the_rules_until_the_handset_ends_it(call):
    call.peer.call()
    call.expect.rings()
    call.handset.answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.judge_every_rule()


@feature("call-out", "dial", "far-hang-up", "two-way-audio", "record-route", "codec-g711a")
@keys
@rule("CAL-1")
def test_a_dialled_call_keeps_to_the_rules_until_the_far_end_ends_it(call, rule):
    call.handset.dial()
    call.peer.expect_call()
    call.judge(rule)
    call.peer.ring()
    call.peer.answer()
    with call.both_talking():
        call.media.expect_both_ways()
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.judge_every_rule()


@feature("hold", "resume", "remote-hold", "hold-version", "two-way-audio", "hangup", "record-route")
@keys
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_a_call_held_from_both_sides_keeps_to_the_rules(call, direction):
    call.establish(direction)
    call.handset.hold()
    call.handset.resume()
    call.peer.hold()
    call.peer.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.judge_every_rule()
