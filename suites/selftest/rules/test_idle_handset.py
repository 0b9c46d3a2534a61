"""The rules of handsets between tests: display, lamps, ringer, call lists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import SipMessage
from harness.rules.acts import Act, Shown
from harness.rules.findings import Result
from harness.rules.idle_lists import Growth, grown_by
from suites.selftest.rules.healthy_call import messages
from suites.selftest.rules.idle_paper import AFTER, BEFORE, HANDSET, listed, mailbox, missed, rule, seen, state

WAITING = "Messages-Waiting: yes\r\nVoice-Message: 1/0\r\n"
EMPTY = "Messages-Waiting: no\r\nVoice-Message: 0/0\r\n"


def test_a_display_that_is_as_before_holds() -> None:
    assert rule("IDLE-DISPLAY", state(BEFORE), state(AFTER)).held == 1


@pytest.mark.parametrize(
    "handset",
    [
        replace(HANDSET, rows=("snom", "Handset 1", "", "Call ended")),
        replace(HANDSET, idle=False, rows=("Call ended", "", "", "")),
        replace(HANDSET, missed=1),
    ],
    ids=["another row", "no idle screen", "a missed call of no call"],
)
def test_a_display_with_something_that_is_over_breaks(handset) -> None:
    assert rule("IDLE-DISPLAY", state(BEFORE), state(AFTER, handset)).broken_count == 1


def test_a_row_may_change_with_a_notice_of_the_mailbox() -> None:
    after = state(AFTER, replace(HANDSET, rows=("snom", "Handset 1", "", "New messages: 1")))
    assert rule("IDLE-DISPLAY", state(BEFORE), after, sip=[mailbox(3, WAITING)]).result is Result.NOT_EXERCISED


def test_a_display_is_not_compared_over_a_fault_of_the_rig() -> None:
    after = state(AFTER, replace(HANDSET, rows=("snom", "Telephone", "", "")), anew=True)
    assert rule("IDLE-DISPLAY", state(BEFORE), after).result is Result.NOT_EXERCISED


def test_a_missed_call_is_told_once_and_no_more_once_it_was_looked_at() -> None:
    told = state(AFTER, replace(listed(missed=["301"]), missed=1))
    assert not rule("IDLE-DISPLAY", state(BEFORE), told, sip=missed()).broken
    still = state(AFTER + 1, replace(HANDSET, missed=1))
    assert seen(rule("IDLE-DISPLAY", state(BEFORE), told, still, sip=missed())) == ["1"]


@pytest.mark.parametrize(
    ("notices", "burns", "broken"),
    [
        ([], False, 0),
        ([], True, 1),
        ([WAITING], True, 0),
        ([WAITING], False, 1),
        ([WAITING, EMPTY], True, 1),
        (["Messages-Waiting: yes\r\nVoice-Message: 0/3\r\n"], True, 0),
    ],
    ids=["dark", "burns for nothing", "burns", "dark over a message", "stays on", "a summary that contradicts itself"],
)
def test_the_message_lamp(notices, burns, broken) -> None:
    sip = [mailbox(at, body) for at, body in enumerate(notices, 1)]
    assert rule("IDLE-LAMPS", state(AFTER, replace(HANDSET, message_lamp=burns)), sip=sip).broken_count == broken


def test_the_message_lamp_may_burn_for_a_missed_call() -> None:
    assert not rule("IDLE-LAMPS", state(AFTER, replace(HANDSET, message_lamp=True, missed=2))).broken


def test_what_waits_is_not_known_after_a_restart() -> None:
    found = rule("IDLE-LAMPS", state(AFTER), sip=[mailbox(1, WAITING)], acts=[Act("power-off", 2)])
    assert found.result is Result.NOT_EXERCISED


@pytest.mark.parametrize(("alone", "lit", "broken"), [(40, True, 1), (40, False, 0), (20, True, 0)])
def test_the_backlight_goes_out(alone, lit, broken) -> None:
    acts = [Act("key", 100 - alone, handset=1, detail={"key": "ONHOOK"})]
    found = rule("IDLE-LAMPS", state(100, replace(HANDSET, lit=lit, message_lamp=None)), acts=acts)
    assert found.broken_count == broken


@pytest.mark.parametrize("handset", [replace(HANDSET, ringing=True), replace(HANDSET, off_hook=True)])
def test_a_handset_that_rings_or_is_off_hook_is_not_idle(handset) -> None:
    assert rule("IDLE-RINGER", state(AFTER, handset)).broken_count == 1


@pytest.mark.parametrize(
    ("one", "broken"),
    [
        (Shown("ring", 1.5, 1, "ON"), 0),
        (Shown("ring", 12.0, 1, "ON"), 1),
        (Shown("ring", 12.0, 1, "OFF"), 0),
        (Shown("beep", 12.0, 1, "WAITING"), 1),
        (Shown("beep", 12.0, 1, "KEY"), 0),
    ],
)
def test_a_ring_wants_a_call(one, broken) -> None:
    assert rule("IDLE-RINGER", sip=messages(), shown=[one]).broken_count == broken


def test_a_handset_that_is_searched_for_rings() -> None:
    found = rule("IDLE-RINGER", acts=[Act("locate-handsets", 10)], shown=[Shown("ring", 12, 1, "ON")])
    assert (found.held, found.broken_count) == (1, 0)


@pytest.mark.parametrize(("handset", "state", "broken"), [(1, "on", 0), (2, "on", 1), (1, "off", 1)])
def test_a_handset_whose_alarm_is_on_rings_without_a_call(handset, state, broken) -> None:
    alarms = [Act("alarm", 5, handset=1, detail={"state": "on"}), Act("alarm", 9, handset=1, detail={"state": state})]
    found = rule("IDLE-RINGER", acts=alarms, shown=[Shown("ring", 12, handset, "ON")])
    assert found.broken_count == broken


# call lists


def given_up_at_once() -> list[SipMessage]:
    """The caller gives up before it was told that it rings."""
    return [one for one in missed() if one.status != 180]


@pytest.mark.parametrize(
    ("calls", "after", "broken"),
    [
        (messages, listed(received=["301", "302"]), []),
        (messages, listed(received=["302 (2)"]), []),
        (messages, listed(received=["302"]), ["0 new: 302"]),
        (messages, listed(received=["301", "301", "302"]), ["2 new: 301, 301, 302"]),
        (messages, listed(received=["302 (3)"]), ["2 new: 302 (3)"]),
        (messages, listed(received=["301", "302"], missed=["301"]), ["1 new: 301"]),
        (messages, listed(received=["301"]), ["301"]),
        (missed, listed(received=["302"], missed=["301"]), []),
        (missed, listed(received=["302"]), ["0 new: empty"]),
        (given_up_at_once, listed(received=["302"], missed=["301"]), []),
        (given_up_at_once, listed(received=["302"]), []),
        (given_up_at_once, listed(received=["302"], missed=["301", "301"]), ["2 new: 301, 301"]),
    ],
)
def test_each_call_is_in_the_list_of_its_kind_once(calls, after, broken) -> None:
    found = rule("IDLE-LISTS", state(BEFORE, listed(received=["302"])), state(AFTER, after), sip=calls())
    assert seen(found) == broken


def test_a_call_of_another_account_is_in_no_list() -> None:
    before, after = replace(listed(), accounts=("42",)), replace(listed(received=["301"]), accounts=("42",))
    assert seen(rule("IDLE-LISTS", state(BEFORE, before), state(AFTER, after), sip=messages())) == ["1 new: 301"]


@pytest.mark.parametrize("accounts", [("41",), ("42",)])
def test_a_call_of_an_identity_that_was_bound_anew_may_be_in_every_list(accounts) -> None:
    acts = [Act("setting", 2, detail={"name": "user_ipui", "value": "", "identity": "1", "channel": "web"})]
    before = replace(listed(), accounts=accounts)
    for entries in ([], ["301"]):
        after = replace(listed(missed=entries), accounts=accounts)
        assert not rule("IDLE-LISTS", state(BEFORE, before), state(AFTER, after), sip=missed(), acts=acts).broken


def test_a_number_that_never_left_the_base_may_be_listed() -> None:
    acts = [Act("key", 15, handset=1, detail={"key": "OFFHOOK"})]
    found = rule("IDLE-LISTS", state(BEFORE, listed()), state(AFTER, listed(dialed=["99"])), acts=acts)
    assert not found.broken


def test_a_call_of_a_handset_that_was_switched_off_may_be_in_no_list() -> None:
    shown = [Shown("link", 2.5, 1, "LOST")]
    states = state(BEFORE, listed()), state(AFTER, listed())
    assert not rule("IDLE-LISTS", *states, sip=missed(), shown=shown).broken


@pytest.mark.parametrize(
    ("before", "after", "grown"),
    [
        ([], [], [Growth(0, 0)]),
        (["a", "b"], ["a", "b"], [Growth(0, 0)]),
        (["a", "b"], ["b"], []),
        (["a (2)"], ["a"], []),
        (["a", "b"], ["Anna (2)", "b"], [Growth(1, 1)]),
        (["302", "301", "302", "301"], ["302 (2)", "301", "302", "301"], [Growth(1, 1), Growth(3, 3), Growth(5, 99)]),
        (["a", "b", "c", "d"], ["e", "f", "g", "h"], [Growth(4, 99)]),
    ],
)
def test_a_list_grows_on_top(before, after, grown) -> None:
    assert grown_by(before, after, 4) == grown


@pytest.mark.parametrize(("called", "at", "broken"), [("1", 12, 0), ("2", 12, 1), ("1", 30, 1)])
def test_a_handset_that_another_one_calls_rings_with_a_cause(called, at, broken):
    act = Act("intercom", 10, handset=2, detail={"number": "*901", "called": called})
    assert rule("IDLE-RINGER", acts=[act], shown=[Shown("ring", at, 1, "ON")]).broken_count == broken


@pytest.mark.parametrize(("handset", "broken"), [(1, 0), (2, 1)])
def test_a_call_to_another_handset_is_one_more_in_the_dialed_list(handset, broken):
    act = Act("intercom", 15, handset=handset, detail={"number": "*902", "called": "2"})
    found = rule("IDLE-LISTS", state(BEFORE, listed()), state(AFTER, listed(dialed=["Handset 2"])), acts=[act])
    assert found.broken_count == broken
