"""Rows HLD and CNF: hold from both sides, its music, and the conference of three."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [
    pytest.mark.interop,
    pytest.mark.stimulus("keys", "far_end", "server"),
    pytest.mark.needs("audio"),
]


@feature("hold", "resume", "hold-version")
@rule("HLD-1", "HLD-4", "HLD-5")
def test_a_call_is_held_in_the_way_of_the_platform_and_resumed(call, rule):
    call.establish("outgoing")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.handset.hold()
    with call.handset.talking():
        call.media.expect_silence_at_the_peer()
    call.handset.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("remote-hold")
@rule("HLD-2")
@pytest.mark.parametrize("direction", ["sendonly", "inactive"])
def test_a_hold_of_the_far_end_is_answered_as_the_platform_expects(call, rule, direction):
    call.establish("incoming")
    call.peer.offer(direction)
    call.judge(rule)
    call.peer.offer("sendrecv")
    with call.both_talking():
        call.media.expect_both_ways()


@feature("remote-hold", "remote-hold-media")
@rule("HLD-3")
def test_a_hold_by_the_zero_address_is_one(call, rule):
    call.establish("outgoing")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.peer.hold_by_the_old_form()
    with call.handset.talking():
        call.media.expect_silence_while_held()
    call.peer.resume_from_the_old_form()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge(rule)


@feature("conference-local")
@rule("CNF-1")
def test_the_base_mixes_a_conference_of_three(conference, rule):
    conference.take_a_second_call()
    conference.join()
    conference.first.judge(rule)
    with conference.all_talking():
        conference.expect_each_hears_both_others()


@feature("call-in")
@rule("CNF-2", "CNF-3")
def test_a_call_of_a_conference_bridge_is_a_call(call, rule):
    call.invite.name_contact(rule.stimulus["contact"])
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_both_ways()
    call.handset.hold()
    call.handset.resume()
    call.judge(rule)
