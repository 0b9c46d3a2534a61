"""Do not disturb of an identity: switched at the handset and in a call (the page: test_set_up.py, test_many.py)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
calls_in = pytest.mark.stimulus("keys", "far_end", "server")
pytestmark = [pytest.mark.stimulus("settings")]


@feature("dnd")
@rule("CAL-8")
@calls_in
def test_do_not_disturb_is_switched_in_the_menu_of_the_handset(call, rule):
    call.quiet.switch_at_the_handset()
    call.quiet.expect_on_page(on=True)
    call.screen.is_not_to_be_disturbed()
    call.peer.call()
    call.expect.refused()
    call.judge(rule)
    call.quiet.switch_at_the_handset()
    call.quiet.expect_on_page(on=False)
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()


@feature("dnd")
@rule("CAL-8")
@pytest.mark.needs("audio")
@calls_in
def test_do_not_disturb_that_is_switched_on_in_a_call_turns_away_the_next_one(calls, base, rule):
    first = calls.establish(handset=1, peer=1)
    base.change("user_dnd", "on", idx=first.identity)
    second = calls.incoming(handset=1, peer=2)
    second.expect.refused()
    second.judge(rule)
    first.expect.goes_on()
    with first.both_talking():
        first.media.expect_both_ways()
    first.handset.hang_up()
    first.expect.released_by("base")
    first.screen.is_not_to_be_disturbed()


@feature("dnd")
def test_do_not_disturb_is_not_shown_any_more_when_it_is_over(call, base):
    base.change("user_dnd", "on", idx=call.identity)
    call.screen.is_not_to_be_disturbed()
    base.change("user_dnd", "off", idx=call.identity)
    call.screen.is_idle_and_may_be_disturbed()
