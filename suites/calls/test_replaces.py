"""INVITEs with Replaces: another far end takes the place of the one that the handset has (RFC 3891)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
audio = pytest.mark.needs("audio")
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server")]


@feature("transferred")
@audio
@rule("XFR-4")
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_another_far_end_takes_the_place_of_the_first_without_ringing(call, successor, rule, direction):
    call.establish(direction)
    successor.invite.take_over(call.state)
    _takes_over(call, successor)
    call.expect.released_by("base")
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.screen.shows_caller()
    successor.judge(rule)
    successor.judge_signalling()
    call.judge_signalling()


@feature("transferred")
@rule("XFR-4")
def test_a_server_may_require_that_replaces_is_understood(call, successor, rule):
    call.establish("incoming")
    successor.invite.take_over(call.state, needed=True)
    _takes_over(call, successor)
    call.expect.released_by("base")
    successor.judge(rule)


@feature("transferred")
@audio
@rule("XFR-4")
def test_a_call_that_is_on_hold_talks_when_it_is_taken_over(call, successor, rule):
    call.establish("incoming")
    call.handset.hold()
    successor.invite.take_over(call.state)
    _takes_over(call, successor)
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.judge(rule)


@feature("transferred")
@audio
@rule("XFR-4")
def test_a_call_that_the_handset_makes_is_answered_by_who_takes_it_over(call, successor, rule):
    call.handset.dial()
    call.peer.expect_call()
    call.peer.ring()
    successor.invite.take_over(call.state, early_only=True)
    _takes_over(call, successor)
    call.expect.cancelled()
    with successor.both_talking():
        successor.media.expect_both_ways()
    successor.judge(rule)
    call.judge_signalling()


@feature("transferred")
@rule("XFR-4")
def test_a_call_that_rings_at_the_base_is_taken_over_by_nobody(calls, call, rule):
    call.peer.call()
    call.expect.rings()
    _refused(calls, call).judge(rule)
    call.handset.answer()
    _taken_over(calls, call).judge(rule)


@feature("transferred")
@rule("XFR-4")
@pytest.mark.parametrize(
    "named",
    [{"wrong": "call-id"}, {"wrong": "to-tag"}, {"wrong": "from-tag"}, {"early_only": True}, {"twice": True}],
    ids=["call-id", "to-tag", "from-tag", "early-only", "twice"],
)
def test_a_call_that_is_not_meant_is_taken_over_by_nobody(calls, call, rule, named):
    call.establish("incoming")
    _refused(calls, call, **named).judge(rule)
    call.expect.goes_on()
    _taken_over(calls, call).judge(rule)


@feature("transferred")
@rule("XFR-4")
@pytest.mark.parametrize("end", ["base", "peer"])
def test_a_call_that_has_ended_is_taken_over_by_nobody(calls, call, rule, end):
    call.establish("incoming")
    (call.handset if end == "base" else call.peer).hang_up()
    call.expect.released_by(end)
    _refused(calls, call).judge(rule)


def _takes_over(call, successor):
    """The base answers by itself; what it does to the old call counts from here on."""
    call.state.mark_act()
    successor.peer.call()
    successor.expect.answered_by_itself()


def _refused(calls, call, **named):
    other = calls.to_peer(handset=1, peer=2)
    other.invite.take_over(call.state, **named)
    other.peer.call()
    other.expect.refused()
    return other


def _taken_over(calls, call):
    """With all in order it works."""
    other = calls.to_peer(handset=1, peer=2)
    other.invite.take_over(call.state)
    _takes_over(call, other)
    return other
