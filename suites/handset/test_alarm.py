"""The alarm clock: it rings at the time that was set, by the time that the rig's time server gives."""

import pytest

pytestmark = [
    pytest.mark.feature("alarm-clock"),
    pytest.mark.stimulus("keys"),
    pytest.mark.needs("dhcp", "power"),
    pytest.mark.reboots,
]
ZONE = 3600


@pytest.mark.stimulus("settings")
def test_the_alarm_rings_at_its_time_after_a_restart_of_the_base(alarm_clock):
    alarm_clock.set_for(6, 30)
    alarm_clock.bring_the_time_to(6, 30, zone=ZONE)
    alarm_clock.expect_ring()
    alarm_clock.stop()
    alarm_clock.expect_silence()


def test_the_menu_shows_the_time_that_was_set(alarm_clock):
    for hour, minute in ((6, 30), (23, 5)):
        alarm_clock.set_for(hour, minute)
        alarm_clock.expect_shown(hour, minute)


def test_an_alarm_that_was_put_off_rings_again(alarm_clock):
    alarm_clock.set_for(6, 30)
    alarm_clock.bring_the_time_to(6, 30)
    alarm_clock.expect_ring()
    alarm_clock.snooze()
    alarm_clock.wait_for_the_end_of_the_snooze()
    alarm_clock.expect_ring()
    alarm_clock.stop()


def test_an_alarm_outlives_the_battery(alarm_clock, first_handset):
    alarm_clock.set_for(6, 30)
    first_handset.take_battery_out_and_put_it_back()
    first_handset.expect_locked()
    alarm_clock.bring_the_time_to(6, 30)
    alarm_clock.expect_ring()
    alarm_clock.stop()


def test_an_alarm_that_was_switched_off_is_silent(alarm_clock):
    alarm_clock.set_for(6, 30)
    alarm_clock.switch_off()
    alarm_clock.bring_the_time_to(6, 30)
    alarm_clock.expect_silence()


@pytest.mark.stimulus("far_end", "server")
@pytest.mark.needs("audio")
def test_in_a_call_the_alarm_is_a_tone_and_the_call_goes_on(alarm_clock, call):
    alarm_clock.set_for(6, 30)
    alarm_clock.bring_the_time_to(6, 30)
    call.establish("incoming")
    alarm_clock.expect_beep()
    call.expect.goes_on()
    with call.both_talking():
        call.media.expect_both_ways()
