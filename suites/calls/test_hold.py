"""Hold and resume from each side (RFC 3264 §8.4)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs("audio")]


@feature("hold")
@rule("HLD-1")
def test_held_party_is_offered_what_the_platform_wants(call, rule):
    call.establish("incoming")
    call.handset.hold()
    call.judge(rule)
    call.judge_signalling()


@feature("hold")
@rule("HLD-4")
def test_nothing_of_the_room_is_heard_while_on_hold(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.handset.hold()
    with call.handset.talking():
        call.media.expect_silence_at_the_peer()
    call.judge(rule)


@feature("hold")
@rule("HLD-1")
def test_an_offer_of_the_far_end_does_not_lift_the_hold(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.handset.hold()
    call.peer.offer("sendrecv")
    call.judge(rule)
    with call.handset.talking():
        call.media.expect_silence_at_the_peer()
    call.judge("HLD-4")
    call.judge_signalling()


@feature("resume")
@rule("HLD-5")
def test_a_resumed_call_is_offered_sendrecv_and_heard_again(call, rule):
    call.invite.offer_codecs("PCMA")
    call.establish("incoming")
    with call.both_talking():
        call.media.expect_steady()
    call.handset.hold()
    call.handset.resume()
    call.judge(rule)
    with call.both_talking():
        call.media.expect_steady()
    call.screen.shows_duration()
    call.judge_unchanged()
    call.judge("AFTER-DURATION")
    call.judge_every_rule()


@feature("hold-version")
@rule("HLD-5")
def test_each_change_of_the_session_raises_the_version_by_one(call, rule):
    call.establish("incoming")
    call.handset.hold()
    call.handset.resume()
    call.judge(rule)
    call.judge_signalling()


@feature("remote-hold")
@rule("HLD-2")
def test_a_hold_of_the_far_end_is_answered_in_kind(call, rule):
    call.establish("incoming")
    call.peer.hold()
    call.judge(rule)
    call.judge_signalling()


@feature("remote-hold-media")
@rule("HLD-2")
def test_nothing_is_sent_to_a_far_end_that_holds(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.peer.hold()
    with call.handset.talking():
        call.media.expect_silence_while_held()
    call.judge(rule)
    call.judge("RTP-STOP")


@feature("remote-hold", "resume")
def test_a_call_resumed_by_the_far_end_is_heard_again(call):
    call.establish("outgoing")
    with call.both_talking():
        call.media.expect_steady()
    call.peer.hold()
    call.peer.resume()
    with call.both_talking():
        call.media.expect_steady()
    call.judge_unchanged("AFTER-SOURCE", "AFTER-NUMBERS", "AFTER-LEVEL")
    call.judge_every_rule()


@feature("remote-hold")
@rule("SDP-DIRECTION")
@pytest.mark.parametrize("direction", ["sendonly", "recvonly", "inactive", "sendrecv"])
def test_each_direction_of_an_offer_has_an_answer_that_fits(call, direction):
    call.establish("incoming")
    call.peer.offer(direction)
    call.judge("SDP-DIRECTION")
    call.judge_signalling()


@feature("remote-hold", "remote-hold-media")
@rule("HLD-3")
def test_the_old_form_of_hold_is_taken_as_hold(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.peer.hold_by_the_old_form()
    with call.handset.talking():
        call.media.expect_silence_while_held()
    call.judge(rule)
    call.peer.resume_from_the_old_form()
    with call.both_talking():
        call.media.expect_both_ways()


@feature("hold", "resume", "remote-hold")
@rule("HLD-5")
def test_a_call_that_both_hold_stays_on_hold_until_both_have_resumed(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.handset.hold()
    call.peer.hold()
    call.peer.resume()
    with call.handset.talking():
        call.media.expect_silence_at_the_peer()
    call.handset.resume()
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("resume", "remote-hold", "remote-hold-media")
@rule("HLD-5")
def test_a_call_resumed_here_first_waits_for_the_far_end(call, rule):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
    call.peer.hold()
    call.handset.hold()
    call.handset.resume()
    call.judge(rule)
    with call.handset.talking():
        call.media.expect_silence_while_held()
    call.judge("RTP-STOP")
    call.peer.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()


@feature("music-on-hold")
def test_what_a_holding_far_end_plays_is_heard(call):
    call.establish("incoming")
    call.peer.hold()
    with call.peer.talking():
        call.media.expect_at_the_handset()
