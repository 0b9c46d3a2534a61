"""The presence of an identity: published where it is asked for, true to its user (RFC 3903)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
keys = pytest.mark.stimulus("keys")
in_a_call = pytest.mark.stimulus("far_end", "keys")
# Only a platform that knows PUBLISH is asked to take one, at a server that is known to take it.
pytestmark = [
    pytest.mark.stimulus("server"),
    pytest.mark.needs("steerable_pbx"),
    pytest.mark.profile("asterisk", "avaya", "broadsoft", "metaswitch", "netpbx", "snom_one", "telepo"),
]


@feature("presence")
@settings
@in_a_call
def test_nothing_is_published_unless_the_setting_asks_for_it(call, registration):
    registration.base.switch_off(identity=1)
    registration.base.switch_on(identity=1)
    registration.expect.bound()
    call.establish("incoming")
    registration.presence.expect_none()


@feature("presence")
@settings
@rule("FEA-1")
def test_an_identity_that_is_told_to_is_published_as_online(registration, rule):
    registration.presence.switch_on()
    registration.presence.expect("online")
    registration.judge(rule, "SIP-PUBLISH")


@feature("presence")
@settings
@in_a_call
@rule("FEA-1")
@pytest.mark.parametrize("direction", ["incoming", "outgoing"])
def test_who_talks_is_published_as_in_a_call(call, registration, rule, direction):
    registration.presence.switch_on()
    before = registration.presence.expect("online")
    call.establish(direction)
    talking = registration.presence.expect("in-call", after=before)
    call.peer.hang_up()
    call.expect.released_by("peer")
    registration.presence.expect("online", after=talking)
    registration.judge(rule, "SIP-PUBLISH")


@feature("presence")
@settings
@in_a_call
@rule("FEA-1")
def test_who_talks_and_takes_no_second_call_is_published_as_busy(call, base, registration, rule):
    base.change("user_allow_call_waiting", "off", idx=call.identity)
    registration.presence.switch_on()
    before = registration.presence.expect("online")
    call.establish("incoming")
    registration.presence.expect("busy", after=before)
    registration.judge(rule)


@feature("presence")
@settings
@rule("FEA-1")
def test_do_not_disturb_is_published_and_taken_back(base, registration, rule):
    registration.presence.switch_on()
    before = registration.presence.expect("online")
    base.change("user_dnd", "on", idx=1)
    quiet = registration.presence.expect("dnd", after=before)
    registration.presence.wait_until_judged()
    base.change("user_dnd", "off", idx=1)
    registration.presence.expect("online", after=quiet)
    registration.judge(rule, "SIP-PUBLISH")


@feature("presence")
@settings
@keys
@rule("FEA-1")
def test_without_its_handset_an_identity_is_published_as_away(first_handset, registration, rule):
    registration.presence.switch_on()
    before = registration.presence.expect("online")
    first_handset.switch_off()
    away = registration.presence.expect("away", after=before)
    first_handset.switch_on()
    registration.presence.expect("online", after=away)
    registration.judge(rule)


@feature("presence")
@settings
@rule("SIP-PUBLISH")
def test_an_identity_that_is_switched_off_goes_offline(registration, rule):
    registration.presence.switch_on()
    registration.presence.expect("online")
    registration.base.switch_off(identity=1)
    registration.presence.expect_withdrawn()
    registration.judge(rule)


@feature("presence")
@settings
@rule("SIP-PUBLISH")
def test_a_publication_is_refreshed_before_it_runs_out(registration, rule):
    registration.presence.grant(6)
    registration.presence.switch_on()
    published = registration.presence.expect("online")
    registration.presence.expect_next(published, within=6)
    registration.judge(rule)


@feature("presence")
@settings
@rule("SIP-PUBLISH")
def test_a_publication_that_the_server_has_forgotten_is_made_anew(base, registration, rule):
    registration.presence.switch_on()
    before = registration.presence.expect("online")
    registration.presence.refuse(412)
    base.change("user_dnd", "on", idx=1)
    forgotten = registration.presence.expect("dnd", after=before)
    registration.presence.expect("dnd", after=forgotten)
    registration.judge(rule)


@feature("presence")
@settings
@in_a_call
@rule("SIP-PUBLISH")
@pytest.mark.parametrize("status", [489, 405, 501])
def test_a_server_without_presence_is_left_alone_and_calls_go_on(call, registration, rule, status):
    registration.presence.refuse(status)
    registration.presence.switch_on()
    refused = registration.presence.expect_refused(status)
    call.establish("incoming")
    registration.presence.expect_no_more(refused)
    registration.judge(rule)
