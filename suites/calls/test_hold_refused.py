"""Hold that the far end refuses (RFC 3261 §14.1), and the change between two calls."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]


@feature("hold")
@pytest.mark.needs("audio", "steerable_pbx")
@pytest.mark.parametrize("status", [488, 503, 606])
def test_the_talk_goes_on_when_hold_is_refused(call, status):
    call.establish("incoming")
    call.server.refuse_offers(status)
    call.handset.try_to_hold(status)
    call.screen.is_talking()
    with call.both_talking():
        call.media.expect_both_ways()
    call.stay_over()
    call.judge("CALL-REFUSED-OFFER")


@feature("resume")
@pytest.mark.needs("audio", "steerable_pbx")
def test_the_call_stays_on_hold_when_resume_is_refused(call):
    call.establish("incoming")
    call.handset.hold()
    call.server.refuse_offers(488)
    call.handset.try_to_resume(488)
    call.screen.is_held()
    call.server.refuse_offers(0)
    call.handset.resume()
    with call.both_talking():
        call.media.expect_both_ways()
    call.stay_over()
    call.judge("CALL-REFUSED-OFFER")


@feature("hold")
@pytest.mark.needs("steerable_pbx")
@pytest.mark.parametrize("status", [408, 481])
def test_the_call_is_over_when_the_far_end_has_lost_it(call, status):
    call.establish("incoming")
    call.server.refuse_offers(status)
    call.handset.try_to_hold(status)
    call.expect.released_by("base")
    call.judge("CALL-REFUSED-OFFER")
    call.screen.is_idle()


@feature("hold", "resume")
@pytest.mark.needs("audio")
def test_hold_changes_between_two_calls(calls):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.handset.answer()
    with second.both_talking():
        second.media.expect_both_ways()
    second.handset.hold()
    second.judge("HLD-1")
    with first.both_talking():
        first.media.expect_both_ways()
