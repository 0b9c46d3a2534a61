"""What a handset shows, lists and remembers."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


@feature("idle-screen")
@pytest.mark.smoke
def test_an_idle_handset_shows_its_name_and_time(screen):
    screen.is_idle()
    screen.shows_name_and_clock()


@feature("idle-date")
@stimulus("web", "settings")
def test_the_date_is_that_of_the_network_and_its_zone(base, screen):
    screen.date_is_the_day_of_the_network()
    for ahead in (True, False):
        seconds = screen.seconds_of_a_zone_on_another_day(ahead)
        base.change("gmt_offset", seconds)
        screen.date_is_the_day_of_the_network(offset=seconds)


@feature("dial")
@stimulus("keys")
@pytest.mark.smoke
@pytest.mark.parametrize("digits", ["0301", "*9044556677#128"])
def test_dialled_digits_are_shown_as_they_are_pressed(screen, digits):
    screen.press_digits(digits)
    screen.shows_the_number(digits)


@feature("dial")
@stimulus("keys")
def test_a_wrong_digit_can_be_taken_back(screen):
    screen.press_digits("03015")
    screen.take_back_a_digit()
    screen.shows_the_number("0301")


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_a_call_nobody_answered_is_in_the_missed_list(screen):
    call = screen.somebody_else_than_in("missed")
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    screen.list_names("missed", call.peer_number)
    screen.no_other_list_changed()


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_missed_calls_are_new_until_they_were_looked_at(screen):
    screen.forgets_what_was_missed()
    first = screen.somebody_else_than_in("missed")
    second = screen.another(first)
    for count, call in enumerate((first, second), 1):
        call.arrives()
        call.rings()
        call.is_given_up_by_the_peer()
        screen.tells_of_missed_calls(count)
    screen.list_begins_with("missed", second.peer_number, first.peer_number)
    screen.tells_of_no_missed_call()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_answered_calls_are_in_the_received_list_newest_first(screen):
    first = screen.somebody_else_than_in("received")
    second = screen.another(first)
    for call in (first, second):
        call.established("incoming")
        call.is_hung_up_by_the_peer()
    screen.list_begins_with("received", second.peer_number, first.peer_number)
    screen.no_other_list_changed()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_an_entry_of_a_list_tells_name_number_and_time(screen):
    call = screen.somebody_else_than_in("received")
    call.arrives(display_name="Anna Weber")
    call.rings()
    call.is_answered_by_the_handset()
    call.is_hung_up_by_the_peer()
    screen.entry_tells("received", "Anna Weber", call.peer_number)


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_dialled_calls_are_in_the_dialed_list_newest_first(screen):
    first = screen.somebody_else_than_in("dialed")
    second = screen.another(first)
    for call in (first, second):
        call.established("outgoing")
        call.is_hung_up_by_the_handset()
    screen.list_begins_with("dialed", second.peer_number, first.peer_number)
    screen.no_other_list_changed()


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_a_number_that_was_busy_is_in_the_dialed_list(screen):
    call = screen.somebody_else_than_in("dialed")
    call.is_dialled()
    call.is_refused_by_the_peer(486)
    screen.list_names("dialed", call.peer_number)
    screen.no_other_list_changed()


@feature("call-list-dialed", "call-list-missed", "call-list-received")
@stimulus("keys", "far_end", "server")
def test_the_lists_outlive_an_empty_battery(screen):
    call = screen.somebody_else_than_in("dialed")
    call.established("outgoing")
    call.is_hung_up_by_the_handset()
    screen.battery_is_taken_out_and_put_back()
    screen.list_names("dialed", call.peer_number)
    screen.no_other_list_changed()


@feature("redial")
@stimulus("keys", "far_end", "server")
def test_the_last_number_is_dialled_again(screen):
    first = screen.somebody_else_than_in("dialed")
    second = screen.another(first)
    for call in (first, second):
        call.established("outgoing")
        call.is_hung_up_by_the_handset()
    second.is_redialled()


@feature("redial", "call-list-missed")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_caller_in_international_form_is_called_back_in_it(screen, call):
    call.says_its_number_is("+493023125001")
    call.arrives()
    call.rings()
    call.is_shown_by_what_it_asserts("+493023125001")
    call.is_given_up_by_the_peer()
    screen.calls_back("missed", "+493023125001")


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
def test_the_volume_keys_change_what_is_heard(call, screen):
    call.established("incoming")
    screen.volume_changes_the_level(call)


@feature("volume-kept")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_the_volume_is_kept_for_the_next_call(call, screen):
    call.established("incoming")
    screen.is_turned_down(call)
    call.is_hung_up_by_the_peer()
    call.established("incoming")
    screen.is_still_turned_down(call)


@feature("ringer-volume")
@stimulus("keys", "far_end", "server")
def test_the_ringer_is_turned_off_and_on_again(screen, call):
    screen.turn_ringer_off()
    call.arrives()
    call.rings_silently()
    call.is_given_up_by_the_peer()
    screen.turn_ringer_up_a_step()
    call.arrives()
    call.rings()


@feature("backlit-keypad")
@stimulus("keys")
@pytest.mark.slow
def test_a_key_lights_the_keypad_up_for_a_while(screen):
    screen.lights_up_with_a_key()
    screen.goes_dark_again()


@feature("dnd")
@stimulus("web", "settings")
def test_do_not_disturb_is_shown_on_the_handset(base, call):
    base.change("user_dnd", "on", idx=call.identity)
    call.shows_do_not_disturb()


@feature("clock")
def test_the_clock_follows_the_time_of_the_network(screen):
    screen.clock_is_the_time_of_the_network()


@feature("clock")
@pytest.mark.slow
def test_the_clock_runs(screen):
    screen.clock_runs()


@feature("time-zone", "clock")
@stimulus("web", "settings")
def test_the_clock_follows_the_time_zone_at_any_hour(base, screen):
    for hour, ahead in ((8, False), (16, True), (21, False)):
        seconds = screen.seconds_of_a_zone_at(hour, ahead)
        base.change("gmt_offset", seconds)
        screen.clock_is_the_time_of_the_network(offset=seconds)
