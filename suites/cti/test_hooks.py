"""Action URLs of the hook: on hook is told once, when the last call of a handset is over, for its identity."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings", "keys", "far_end", "server")]
ON_HOOK = feature("action-url-onhook")


@ON_HOOK
def test_on_hook_is_told_when_the_last_of_two_calls_is_over(calls, cti):
    cti.set_on_page("connected", "disconnected", "on hook")
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    second.handset.answer_waiting(first.state)
    cti.expect("connected", "connected")
    first.peer.hang_up()
    cti.expect("disconnected")
    cti.expect_nothing_more()
    second.peer.hang_up()
    second.handset.go_idle()
    cti.expect("disconnected", "on hook")
    cti.judge()


@ON_HOOK
def test_a_call_that_was_never_taken_is_no_on_hook(call, cti):
    cti.set_on_page("incoming", "on hook")
    call.peer.call()
    call.expect.rings()
    call.handset.hang_up()
    call.expect.refused()
    call.handset.go_idle()
    cti.expect("incoming")
    cti.expect_nothing_more()
    cti.judge("ACT-ONLY")


@ON_HOOK
@pytest.mark.needs(handsets=2, identities=2)
def test_on_hook_is_told_for_the_identity_of_the_handset(calls, cti):
    for identity in (1, 2):
        cti.set_on_page("off hook", "on hook", identity=identity)
    call = calls.establish(handset=2, peer=2)
    call.handset.hang_up()
    call.expect.released_by("base")
    cti.expect("off hook", "on hook", identity=call.identity)
    cti.judge()


@ON_HOOK
def test_a_handset_that_has_passed_its_call_on_is_told_on_hook(call, third, cti):
    cti.set_on_page("blind transfer", "on hook")
    call.establish("incoming")
    call.handset.transfer_to(third.number)
    third.expect_call()
    third.answer()
    call.handset.go_idle()
    cti.expect("blind transfer", "on hook")
    cti.judge()


@ON_HOOK
def test_on_hook_is_told_for_each_call_anew(call, cti):
    cti.set_on_page("off hook", "on hook")
    for direction in ("incoming", "outgoing"):
        call.establish(direction)
        call.handset.hang_up()
        call.expect.released_by("base")
        cti.expect("off hook", "on hook")
    cti.judge()
