"""The battery of a handset: its level is shown, and a low one is warned of."""

import pytest

feature = pytest.mark.feature
keys = pytest.mark.stimulus("keys")
LEVELS = [100, 45, 10, 3]


@feature("battery-level")
@keys
def test_icon_and_menu_tell_the_level_of_the_battery(first_handset):
    for percent in LEVELS:
        first_handset.battery.set_level(percent)
        first_handset.battery.expect_level(percent)


@feature("battery-level")
@keys
def test_a_battery_that_was_changed_is_shown_with_its_own_level(first_handset):
    first_handset.battery.set_level(45)
    first_handset.take_battery_out_and_put_it_back(percent=100)
    first_handset.expect_locked()
    first_handset.battery.expect_level(100)


@feature("battery-warning")
def test_a_battery_that_becomes_low_is_warned_of(first_handset):
    first_handset.go_idle()
    first_handset.battery.run_low()
    first_handset.battery.expect_warning()


@feature("battery-warning")
def test_a_battery_that_is_not_low_is_not_warned_of(first_handset):
    first_handset.go_idle()
    first_handset.battery.set_level(100)
    first_handset.battery.recover()
    first_handset.battery.expect_no_warning()


@feature("battery-warning")
def test_a_battery_that_becomes_low_again_is_warned_of_again(first_handset):
    first_handset.go_idle()
    for _ in range(2):
        first_handset.battery.run_low()
        first_handset.battery.expect_warning()
        first_handset.battery.recover()


@feature("battery-warning")
def test_a_low_battery_that_is_put_in_is_warned_of(first_handset):
    first_handset.battery.recover()
    first_handset.take_battery_out_and_put_it_back(percent=10)
    first_handset.battery.expect_warning()


@feature("battery-warning")
@pytest.mark.stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_a_call_goes_on_while_its_battery_becomes_low(call, first_handset):
    first_handset.battery.recover()
    call.establish("incoming")
    first_handset.battery.run_low()
    first_handset.battery.expect_warning()
    call.expect.goes_on()
    with call.both_talking():
        call.media.expect_both_ways()
