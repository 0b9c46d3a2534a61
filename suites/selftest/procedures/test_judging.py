"""The pure functions by which the procedures judge pages and displays."""

from __future__ import annotations

import calendar
import time
from types import SimpleNamespace

import pytest

from harness.core import clock
from harness.core.errors import Expectation, InvalidTest, NotApplicable, ProductFailure
from harness.handset.display import Display, Row
from harness.procedures.call.requirements import CallRequirements
from harness.procedures.call.screen import CallScreen, durations_in
from harness.procedures.clock_face import FARTHEST, clock_in, shows_time, zone_with
from harness.procedures.context import TestContext
from harness.procedures.web.log import new_lines
from harness.procedures.web.login import guessable, near_misses
from harness.procedures.web.tabs import MASK

NOON = float(calendar.timegm((2011, 1, 20, 12, 0, 0)))


def test_a_message_that_is_there_once_more_is_new():
    assert new_lines(["boot", "login"], ["boot", "login", "login", "saved"]) == ["login", "saved"]
    assert new_lines(["boot", "login"], ["login"]) == []


def test_a_near_miss_is_never_the_right_words():
    tries = near_misses("admin", "password")
    assert len(tries) == 7
    assert all((username, password) != ("admin", "password") for _, username, password in tries)


def test_words_without_letters_have_fewer_near_misses():
    assert [what for what, *_ in near_misses("0", "1234") if "letters" in what] == []


@pytest.mark.parametrize(
    ("cookies", "told"),
    [
        (["9f31c5d0", "27ab88e4", "c06d1f93"], ""),
        (["9f31c5d0", "9f31c5d0"], "the same"),
        (["00000001", "00000002"], "differ in 1 of 8"),
        (["1295521200.41", "1295521200.97"], "differ in 2 of 13"),
        (["7", "8"], ""),
    ],
)
def test_cookies_that_follow_each_other_are_told(cookies, told):
    found = guessable(cookies)
    assert told in found
    assert bool(found) == bool(told)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("snom\n10:20\nWednesday", (10, 20)),
        ("4:05 PM", (16, 5)),
        ("12:30 a.m.", (0, 30)),
        ("12:30 pm", (12, 30)),
        ("--:--", None),
    ],
)
def test_a_time_is_read_in_either_form(text, time):
    assert clock_in(text) == time


@pytest.mark.parametrize(("text", "right"), [("12:00", True), ("11:59", True), ("12:02", False), ("12:00 AM", False)])
def test_a_minute_more_or_less_is_the_same_time(text, right):
    assert shows_time(text, NOON) is right


@pytest.mark.parametrize("hour", [0, 8, 16, 21])
@pytest.mark.parametrize("ahead", [True, False])
@pytest.mark.parametrize("now", [NOON, NOON + 5 * 3600 + 1234, NOON - 11 * 3600])
def test_there_is_a_zone_for_every_hour(now, hour, ahead):
    seconds = zone_with(now, hour, ahead)
    assert abs(seconds) <= FARTHEST
    away = ((now + seconds) / 3600 - hour) % 24
    assert min(away, 24 - away) <= 0.5


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("Connected\n00:07", [7]), ("1:02:03", [3723]), ("no time", []), ("23:17\nConnected\n00:07", [1397, 7])],
)
def test_durations_are_read_from_a_display(text, seconds):
    assert list(durations_in(text).values()) == seconds


def _answered(ago: float, *displays: str) -> SimpleNamespace:
    """A call that was answered so many seconds ago, with a handset that shows these displays one after the other."""
    left = [Display(tuple(Row(number, text) for number, text in enumerate(shown.split(" / ")))) for shown in displays]

    def expect_shown(matches, wanted, within):
        while not matches(left[0]):
            left.pop(0)
            if not left:
                raise ProductFailure(Expectation(wanted, wanted, "other displays"))
        return left[0]

    return SimpleNamespace(
        dialog=SimpleNamespace(answered=SimpleNamespace(at=clock.now() - ago)),
        handset_driver=SimpleNamespace(display=lambda: left[0], expect_shown=expect_shown),
        context=TestContext(None, None, None, None, SimpleNamespace(before=lambda: ""), None, None),
        rules_speak=lambda: None,
    )


def _screen_of_call(ago: float, *displays: str) -> CallScreen:
    state = _answered(ago, *displays)
    return CallScreen(state, CallRequirements(state))


@pytest.fixture
def answering(monkeypatch):
    monkeypatch.setattr(TestContext, "display", 1.0)
    monkeypatch.setattr(TestContext, "setting", lambda context, name: "0")
    return _screen_of_call


def test_a_handset_that_shows_a_clock_beside_the_duration_is_right(answering):
    answering(62, "23:17 / 01:01 / anna", "23:17 / 01:03 / anna").shows_duration_past_a_minute()
    answering(1, "23:17 / 00:00", "23:17 / 00:02").shows_duration()


def test_a_clock_is_no_duration_past_a_minute(answering):
    with pytest.raises(ProductFailure, match="more than 60 s"):
        answering(62, "23:17 / 00:01", "23:17 / 00:03", "23:18 / 00:04").shows_duration_past_a_minute()
    with pytest.raises(ProductFailure, match="2 s more than 62 s"):
        answering(62, "01:02", "01:02", "01:03").shows_duration_past_a_minute()


def test_a_wrong_duration_is_the_products_and_a_clock_alone_shows_none(answering):
    with pytest.raises(ProductFailure, match="the time since the answer"):
        answering(20, "Connected / 00:05").shows_duration()
    with pytest.raises(InvalidTest, match="the duration of the call"):
        answering(2000, time.strftime("%H:%M", time.gmtime(clock.now()))).shows_duration()


def test_a_base_that_goes_by_from_is_not_judged_by_what_the_caller_asserts(monkeypatch):
    monkeypatch.setattr(TestContext, "display", 0.1)

    def requirements(shown):
        state = _answered(1, shown)
        state.peer_number = "301"
        return CallRequirements(state)

    requirements("Ringing / +49301").asserted_number("+49301")
    with pytest.raises(NotApplicable, match="shows From, 301"):
        requirements("Ringing / 301").asserted_number("+49302")
    with pytest.raises(InvalidTest, match=r"\+49302 on the display"):
        requirements("Ringing / anna").asserted_number("+49302")


@pytest.mark.parametrize(
    ("value", "hidden"), [("", True), ("********", True), ("••••", True), ("0000", False), ("secret", False)]
)
def test_only_one_sign_over_and_over_hides_a_password(value, hidden):
    assert bool(MASK.fullmatch(value)) is hidden
