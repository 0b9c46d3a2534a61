"""More than one handset, more than one call."""

import pytest

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
settings = pytest.mark.stimulus("settings")
pytestmark = [pytest.mark.stimulus("far_end", "server")]


@feature("ring-all")
@settings
@pytest.mark.needs(handsets=2)
def test_an_identity_bound_to_nobody_rings_all_handsets(calls):
    call = calls.incoming(unbound=True)
    call.group.expect_all_ring()


@feature("answered-elsewhere")
@keys
@settings
@pytest.mark.needs(handsets=2)
def test_a_handset_stops_ringing_when_another_answers(calls):
    call = calls.incoming(unbound=True)
    call.group.expect_all_ring()
    call.handset.answer()
    call.group.expect_others_stop()


@feature("answered-elsewhere-list")
@keys
@settings
@pytest.mark.needs(handsets=2)
def test_a_call_a_colleague_took_is_not_missed(calls):
    colleague = calls.seen_from(handset=2)
    before = colleague.handset.missed_calls()
    call = calls.incoming(unbound=True)
    call.group.expect_all_ring()
    call.handset.answer()
    call.group.expect_others_stop()
    colleague.screen.shows_no_missed_call()
    colleague.expect.not_missed(before, now=colleague.handset.missed_calls())


@feature("identity-lines")
@pytest.mark.needs(handsets=2)
def test_the_line_of_the_contact_decides_which_identity_is_called(calls):
    call = calls.incoming(handset=2)
    call.require.line_of_the_identity()
    call.judge("REG-4")
    call.expect.rings()
    call.group.expect_others_silent()
    call.judge_signalling()


@feature("handset-binding")
@pytest.mark.needs(handsets=2)
def test_a_bound_identity_rings_its_handset_only(calls):
    call = calls.incoming(handset=2)
    call.expect.rings()
    call.group.expect_others_silent()


@feature("handset-binding")
@settings
@pytest.mark.needs(handsets=2, identities=2)
def test_a_handset_that_is_paired_with_two_accounts_rings_alone_for_either(calls):
    calls.bind(identity=2, handset=1)
    for identity in (2, 1):
        call = calls.to_peer(handset=1, identity=identity)
        call.peer.call()
        call.expect.rings()
        call.group.expect_others_silent()
        call.peer.give_up()
        call.expect.cancel_answered()


@feature("dnd")
@settings
@pytest.mark.needs(handsets=2, identities=2)
def test_do_not_disturb_of_one_identity_leaves_the_others_alone(calls):
    for quiet, other in ((2, 1), (1, 2)):
        calls.do_not_disturb(handset=quiet, on=True)
        refused = calls.incoming(handset=quiet, peer=1)
        refused.expect.refused()
        refused.judge("CAL-8")
        ringing = calls.incoming(handset=other, peer=2)
        ringing.expect.rings()
        ringing.group.expect_others_silent()
        ringing.peer.give_up()
        ringing.expect.cancel_answered()
        calls.do_not_disturb(handset=quiet, on=False)


@feature("nine-identities")
@pytest.mark.needs(handsets=9)
@pytest.mark.parametrize("identity", range(1, 10))
def test_each_identity_rings_the_handset_it_is_bound_to(calls, identity):
    call = calls.incoming(handset=identity)
    call.expect.rings()
    call.group.expect_others_silent()


@feature("outgoing-identity")
@keys
@pytest.mark.needs(handsets=2)
def test_a_handset_calls_out_on_the_identity_it_is_bound_to(calls):
    call = calls.outgoing(handset=2)
    call.judge("CALL-IDENTITY")
    call.peer.expect_call()
    call.judge_signalling()


@feature("four-calls", "fifth-call")
@keys
@pytest.mark.needs("audio", handsets=5)
def test_four_calls_talk_and_the_fifth_is_refused(calls):
    talking = [calls.establish(handset=number, peer=number) for number in (1, 2, 3, 4)]
    for call in talking:
        with call.both_talking():
            call.media.expect_both_ways()
    fifth = calls.incoming(handset=5, peer=5)
    fifth.expect.refused()
    fifth.judge("CAL-8")
    fifth.judge_signalling()
    for call in talking:
        with call.both_talking():
            call.media.expect_both_ways()
    ended = talking.pop()
    ended.peer.hang_up()
    ended.expect.released_by("peer")
    for call in [*talking, calls.establish(handset=5, peer=5)]:
        with call.both_talking():
            call.media.expect_both_ways()


@feature("call-waiting")
@keys
@pytest.mark.needs("audio")
def test_a_second_call_knocks_and_the_first_goes_on(calls):
    first = calls.establish(handset=1, peer=1)
    second = calls.incoming(handset=1, peer=2)
    second.expect.knocks()
    with first.both_talking():
        first.media.expect_both_ways()
    second.judge_signalling()


@feature("call-waiting-off")
@keys
@settings
def test_without_call_waiting_a_second_call_gets_busy(calls, base):
    first = calls.establish(handset=1, peer=1)
    base.change("user_allow_call_waiting", "off", idx=first.identity)
    second = calls.incoming(handset=1, peer=2)
    second.expect.refused()
    second.judge("CAL-8")
    second.judge_signalling()
