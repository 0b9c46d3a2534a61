"""What a handset shows, lists and remembers."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


@feature("idle-screen")
@pytest.mark.smoke
def test_an_idle_handset_shows_its_name_and_time(handset):
    handset.go_idle()
    handset.screen.is_idle()
    handset.screen.shows_name_and_clock()


@feature("idle-date")
@stimulus("web", "settings")
def test_the_date_is_that_of_the_network_and_its_zone(base, handset):
    handset.clock.expect_network_date()
    for ahead in (True, False):
        seconds = handset.clock.zone_on_another_day(ahead=ahead)
        base.change("gmt_offset", seconds)
        handset.clock.expect_network_date(offset=seconds)


@feature("dial")
@stimulus("keys")
@pytest.mark.smoke
@pytest.mark.parametrize("digits", ["0301", "*9044556677#128"])
def test_dialled_digits_are_shown_as_they_are_pressed(handset, digits):
    handset.press_digits(digits)
    handset.screen.shows_number(digits)


@feature("dial")
@stimulus("keys")
def test_a_wrong_digit_can_be_taken_back(handset):
    handset.press_digits("03015")
    handset.take_back_a_digit()
    handset.screen.shows_number("0301")


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_a_call_nobody_answered_is_in_the_missed_list(handset):
    call = handset.lists.call_with_somebody_else_than_in("missed")
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    handset.lists.expect_newest("missed", call.peer_number)
    handset.lists.expect_others_unchanged()


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_missed_calls_are_new_until_they_were_looked_at(handset):
    handset.lists.look_at("missed")
    first = handset.lists.call_with_somebody_else_than_in("missed")
    second = handset.lists.another(first)
    for count, call in enumerate((first, second), 1):
        call.arrives()
        call.rings()
        call.is_given_up_by_the_peer()
        handset.screen.tells_of_missed_calls(count)
    handset.lists.expect_first("missed", second.peer_number, first.peer_number)
    handset.screen.tells_of_no_missed_call()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_answered_calls_are_in_the_received_list_newest_first(handset):
    first = handset.lists.call_with_somebody_else_than_in("received")
    second = handset.lists.another(first)
    for call in (first, second):
        call.established("incoming")
        call.is_hung_up_by_the_peer()
    handset.lists.expect_first("received", second.peer_number, first.peer_number)
    handset.lists.expect_others_unchanged()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_an_entry_of_a_list_tells_name_number_and_time(handset):
    call = handset.lists.call_with_somebody_else_than_in("received")
    call.arrives(display_name="Anna Weber")
    call.rings()
    call.is_answered_by_the_handset()
    call.is_hung_up_by_the_peer()
    handset.lists.expect_entry_with("received", "Anna Weber", call.peer_number)


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_dialled_calls_are_in_the_dialed_list_newest_first(handset):
    first = handset.lists.call_with_somebody_else_than_in("dialed")
    second = handset.lists.another(first)
    for call in (first, second):
        call.established("outgoing")
        call.is_hung_up_by_the_handset()
    handset.lists.expect_first("dialed", second.peer_number, first.peer_number)
    handset.lists.expect_others_unchanged()


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_a_number_that_was_busy_is_in_the_dialed_list(handset):
    call = handset.lists.call_with_somebody_else_than_in("dialed")
    call.is_dialled()
    call.is_refused_by_the_peer(486)
    handset.lists.expect_newest("dialed", call.peer_number)
    handset.lists.expect_others_unchanged()


@feature("call-list-dialed", "call-list-missed", "call-list-received")
@stimulus("keys", "far_end", "server")
def test_the_lists_outlive_an_empty_battery(handset):
    call = handset.lists.call_with_somebody_else_than_in("dialed")
    call.established("outgoing")
    call.is_hung_up_by_the_handset()
    handset.take_battery_out_and_put_it_back()
    handset.expect_locked()
    handset.lists.expect_newest("dialed", call.peer_number)
    handset.lists.expect_others_unchanged()


@feature("redial")
@stimulus("keys", "far_end", "server")
def test_the_last_number_is_dialled_again(handset):
    first = handset.lists.call_with_somebody_else_than_in("dialed")
    second = handset.lists.another(first)
    for call in (first, second):
        call.established("outgoing")
        call.is_hung_up_by_the_handset()
    second.is_redialled()


@feature("redial", "call-list-missed")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_caller_in_international_form_is_called_back_in_it(handset, call):
    call.says_its_number_is("+493023125001")
    call.arrives()
    call.rings()
    call.is_shown_by_what_it_asserts("+493023125001")
    call.is_given_up_by_the_peer()
    handset.lists.call_back("missed")
    handset.lists.expect_call_to("+493023125001")


@feature("caller-id")
@stimulus("far_end", "server")
def test_the_display_name_of_the_caller_is_shown(call):
    call.arrives(display_name="Anna Weber")
    call.rings()
    call.shows_on_the_display("Anna Weber")
    call.shows_the_caller()


@feature("caller-id")
@stimulus("far_end", "server")
def test_a_name_beyond_ascii_is_shown_letter_by_letter(call):
    call.arrives(display_name="Jörg Weiß-Müller")
    call.rings()
    call.shows_on_the_display("Jörg Weiß-Müller")


@feature("display", "call-screen")
@stimulus("keys", "far_end", "server")
def test_the_display_follows_a_call_from_the_first_digit_to_the_idle_screen(call):
    call.is_dialled()
    call.shows_calling()
    call.rings_at_the_peer()
    call.shows_ringing()
    call.is_answered_by_the_peer()
    call.shows_talking()
    call.is_held_by_the_handset()
    call.shows_held()
    call.is_resumed_by_the_handset()
    call.shows_talking()
    call.is_hung_up_by_the_handset()
    call.handset_can_go_idle()


@feature("call-screen")
@stimulus("keys", "far_end", "server")
def test_the_screen_of_a_call_shows_the_far_end_and_how_long_it_lasts(call):
    call.established("incoming")
    call.shows_the_caller()
    call.shows_how_long_it_lasts()


@feature("ringing")
@stimulus("keys", "far_end", "server")
def test_the_ringer_stops_when_the_call_is_answered(call):
    call.arrives()
    call.rings()
    call.is_answered_by_the_handset()
    call.stops_ringing()


@feature("ringing")
@stimulus("keys", "far_end", "server")
def test_no_handset_rings_once_the_call_is_over(call):
    call.established("incoming")
    call.is_hung_up_by_the_peer()
    call.handset_can_go_idle()
    call.stays_over(seconds=3)
    call.no_handset_rings_without_a_call()


@feature("volume")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_the_volume_keys_change_what_is_heard(call, handset):
    call.established("incoming")
    handset.volume.turn_down_and_up(call)
    handset.volume.expect_each_step_heard()


@feature("volume-kept")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_the_volume_is_kept_for_the_next_call(call, handset):
    call.established("incoming")
    handset.volume.turn_down(call)
    call.is_hung_up_by_the_peer()
    call.established("incoming")
    handset.volume.expect_still_down(call)


@feature("ringer-volume")
@stimulus("keys", "far_end", "server")
def test_the_ringer_is_turned_off_and_on_again(handset, call):
    handset.ringer.turn_off()
    call.arrives()
    call.rings_silently()
    call.is_given_up_by_the_peer()
    handset.ringer.turn_up_a_step()
    call.arrives()
    call.rings()


@feature("backlit-keypad")
@stimulus("keys")
@pytest.mark.slow
def test_a_key_lights_the_keypad_up_for_a_while(handset):
    handset.backlight.leave_alone()
    handset.backlight.expect_out()
    handset.backlight.press_a_key()
    handset.backlight.expect_on()
    handset.backlight.expect_out()


@feature("dnd")
@stimulus("web", "settings")
def test_do_not_disturb_is_shown_on_the_handset(base, call):
    base.change("user_dnd", "on", idx=call.identity)
    call.shows_do_not_disturb()


@feature("clock")
def test_the_clock_follows_the_time_of_the_network(handset):
    handset.clock.expect_network_time()


@feature("clock")
@pytest.mark.slow
def test_the_clock_runs(handset):
    handset.clock.expect_to_run()


@feature("time-zone", "clock")
@stimulus("web", "settings")
def test_the_clock_follows_the_time_zone_at_any_hour(base, handset):
    for hour, ahead in ((8, False), (16, True), (21, False)):
        seconds = handset.clock.zone_at(hour, ahead=ahead)
        base.change("gmt_offset", seconds)
        handset.clock.expect_network_time(offset=seconds)
