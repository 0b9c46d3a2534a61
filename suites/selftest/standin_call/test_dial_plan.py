"""Where the stand-in's exchange sends what was dialled."""

from __future__ import annotations

import pytest

from rigs.standin.call import dial_plan

PLANS = dial_plan.plans(r'"|^(\*[0-9#]+)$|sip:\1@\d|d" "|^9([0-9]{8})$|sip:09\1@\d" "|^77|^78|service"')


@pytest.mark.parametrize(
    ("number", "called"),
    [
        ("*21#", "sip:*21%23@pbx"),
        ("912345678", "sip:0912345678@pbx"),
        ("7801", "service"),
        ("301", None),
    ],
)
def test_the_first_plan_that_fits_decides(number, called):
    assert dial_plan.planned(number, PLANS, "pbx") == called


@pytest.mark.parametrize("text", ["", "x", "|", "|a", "||", "|(|b", '""', '"|a"'])
def test_a_plan_that_is_none_has_no_effect(text):
    assert dial_plan.planned("301", dial_plan.plans(text), "pbx") in (None, "b")


@pytest.mark.parametrize(
    ("number", "called"),
    [("398330", "+4930398330"), ("089", "+4989"), ("0043", "+43"), ("+49", "+49"), ("*43", "*43"), ("1#", "1#")],
)
def test_a_number_in_its_global_form(number, called):
    assert dial_plan.global_number(number, "49", "30") == called
    assert dial_plan.global_number(number, "", "30") == number


def test_emergency_numbers_are_whole_numbers():
    assert dial_plan.emergency("911", "112  911")
    assert not dial_plan.emergency("91", "112 911")
    assert not dial_plan.emergency("9115", "112 911")
    assert not dial_plan.emergency("911", "")


@pytest.mark.parametrize("text", ["a@b", "192.0.2.1", "[fd00::1]:5060", "SIP:x", "tel:+49"])
def test_what_is_an_address(text):
    assert dial_plan.is_address(text)
    assert not dial_plan.is_address("*21#0")
