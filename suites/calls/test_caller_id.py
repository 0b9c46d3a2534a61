"""Who the far end is: what the display and the lists make of it when it changes in the call."""

import pytest

from harness.plugin.marks import rule

feature = pytest.mark.feature
pytestmark = pytest.mark.stimulus("keys", "far_end", "server")
methods = pytest.mark.parametrize("by", ["UPDATE", "INVITE"])


@feature("caller-id")
@rule("CID-2")
@methods
def test_a_new_name_in_the_call_is_shown_in_place_of_the_old(call, rule, by):
    call.connected_line.header = rule.expect["headers"][0]
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.handset.answer()
    call.connected_line.becomes("Berta Klein", by=by)
    call.connected_line.look("Berta Klein")
    call.judge(rule)
    call.judge_signalling()


@feature("caller-id")
@rule("CID-2")
def test_a_new_name_before_the_answer_is_shown_in_place_of_the_old(call, rule):
    call.connected_line.header = rule.expect["headers"][0]
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.connected_line.becomes("Berta Klein", by="UPDATE")
    call.connected_line.look("Berta Klein")
    call.judge(rule)


@feature("caller-id")
@rule("CID-2")
@methods
def test_without_a_name_the_new_number_is_shown(call, rule, by):
    call.connected_line.header = rule.expect["headers"][0]
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.handset.answer()
    call.connected_line.becomes("", by=by)
    call.connected_line.look("")
    call.judge(rule)


@feature("caller-id")
@rule("CID-2")
def test_who_rings_is_shown_in_place_of_the_number_that_was_dialled(call, rule):
    call.connected_line.header = rule.expect["headers"][0]
    call.handset.dial()
    call.peer.expect_call()
    call.connected_line.rings_as("Anna Weber")
    call.connected_line.look("Anna Weber")
    call.judge(rule)


@feature("caller-id")
@rule("CID-2")
def test_who_answers_is_shown_in_place_of_the_number_that_was_dialled(call, rule):
    call.connected_line.header = rule.expect["headers"][0]
    call.handset.dial()
    call.peer.expect_call()
    call.connected_line.answers_as("Berta Klein")
    call.connected_line.look("Berta Klein")
    call.judge(rule)


@feature("caller-id", "call-list-received")
@rule("CID-2")
def test_the_list_has_who_the_caller_turned_out_to_be(first_handset, rule):
    call = first_handset.lists.call_with_new_peer_for("received")
    call.connected_line.header = rule.expect["headers"][0]
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.handset.answer()
    call.connected_line.becomes("Berta Klein", by="UPDATE")
    call.connected_line.look("Berta Klein")
    call.judge(rule)
    call.peer.hang_up()
    call.expect.released_by("peer")
    first_handset.lists.open_newest("received")
    first_handset.lists.expect_opened("Berta Klein", call.connected_line.number)
