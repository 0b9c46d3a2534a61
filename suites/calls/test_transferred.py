"""Transfers that the far end asks for: the handset's call goes on with another far end (RFC 3515, RFC 5589)."""

import pytest

feature = pytest.mark.feature
steered = pytest.mark.needs("steerable_pbx")
audio = pytest.mark.needs("audio")
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]


@feature("transferred")
@audio
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_who_is_sent_elsewhere_talks_to_the_new_party(call, successor, direction):
    call.establish(direction)
    call.transferor.send_to(successor)
    _arrives(call, successor)
    call.peer.hang_up()
    call.expect.released_by("peer")
    with successor.both_talking():
        successor.media.expect_both_ways()
    call.judge("XFR-CALLED")
    call.judge("XFR-NEWS")
    call.judge_signalling()
    successor.judge_signalling()


@feature("transferred")
def test_the_display_names_the_new_party(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    call.screen.shows_caller()
    successor.peer.answer()
    successor.screen.shows_caller()
    successor.screen.is_talking()


@feature("transferred")
@audio
def test_a_far_end_that_stays_is_hung_up_once_the_new_party_is_there(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor)
    _arrives(call, successor)
    call.transferor.expect_to_be_hung_up()
    with successor.both_talking():
        successor.media.expect_both_ways()
    call.stay_over()
    call.judge("CALL-RELEASE")
    successor.judge_signalling()


@feature("transferred")
@audio
def test_a_far_end_that_leaves_before_the_new_party_answers_loses_nobody(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.transferor.expect_to_go_on(successor)
    successor.peer.answer()
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.judge_signalling()
    call.judge_signalling()


@feature("transferred")
@audio
def test_who_is_sent_to_a_party_that_was_asked_takes_over_that_call(call, successor):
    call.establish("incoming")
    call.peer.hold()
    call.transferor.consult(successor)
    call.transferor.send_to_who_was_consulted()
    call.transferor.expect_call(successor)
    call.judge("XFR-CALLED")
    call.transferor.expect_taken_over(successor)
    call.transferor.expect_news(200)
    with successor.both_talking():
        successor.media.expect_both_ways()
    call.judge_signalling()
    successor.judge_signalling()


@feature("transferred")
@audio
def test_a_far_end_that_holds_first_takes_nothing_along(call, successor):
    call.establish("outgoing")
    call.peer.hold()
    call.transferor.send_to(successor)
    _arrives(call, successor)
    with successor.both_talking():
        successor.media.expect_both_ways()


@feature("transferred")
@audio
@pytest.mark.parametrize("status", [404, 486, 603])
def test_the_call_goes_on_when_the_new_party_does_not_come(call, successor, status):
    call.establish("incoming")
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    successor.peer.refuse(status)
    call.transferor.expect_news(status)
    call.stay_over()
    call.judge("XFR-KEPT")
    call.judge("XFR-NEWS")
    call.screen.shows_caller()
    with call.both_talking():
        call.media.expect_both_ways()


@feature("transferred")
def test_who_hangs_up_during_a_transfer_ends_both_calls(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    successor.peer.ring()
    call.handset.hang_up()
    call.expect.released_by("base")
    successor.expect.cancelled()
    call.screen.is_idle()
    successor.judge_signalling()


@feature("transferred")
@audio
def test_a_call_that_was_transferred_is_held_and_ended_like_any_other(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor)
    _arrives(call, successor)
    successor.handset.hold()
    successor.handset.resume()
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.handset.hang_up()
    successor.expect.released_by("base")
    successor.screen.is_idle()
    successor.judge_end()


@feature("transferred")
def test_a_far_end_that_wants_no_news_gets_none(call, successor):
    call.establish("incoming")
    call.transferor.send_to(successor, untold=True)
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    successor.peer.answer()
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.judge("XFR-CALLED")
    call.judge("XFR-NEWS")


@feature("transferred")
@pytest.mark.parametrize(
    "named",
    [
        {},
        {"Refer-To": "<sip:302@example.net>", "REFER-TO": "<sip:303@example.net>"},
        {"Refer-To": "<tel:+49308765>"},
        {"Refer-To": "<http://example.net/302>"},
        {"Refer-To": "<mailto:302@example.net>"},
    ],
    ids=["none", "two", "tel", "http", "mailto"],
)
def test_a_refer_that_names_no_one_to_call_is_refused(call, successor, named):
    call.establish("incoming")
    call.transferor.ask(named)
    call.judge("XFR-REFUSED")
    call.transferor.expect_no_call()
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)
    call.judge_signalling()


@feature("transferred")
@steered
def test_who_is_in_no_call_with_the_base_cannot_make_it_call(call, successor):
    call.establish("incoming")
    call.transferor.send_from_outside(successor)
    call.transferor.expect_no_call()
    call.transferor.send_to(successor)
    call.transferor.expect_call(successor)


def _arrives(call, successor):
    """The new party is called, answers, and who asked for it hears that."""
    call.transferor.expect_call(successor)
    successor.peer.expect_call()
    successor.peer.answer()
    call.transferor.expect_news(200)
