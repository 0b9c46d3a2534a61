"""Keys that stand for a number: speed dial, the message key; and by which identity a handset calls."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
settings = pytest.mark.stimulus("settings")
far_end = pytest.mark.stimulus("far_end")
pytestmark = [pytest.mark.stimulus("keys")]


@feature("speed-dial")
@settings
@far_end
@rule("DIAL-SPEED")
@pytest.mark.parametrize("key", ["1", "0"])
def test_a_key_that_is_held_calls_its_number(call, base, rule, key):
    base.change(f"speed_dial{key}", call.peer.number, idx=call.identity)
    call.shortcuts.speed_dial(key)
    call.peer.expect_call()
    call.judge(rule)
    call.screen.shows(call.peer.number)


@feature("speed-dial", "uri-dialing")
@settings
@far_end
@pytest.mark.needs("own_pbx")
@rule("DIAL-SPEED")
def test_a_key_may_have_an_address(call, base, rule):
    base.change("speed_dial7", call.peer.own_address, idx=call.identity)
    call.shortcuts.speed_dial("7")
    call.peer.expect_call()
    call.judge(rule)


@feature("speed-dial")
@settings
@far_end
@pytest.mark.needs(handsets=2, identities=2)
@rule("DIAL-SPEED")
def test_each_identity_has_its_own_keys(calls, base, rule):
    for number in (1, 2):
        one = calls.to_peer(handset=number, peer=number)
        base.change("speed_dial5", one.peer.number, idx=one.identity)
    second = calls.to_peer(handset=2, peer=2)
    second.shortcuts.speed_dial("5")
    second.peer.expect_call()
    second.judge(rule)


@feature("speed-dial", "dial")
@settings
@far_end
def test_a_short_press_of_a_speed_dial_key_is_a_digit(call, base, first_handset):
    base.change("speed_dial4", call.peer.number, idx=call.identity)
    call.shortcuts.speed_dial("4")
    call.peer.expect_call()
    call.peer.refuse(486)
    call.handset.go_idle()
    first_handset.press_digits("4")
    first_handset.screen.shows_number("4")


@feature("speed-dial")
@settings
@far_end
def test_a_key_without_a_number_calls_nobody(call, base):
    base.change("speed_dial6", call.peer.number, idx=call.identity)
    call.shortcuts.speed_dial("6")
    call.peer.expect_call()
    call.peer.refuse(486)
    base.change("speed_dial6", "", idx=call.identity)
    call.shortcuts.try_speed_dial("6")
    call.handset.go_idle()
    call.screen.is_idle()


@feature("speed-dial", "redial", "call-list-dialed")
@settings
@far_end
@rule("CAL-1")
def test_a_number_of_speed_dial_is_in_the_dialed_list(call, base, rule):
    base.change("speed_dial2", call.peer.number, idx=call.identity)
    call.shortcuts.speed_dial("2")
    call.peer.expect_call()
    call.peer.refuse(486)
    call.handset.redial()
    call.peer.expect_call()
    call.judge(rule)


@feature("voicemail-key", "dtmf-rfc4733")
@settings
@far_end
@pytest.mark.needs("audio")
@rule("MWI-3")
def test_the_message_key_calls_the_mailbox_and_digits_pass(call, base, rule):
    base.change("user_mailbox", call.peer.number, idx=call.identity)
    call.shortcuts.call_mailbox()
    call.peer.expect_call()
    call.judge(rule)
    call.peer.answer()
    call.handset.press_digits("19#")
    call.digits.expect_at_the_peer("19#")
    call.judge("DTM-1")


@feature("voicemail-key")
@far_end
@pytest.mark.needs("steerable_pbx")
@rule("MWI-3")
def test_without_a_mailbox_that_is_set_the_one_the_server_named_is_called(call, registration, rule):
    registration.server.tell(
        1, f"Message-Account: sip:{call.peer.number}@{registration.server.address}", "Messages-Waiting: no"
    )
    registration.notify.expect_answer("NOTIFY")
    call.shortcuts.call_mailbox()
    call.peer.expect_call()
    call.judge(rule)


@feature("voicemail-key")
@settings
@far_end
@pytest.mark.needs("steerable_pbx")
@rule("MWI-3")
def test_the_mailbox_that_is_set_comes_before_the_one_the_server_named(call, registration, base, rule):
    base.change("user_mailbox", call.peer.number, idx=call.identity)
    registration.server.tell(1, "Message-Account: sip:asterisk@m9.test", "Messages-Waiting: yes")
    registration.notify.expect_answer("NOTIFY")
    call.shortcuts.call_mailbox()
    call.peer.expect_call()
    call.judge(rule)
    registration.server.tell_of_messages(identity=1, new=0)
    registration.notify.expect_answer("NOTIFY")


@feature("voicemail-key")
@settings
@pytest.mark.needs("steerable_pbx", handsets=2, identities=2)
@rule("MWI-3")
def test_the_message_key_calls_the_mailbox_whose_messages_wait(calls, registration, base, rule):
    first, second = calls.to_peer(peer=1), calls.to_peer(peer=2, identity=2)
    calls.bind(identity=2, handset=1)
    base.change("user_mailbox", first.peer.number, idx=1)
    base.change("user_mailbox", second.peer.number, idx=2)
    registration.server.tell_of_messages(identity=2, new=1)
    registration.notify.expect_answer("NOTIFY")
    second.shortcuts.call_mailbox(identities=(1, 2))
    second.judge(rule)
    second.handset.go_idle()
    registration.server.tell_of_messages(identity=2, new=0)
    registration.notify.expect_answer("NOTIFY")
    first.shortcuts.call_mailbox(identities=(1, 2))
    first.judge(rule)


@feature("dial")
@far_end
@rule("CAL-1")
def test_a_number_dialled_off_hook_is_called_after_a_pause(call, rule):
    call.handset.dial_off_hook()
    call.peer.expect_call()
    call.judge(rule)


@feature("outgoing-identity")
@settings
@pytest.mark.needs(handsets=2, identities=2)
@rule("CALL-IDENTITY")
def test_a_handset_of_two_identities_calls_by_the_one_that_its_user_chose(calls, base, rule):
    own, other = calls.to_peer(peer=1), calls.to_peer(peer=1, identity=2)
    calls.bind(identity=2, handset=1)
    base.change("user_allow_line_switching", "on", idx=2)
    other.shortcuts.choose_next_line()
    other.handset.dial()
    other.judge(rule)
    other.handset.go_idle()
    other.shortcuts.choose_next_line()
    own.handset.dial()
    own.judge(rule)


@feature("outgoing-identity")
@settings
@far_end
@pytest.mark.needs(handsets=2, identities=2)
@rule("CALL-IDENTITY")
def test_without_permission_a_handset_keeps_its_first_identity(calls, rule):
    own, other = calls.to_peer(peer=1), calls.to_peer(peer=1, identity=2)
    calls.bind(identity=2, handset=1)
    other.peer.call()
    other.expect.rings()
    other.peer.give_up()
    other.expect.cancel_answered()
    own.handset.dial()
    own.judge(rule)
