"""Action URLs: each event of an identity is told to a web server, once and in its order (presentation, CTI)."""

import pytest

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
calls_in = pytest.mark.stimulus("keys", "far_end", "server")
pytestmark = [pytest.mark.stimulus("settings")]
CALL = ("action-url-offhook", "action-url-connected", "action-url-disconnected", "action-url-onhook")
CASES = ["always", "busy", "no_answer"]


# a call from its beginning to its end


@feature("action-url-incoming", *CALL)
@calls_in
def test_an_incoming_call_is_told_step_by_step(call, cti):
    cti.set_on_page()
    call.establish("incoming")
    cti.expect("incoming", "off hook", "connected")
    call.peer.hang_up()
    call.handset.go_idle()
    cti.expect("disconnected", "on hook")
    cti.judge()


@feature("action-url-outgoing", *CALL)
@calls_in
def test_an_outgoing_call_is_told_step_by_step(call, cti):
    cti.set_on_page()
    call.establish("outgoing")
    cti.expect("off hook", "outgoing", "connected")
    call.handset.hang_up()
    call.expect.released_by("base")
    cti.expect("disconnected", "on hook")
    cti.judge()


@feature("action-url-outgoing", "action-url-connected", "action-url-disconnected")
@calls_in
def test_a_call_that_is_refused_was_never_connected(call, cti):
    cti.set_on_page()
    call.handset.dial()
    call.peer.expect_call()
    call.peer.refuse(486)
    call.handset.go_idle()
    cti.expect("off hook", "outgoing", "on hook")
    cti.expect_nothing_more()
    cti.judge()


@feature("action-url-missed")
@calls_in
def test_a_call_whose_caller_gives_up_is_told_as_missed(call, cti):
    cti.set_on_page("incoming", "missed")
    call.is_missed()
    cti.expect("incoming", "missed")
    cti.judge()


@feature("action-url-missed")
@calls_in
def test_a_call_that_the_user_rejects_or_takes_is_not_missed(call, cti):
    cti.set_on_page("incoming", "missed")
    call.peer.call()
    call.expect.rings()
    call.handset.hang_up()
    call.expect.refused()
    call.establish("incoming")
    call.handset.hang_up()
    call.expect.released_by("base")
    cti.expect("incoming", "incoming")
    cti.expect_nothing_more()
    cti.judge()


@feature("action-url-hold", "action-url-unhold")
@calls_in
def test_holding_and_resuming_are_told_each_time(call, cti):
    cti.set_on_page("hold", "unhold")
    call.establish("incoming")
    for _ in range(2):
        call.handset.hold()
        cti.expect("hold")
        call.handset.resume()
        cti.expect("unhold")
    cti.judge()


@feature("action-url-hold")
@calls_in
def test_a_hold_by_the_far_end_is_no_event_of_the_handset(call, cti):
    cti.set_on_page("hold", "unhold")
    call.establish("incoming")
    call.peer.hold()
    call.peer.resume()
    call.handset.hold()
    call.handset.resume()
    cti.expect("hold", "unhold")
    cti.judge()


@feature("action-url-blind-transfer", "action-url-hold")
@calls_in
def test_a_blind_transfer_is_told_behind_its_hold(call, third, cti):
    cti.set_on_page()
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    cti.expect("hold", "blind transfer")
    cti.judge()


@feature("action-url-attended-transfer", "action-url-hold")
@calls_in
def test_an_attended_transfer_is_told_behind_its_consultation(attended, cti):
    cti.set_on_page("outgoing", "hold", "attended transfer", "blind transfer")
    attended.consult()
    attended.join()
    attended.require_success()
    cti.expect("hold", "outgoing", "attended transfer")
    cti.judge()


# switches of the user


@feature("action-url-dnd-on", "action-url-dnd-off")
def test_do_not_disturb_is_told_when_it_is_switched_on_the_page(call, base, cti):
    cti.set_on_page("dnd on", "dnd off")
    base.change("user_dnd", "on", idx=call.identity)
    cti.expect("dnd on")
    base.change("user_dnd", "off", idx=call.identity)
    cti.expect("dnd off")
    cti.judge()


@feature("action-url-dnd-on")
@pytest.mark.needs(identities=2)
def test_do_not_disturb_is_told_for_the_identity_that_wants_it(base, cti):
    for identity in (1, 2):
        cti.set_on_page("dnd on", identity=identity)
    base.change("user_dnd", "on", idx=2)
    cti.expect("dnd on", identity=2)
    cti.judge()


@feature("action-url-dnd-on", "action-url-dnd-off")
@keys
def test_do_not_disturb_is_told_when_it_is_switched_at_the_handset(call, cti):
    cti.set_on_page("dnd on", "dnd off")
    call.quiet.switch_at_the_handset()
    cti.expect("dnd on")
    call.quiet.switch_at_the_handset()
    cti.expect("dnd off")
    cti.judge()


@feature("action-url-forwarding-on", "action-url-forwarding-off")
@pytest.mark.parametrize("case", CASES)
def test_forwarding_is_told_when_it_is_set_on_the_page(call, cti, case):
    cti.set_on_page("forwarding on", "forwarding off")
    call.forwarding.set_on_page(case, "*97")
    cti.expect("forwarding on")
    call.forwarding.end_on_page()
    cti.expect("forwarding off")
    cti.judge()


@feature("action-url-forwarding-on", "action-url-forwarding-off")
@keys
def test_forwarding_is_told_when_it_is_set_at_the_handset(call, cti):
    cti.set_on_page("forwarding on", "forwarding off")
    call.forwarding.set_at_the_handset("always", "*97")
    cti.expect("forwarding on")
    call.forwarding.end_at_the_handset("always")
    cti.expect("forwarding off")
    cti.judge()


@feature("action-url-logged-in", "action-url-logged-out")
@keys
def test_a_handset_that_is_switched_off_and_on_logs_out_and_in(first_handset, cti):
    cti.know_handset()
    cti.set_on_page("logged in", "logged out")
    first_handset.switch_off()
    cti.expect("logged out")
    first_handset.switch_on()
    first_handset.expect_locked()
    cti.expect("logged in")
    cti.judge()


# identities, and how URLs are set


@feature("action-url-setup", "action-url-incoming", "action-url-missed")
@pytest.mark.needs(handsets=2, identities=2)
@calls_in
def test_the_calls_of_an_identity_are_told_at_its_own_urls(calls, cti):
    for identity in (1, 2):
        cti.set_on_page("incoming", "missed", identity=identity)
    for handset in (2, 1):
        call = calls.to_peer(handset=handset, peer=handset)
        call.is_missed()
        cti.expect("incoming", "missed", identity=call.identity)
    cti.judge()


@feature("action-url-setup", "action-url-incoming")
@calls_in
def test_where_no_url_is_set_any_more_nothing_is_requested(call, cti):
    cti.set_on_page("incoming", "off hook", "on hook")
    call.establish("incoming")
    cti.expect("incoming", "off hook")
    cti.clear_on_page("incoming", "off hook", "on hook")
    call.peer.hang_up()
    call.handset.go_idle()
    call.establish("incoming")
    cti.expect_nothing_more()
    cti.judge("ACT-ONLY")


@feature("action-url-setup")
@pytest.mark.reboots
@calls_in
def test_urls_that_were_provisioned_are_used_and_shown(call, cti):
    cti.provision("incoming", "missed")
    cti.expect_on_page("incoming", "missed")
    call.is_missed()
    cti.expect("incoming", "missed")
    cti.judge()
