"""A call over a path that loses, repeats and delays the packets of the far end."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.needs("audio")]


@feature("media-loss", "rtcp")
def test_speech_is_heard_although_packets_are_lost(call, path):
    call.establish("incoming")
    path.lose(one_in=10)
    with call.both_talking():
        path.listen(seconds=4)
    call.judge("EAR-LOSS")
    call.streams.expect_reports(2)
    call.judge("RTCP-BLOCK")
    call.judge_media()


@feature("media-loss")
def test_speech_goes_on_behind_a_gap_of_several_packets(call, path):
    call.establish("outgoing")
    path.lose(one_in=40, together=4)
    with call.both_talking():
        path.listen(seconds=4)
    call.judge("EAR-LOSS")
    call.judge_media()


@feature("media-loss")
def test_packets_that_come_twice_are_heard_once(call, path):
    call.establish("incoming")
    path.repeat(one_in=3)
    with call.both_talking():
        path.listen(seconds=4)
    call.judge("EAR-LOSS")
    path.listen(seconds=1.5)
    call.judge("EAR-DELAY")
    call.judge_media()


@feature("media-loss", "rtcp")
def test_packets_that_overtake_each_other_are_heard_in_order(call, path):
    call.establish("incoming")
    path.shake(ms=35)
    with call.both_talking():
        path.listen(seconds=4)
    call.judge("EAR-LOSS")
    call.streams.expect_reports(2)
    call.judge("RTCP-JITTER")
    call.judge_media()


@feature("media-loss")
def test_what_was_held_back_does_not_delay_the_rest_of_the_call(call, path):
    call.establish("incoming")
    with call.both_talking():
        path.hold_back(seconds=1.5)
        path.listen(seconds=2.5)
    path.listen(seconds=1.5)
    call.judge("EAR-DELAY")
    call.judge_media()
