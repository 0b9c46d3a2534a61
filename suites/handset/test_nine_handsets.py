"""Nine handsets at one base: each with its own identity, calls and lists, and four that talk at a time."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs(handsets=9)]


@feature("nine-handsets")
def test_nine_handsets_are_on_the_air_and_listed(dect):
    dect.link.expect_all_met_locked()
    dect.list.expect_on_page(*dect.list.all_but())


@feature("nine-handsets", "call-list-missed")
def test_each_of_nine_handsets_lists_the_call_that_it_missed(all_handsets):
    for call in all_handsets.calls():
        call.peer.call()
        call.expect.rings()
        call.group.expect_others_silent()
        call.peer.give_up()
        call.expect.cancel_answered()
    all_handsets.look_at("missed")
    all_handsets.expect_own_newest("missed")


@feature("nine-handsets", "outgoing-identity", "call-list-dialed")
def test_each_of_nine_handsets_calls_as_its_own_identity_and_lists_whom_it_called(all_handsets):
    for call in all_handsets.calls():
        call.handset.dial()
        call.judge("CALL-IDENTITY")
        call.peer.expect_call()
        call.peer.ring()
        call.handset.hang_up()
        call.expect.cancelled()
        call.screen.is_idle()
    all_handsets.look_at("dialed")
    all_handsets.expect_own_newest("dialed")


@feature("nine-handsets", "four-calls")
@pytest.mark.needs("audio")
def test_four_of_nine_handsets_talk_at_a_time(calls):
    talking = [calls.establish(handset=number, peer=number - 5) for number in (6, 7, 8, 9)]
    with calls.all_talking(talking):
        for call in talking:
            call.media.expect_both_ways()
    for call in talking:
        call.judge_media()


@feature("nine-handsets", "ring-all", "answered-elsewhere")
@pytest.mark.stimulus("settings")
@pytest.mark.needs("audio")
def test_the_last_of_nine_ringing_handsets_answers(calls):
    call = calls.incoming(handset=9, unbound=True)
    call.group.expect_all_ring()
    call.handset.answer()
    call.group.expect_others_stop()
    with call.both_talking():
        call.media.expect_both_ways()
    call.judge_signalling()
