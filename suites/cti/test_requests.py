"""The requests of action URLs: their variables, and servers that answer as servers do on bad days."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("settings", "keys", "far_end", "server")]
ALL = feature("action-url-incoming", "action-url-offhook", "action-url-connected", "action-url-disconnected")
QUERY = "who=$remote&me=$local&call=$call-id&name=$display_remote&end=1"
KEPT_WAITING = ["no answer", "no end"]
MANNERS = [*KEPT_WAITING, "error 500", "redirect", "redirect in a circle", "garbage"]


@feature("action-url-incoming", "action-url-connected", "action-url-missed")
@pytest.mark.parametrize("name", ["Ann & Bob #1 = 100% +x", 'Zoë "Z" <z@x>?'])
def test_the_variables_of_an_incoming_call_are_its_own_and_escaped(call, cti, name):
    cti.set_on_page("incoming", "missed", query=QUERY)
    call.is_missed(name)
    cti.expect("incoming", "missed")
    cti.judge("ACT-VALUES", "ACT-TOLD")


@feature("action-url-outgoing", "action-url-connected", "action-url-hold")
def test_the_variables_of_an_outgoing_call_are_its_own(call, cti):
    cti.set_on_page("outgoing", "connected", "hold", query=QUERY)
    call.establish("outgoing")
    call.handset.hold()
    cti.expect("outgoing", "connected", "hold")
    cti.judge("ACT-VALUES", "ACT-TOLD")


@ALL
@pytest.mark.parametrize("manner", MANNERS)
def test_whatever_the_server_says_calls_go_on_and_all_is_told(call, cti, manner):
    cti.set_on_page("incoming", "off hook", "connected", "disconnected")
    cti.server_answers(manner)
    call.establish("incoming")
    call.peer.hang_up()
    call.handset.go_idle()
    cti.expect("incoming", "off hook", "connected", "disconnected")
    cti.judge()
    if manner in KEPT_WAITING:
        cti.judge("ACT-WAIT")


@ALL
@pytest.mark.slow
def test_a_server_that_answers_after_half_a_minute_delays_no_call_and_loses_none(call, cti):
    cti.set_on_page("incoming", "off hook", "connected", "disconnected")
    cti.server_answers("answer after 30 s")
    call.establish("incoming")
    call.stay_over(31)
    call.peer.hang_up()
    call.handset.go_idle()
    cti.expect("incoming", "off hook", "connected", "disconnected")
    cti.judge()
    cti.judge("ACT-WAIT")


@ALL
@pytest.mark.parametrize("where", ["dead", "nowhere"])
def test_a_server_that_is_not_there_takes_nothing_from_the_others(call, cti, where):
    cti.set_on_page("connected", "disconnected")
    cti.set_on_page("incoming", "off hook", at=getattr(cti, where))
    call.establish("incoming")
    call.peer.hang_up()
    call.handset.go_idle()
    cti.expect_behind_another("connected", "disconnected")
    cti.judge()


@feature("action-url-incoming", "action-url-missed")
def test_a_server_that_was_away_is_told_of_the_next_call(call, cti):
    cti.set_on_page("incoming", "missed")
    cti.server_goes_away()
    call.is_missed()
    cti.server_comes_back()
    call.is_missed()
    cti.expect("incoming", "missed")
    cti.judge()
