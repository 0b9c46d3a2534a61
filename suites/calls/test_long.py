"""Calls that last: session timers (RFC 4028), and the display after a minute."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys", "far_end", "server"), pytest.mark.slow]


@feature("session-timer", "call-screen")
@rule("CAL-5")
def test_the_base_refreshes_the_session_when_named_refresher(call, rule):
    call.peer_wants_session_timer(expires=90, refresher="uas")
    call.established("incoming")
    call.shows_how_long_it_lasts()
    call.is_refreshed_by_the_base(within=rule.expect["refresh_within_share"] * 90)
    call.judge(rule)
    call.carries_audio_both_ways()
    call.shows_the_minutes_it_lasts()
    call.keeps_to_the_rules()
