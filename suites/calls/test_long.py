"""Calls that last: session timers (RFC 4028), and the display after a minute."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.slow]


@feature("session-timer", "call-screen")
@rule("CAL-5")
def test_the_base_refreshes_the_session_when_named_refresher(call, rule):
    call.invite.want_session_timer(expires=90, refresher="uas")
    call.establish("incoming")
    call.screen.shows_duration()
    call.signalling.expect_refresh(within=rule.expect["refresh_within_share"] * 90)
    call.judge(rule)
    with call.both_talking():
        call.media.expect_both_ways()
    call.screen.shows_duration_past_a_minute()
    call.judge_signalling()
