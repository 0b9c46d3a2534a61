"""Conference of three, mixed in the base or at a conference URI."""

import pytest

feature = pytest.mark.feature
rule = pytest.mark.rule
keys = pytest.mark.stimulus("keys")
pytestmark = [pytest.mark.stimulus("far_end"), keys, pytest.mark.needs("audio")]


@feature("conference-local")
@rule("CNF-1")
def test_a_conference_brings_the_held_party_back(conference, rule):
    conference.take_a_second_call()
    conference.join()
    conference.first.judge(rule)
    conference.judge_signalling()


@feature("conference-local")
def test_each_of_three_hears_both_others(conference):
    conference.take_a_second_call()
    conference.join()
    with conference.all_talking():
        conference.expect_each_hears_both_others()
    conference.first.judge_media()
    conference.second.judge_media()


@feature("conference-local")
def test_the_display_names_both_parties_of_a_conference(conference):
    conference.take_a_second_call()
    conference.join()
    conference.expect_shown()


@feature("conference-local")
@pytest.mark.parametrize("leaves", ["first", "second"])
def test_who_leaves_a_conference_leaves_two_that_talk(conference, leaves):
    conference.take_a_second_call()
    conference.join()
    gone, left = conference.both if leaves == "first" else reversed(conference.both)
    gone.peer.hang_up()
    gone.expect.released_by("peer")
    gone.judge_end()
    left.screen.is_talking()
    left.screen.shows(left.peer.number)
    with left.both_talking():
        left.media.expect_both_ways()
    left.expect.goes_on()


@feature("conference-local")
def test_a_conference_ends_for_all_when_its_host_hangs_up(conference):
    conference.take_a_second_call()
    conference.join()
    conference.hang_up()
    for call in conference.both:
        call.expect.released_by("base")
        call.judge_end()
    conference.first.screen.is_idle()


@feature("conference-local", "hold")
@rule("HLD-1")
def test_a_conference_on_hold_hears_nobody_and_comes_back(conference, rule):
    conference.take_a_second_call()
    conference.join()
    conference.hold()
    conference.first.judge(rule)
    conference.second.judge(rule)
    with conference.all_talking():
        conference.expect_nobody_is_heard()
    conference.resume()
    with conference.all_talking():
        conference.expect_each_hears_both_others()


@feature("conference-local", "four-calls", "fifth-call")
@pytest.mark.needs(handsets=4)
def test_a_conference_counts_as_two_of_four_calls(conference, calls):
    conference.take_a_second_call()
    conference.join()
    for number in (2, 3):
        calls.establish(handset=number, peer=number + 1)
    refused = calls.incoming(handset=4, peer=5)
    refused.expect.refused()
    refused.judge("CAL-8")
    with conference.all_talking():
        conference.expect_each_hears_both_others()


@feature("conference-server")
@pytest.mark.stimulus("settings", "server")
@rule("CNF-1")
def test_a_conference_uri_is_called_and_both_far_ends_are_sent_there(server_conference, rule):
    server_conference.set_uri()
    server_conference.take_a_second_call()
    server_conference.call_server()
    server_conference.take_in_both()
    server_conference.expect_talk_with_server()
    server_conference.first.judge(rule)
    server_conference.judge_signalling()
    server_conference.bridge.handset.hang_up()
    server_conference.bridge.expect.released_by("base")
    server_conference.bridge.screen.is_idle()


@feature("conference-server")
@pytest.mark.stimulus("settings", "server")
@rule("CNF-1")
def test_a_server_that_refuses_the_conference_leaves_both_calls_as_they_are(server_conference, rule):
    server_conference.set_uri()
    server_conference.take_a_second_call()
    server_conference.call_server()
    server_conference.bridge.peer.refuse(486)
    server_conference.bridge.expect.acknowledged()
    server_conference.first.judge(rule)
    for call in server_conference.both:
        call.expect.goes_on()
    with server_conference.second.both_talking():
        server_conference.second.media.expect_both_ways()
