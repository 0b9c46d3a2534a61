"""Call forwarding by the phone: all calls, when busy, without an answer (profile row CAL-9)."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
calls_in = pytest.mark.stimulus("far_end", "server")
pytestmark = [pytest.mark.stimulus("settings")]

CASES = [
    pytest.param("always", marks=feature("forward-always")),
    pytest.param("busy", marks=feature("forward-busy")),
    pytest.param("no_answer", marks=feature("forward-no-answer")),
]


# all calls


@feature("forward-always")
@rule("CAL-9")
@calls_in
def test_all_calls_are_sent_to_the_number_that_is_set(call, rule):
    call.forwarding.set_on_page("always", call.forwarding.number_of_peer(2))
    call.peer.call()
    call.expect.forwarded()
    call.expect.stays_silent()
    call.judge(rule)
    call.judge_signalling()


@feature("forward-always")
@rule("CAL-9")
@calls_in
@pytest.mark.parametrize("target", ["star code", "SIP URI"])
def test_the_target_may_be_no_plain_number(call, target, rule):
    call.forwarding.set_on_page("always", call.forwarding.target(target))
    call.peer.call()
    call.expect.forwarded()
    call.judge(rule)


@feature("forward-always")
@rule("CAL-9")
@calls_in
def test_calls_forwarded_to_the_identity_itself_ring(call, rule):
    call.forwarding.set_on_page("always", call.forwarding.own_number)
    call.screen.is_idle_and_tells_of_forwarding(call.forwarding.own_number)
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
    call.judge(rule)


@feature("forward-always", "dnd")
@rule("CAL-9")
@calls_in
def test_forwarding_of_all_calls_comes_before_do_not_disturb(call, base, rule):
    base.change("user_dnd", "on", idx=call.identity)
    call.forwarding.set_on_page("always", call.forwarding.number_of_peer(2))
    call.peer.call()
    call.expect.forwarded()
    call.judge(rule)


@feature("forward-always")
@rule("CAL-9")
@pytest.mark.needs(handsets=2, identities=2)
@calls_in
def test_each_identity_forwards_its_own_calls(calls, rule):
    here, other = calls.seen_from(handset=1), calls.seen_from(handset=2)
    here.forwarding.set_on_page("always", "*97")
    other.forwarding.set_on_page("always", "*98")
    for handset in (1, 2):
        call = calls.incoming(handset=handset, peer=handset)
        call.expect.forwarded()
        call.judge(rule)
    other.forwarding.end_on_page()
    ringing = calls.incoming(handset=2, peer=2)
    ringing.expect.rings()
    ringing.peer.give_up()
    ringing.expect.cancel_answered()


# when busy


@feature("forward-busy")
@keys
@rule("CAL-9")
@pytest.mark.needs("audio")
@calls_in
def test_a_second_call_is_sent_on_where_no_call_may_wait(calls, base, rule):
    first = calls.establish(handset=1, peer=1)
    base.change("user_allow_call_waiting", "off", idx=first.identity)
    first.forwarding.set_on_page("busy", first.forwarding.number_of_peer(3))
    second = calls.incoming(handset=1, peer=2)
    second.expect.forwarded()
    second.judge(rule)
    with first.both_talking():
        first.media.expect_both_ways()
    second.judge_signalling()


@feature("forward-busy")
@keys
@rule("CAL-9")
@calls_in
def test_a_free_handset_rings_though_its_calls_are_forwarded_when_busy(call, rule):
    call.forwarding.set_on_page("busy", call.forwarding.number_of_peer(2))
    call.screen.is_idle_and_tells_of_forwarding(call.forwarding.number_of_peer(2))
    call.peer.call()
    call.expect.rings()
    call.handset.hang_up()
    call.expect.refused()
    call.judge(rule)
    call.judge("CAL-8")


@feature("forward-busy", "call-waiting")
@keys
@calls_in
def test_a_call_that_may_wait_is_not_forwarded(calls):
    first = calls.to_peer(handset=1, peer=1)
    first.forwarding.set_on_page("busy", first.forwarding.number_of_peer(3))
    first.screen.is_idle_and_tells_of_forwarding(first.forwarding.number_of_peer(3))
    first.establish("incoming")
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.peer.give_up()
    second.expect.cancel_answered()


# without an answer


@feature("forward-no-answer")
@rule("CAL-9")
@calls_in
def test_a_call_without_an_answer_is_sent_on_after_its_time(call, rule):
    call.forwarding.set_on_page("no_answer", call.forwarding.number_of_peer(2), seconds=2)
    call.peer.call()
    call.expect.rings()
    call.expect.forwarded()
    call.expect.stops_ringing()
    call.judge(rule)
    call.judge_signalling()


@feature("forward-no-answer", "call-list-missed")
@calls_in
def test_a_call_that_was_sent_on_without_an_answer_was_missed(first_handset):
    call = first_handset.lists.call_with_new_peer_for("missed")
    call.forwarding.set_on_page("no_answer", "*97", seconds=1)
    call.peer.call()
    call.expect.rings()
    call.expect.forwarded()
    first_handset.lists.look_at("missed")
    first_handset.lists.expect_newest("missed", call.peer.number)


@feature("forward-no-answer")
@keys
@pytest.mark.needs("audio")
@calls_in
def test_a_call_that_is_answered_in_time_is_not_sent_on(call):
    call.forwarding.set_on_page("no_answer", call.forwarding.number_of_peer(2), seconds=2)
    call.screen.is_idle_and_tells_of_forwarding(call.forwarding.number_of_peer(2))
    call.establish("incoming")
    call.stay_over(2.5)
    call.expect.goes_on()
    with call.both_talking():
        call.media.expect_both_ways()


# at the handset


@keys
@pytest.mark.parametrize("case", CASES)
def test_forwarding_is_set_and_ended_in_the_menu_of_the_handset(call, case):
    seconds = 5 if case == "no_answer" else 0
    call.forwarding.set_at_the_handset(case, "*97", seconds)
    call.forwarding.expect_on_page(case, "*97", seconds)
    call.screen.is_idle_and_tells_of_forwarding("*97")
    call.forwarding.end_at_the_handset(case)
    call.forwarding.expect_on_page("no_case")
    call.screen.is_idle_without("*97")


@feature("forward-always")
@keys
@rule("CAL-9")
@calls_in
def test_calls_are_sent_to_the_number_that_was_set_at_the_handset(call, rule):
    call.forwarding.set_at_the_handset("always", call.forwarding.number_of_peer(2))
    call.forwarding.expect_on_page("always", call.forwarding.number_of_peer(2))
    call.peer.call()
    call.expect.forwarded()
    call.judge(rule)
    call.forwarding.end_at_the_handset("always")
    call.forwarding.expect_on_page("no_case")
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()


@pytest.mark.parametrize("case", CASES)
def test_the_idle_screen_names_the_number_that_calls_are_forwarded_to(call, case):
    call.forwarding.set_on_page(case, "*97")
    call.screen.is_idle_and_tells_of_forwarding("*97")
    call.forwarding.end_on_page()
    call.screen.is_idle_without("*97")


@feature("forward-always")
@rule("CAL-9")
@pytest.mark.reboots
@calls_in
def test_calls_are_sent_to_the_number_that_was_provisioned(call, rule):
    call.forwarding.provision("always", "*97")
    call.forwarding.expect_on_page("always", "*97")
    call.peer.call()
    call.expect.forwarded()
    call.judge(rule)
    call.screen.is_idle_and_tells_of_forwarding("*97")
