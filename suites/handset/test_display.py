"""What a handset shows, lists and remembers."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


@feature("idle-screen")
@pytest.mark.smoke
def test_an_idle_handset_shows_its_name_and_time(first_handset):
    first_handset.go_idle()
    first_handset.screen.is_idle()
    first_handset.screen.shows_name_and_clock()


@feature("idle-date")
@stimulus("web", "settings")
def test_the_date_is_that_of_the_network_and_its_zone(base, first_handset):
    first_handset.clock.expect_network_date()
    for ahead in (True, False):
        seconds = first_handset.clock.zone_on_another_day(ahead=ahead)
        base.change("gmt_offset", seconds)
        first_handset.clock.expect_network_date(offset=seconds)


@feature("dial")
@stimulus("keys")
@pytest.mark.smoke
@pytest.mark.parametrize("digits", ["0301", "*9044556677#128"])
def test_dialled_digits_are_shown_as_they_are_pressed(first_handset, digits):
    first_handset.press_digits(digits)
    first_handset.screen.shows_number(digits)


@feature("dial")
@stimulus("keys")
def test_a_wrong_digit_can_be_taken_back(first_handset):
    first_handset.press_digits("03015")
    first_handset.take_back_a_digit()
    first_handset.screen.shows_number("0301")


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_a_call_nobody_answered_is_in_the_missed_list(first_handset):
    call = first_handset.lists.call_with_new_peer_for("missed")
    call.peer.call()
    call.expect.rings()
    call.peer.give_up()
    call.expect.cancel_answered()
    first_handset.lists.look_at()
    first_handset.lists.expect_newest("missed", call.peer.number)
    first_handset.lists.expect_others_unchanged()


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_missed_calls_are_new_until_they_were_looked_at(first_handset):
    first_handset.lists.look_at("missed")
    first = first_handset.lists.call_with_new_peer_for("missed")
    second = first_handset.lists.another(first)
    for count, call in enumerate((first, second), 1):
        call.peer.call()
        call.expect.rings()
        call.peer.give_up()
        call.expect.cancel_answered()
        first_handset.screen.tells_of_missed_calls(count)
    first_handset.lists.look_at("missed")
    first_handset.lists.expect_first("missed", second.peer.number, first.peer.number)
    first_handset.screen.tells_of_no_missed_call()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_answered_calls_are_in_the_received_list_newest_first(first_handset):
    first = first_handset.lists.call_with_new_peer_for("received")
    second = first_handset.lists.another(first)
    for call in (first, second):
        call.establish("incoming")
        call.peer.hang_up()
        call.expect.released_by("peer")
    first_handset.lists.look_at()
    first_handset.lists.expect_first("received", second.peer.number, first.peer.number)
    first_handset.lists.expect_others_unchanged()


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_an_entry_of_a_list_tells_name_number_and_time(first_handset):
    call = first_handset.lists.call_with_new_peer_for("received")
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.handset.answer()
    call.peer.hang_up()
    call.expect.released_by("peer")
    first_handset.lists.open_newest("received")
    first_handset.lists.expect_opened("Anna Weber", call.peer.number)


def dial_two_peers(first_handset):
    """Two dialled calls with different peers, one after the other; the handset ends both."""
    first = first_handset.lists.call_with_new_peer_for("dialed")
    calls = first, first_handset.lists.another(first)
    for call in calls:
        call.establish("outgoing")
        call.handset.hang_up()
        call.expect.released_by("base")
    return calls


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_dialled_calls_are_in_the_dialed_list_newest_first(first_handset):
    first, second = dial_two_peers(first_handset)
    first_handset.lists.look_at()
    first_handset.lists.expect_first("dialed", second.peer.number, first.peer.number)
    first_handset.lists.expect_others_unchanged()


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_a_number_that_was_busy_is_in_the_dialed_list(first_handset):
    call = first_handset.lists.call_with_new_peer_for("dialed")
    call.handset.dial()
    call.peer.expect_call()
    call.peer.refuse(486)
    call.expect.acknowledged()
    first_handset.lists.look_at()
    first_handset.lists.expect_newest("dialed", call.peer.number)
    first_handset.lists.expect_others_unchanged()


@feature("call-list-dialed", "call-list-missed", "call-list-received")
@stimulus("keys", "far_end", "server")
def test_the_lists_outlive_an_empty_battery(first_handset):
    call = first_handset.lists.call_with_new_peer_for("dialed")
    call.establish("outgoing")
    call.handset.hang_up()
    call.expect.released_by("base")
    first_handset.take_battery_out_and_put_it_back()
    first_handset.expect_locked()
    first_handset.lists.look_at()
    first_handset.lists.expect_newest("dialed", call.peer.number)
    first_handset.lists.expect_others_unchanged()


@feature("redial")
@stimulus("keys", "far_end", "server")
def test_the_last_number_is_dialled_again(first_handset):
    _, second = dial_two_peers(first_handset)
    second.handset.redial()
    second.peer.expect_call()


@feature("redial", "call-list-missed")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_caller_in_international_form_is_called_back_in_it(first_handset, call):
    call.invite.assert_number("+493023125001")
    call.peer.call()
    call.expect.rings()
    call.require.asserted_number("+493023125001")
    call.peer.give_up()
    call.expect.cancel_answered()
    first_handset.lists.call_back("missed", "+493023125001")
    call.judge_whole_test("CAL-1")


@feature("caller-id")
@stimulus("far_end", "server")
def test_the_display_name_of_the_caller_is_shown(call):
    call.peer.call(display_name="Anna Weber")
    call.expect.rings()
    call.screen.shows("Anna Weber")
    call.screen.shows_caller()


@feature("caller-id")
@stimulus("far_end", "server")
def test_a_name_beyond_ascii_is_shown_letter_by_letter(call):
    call.peer.call(display_name="Jörg Weiß-Müller")
    call.expect.rings()
    call.screen.shows("Jörg Weiß-Müller")


@feature("caller-id")
@stimulus("far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_name_in_latin_1_is_shown_letter_by_letter(call):
    call.invite.pass_in_latin1()
    call.peer.call(display_name="Jörg Weiß-Müller")
    call.expect.rings()
    call.screen.shows("Jörg Weiß-Müller")


@feature("caller-id")
@stimulus("far_end", "server")
def test_a_name_with_quotes_is_shown_as_it_is_meant(call):
    call.peer.call(display_name='Anna "Ann" Weber')
    call.expect.rings()
    call.screen.shows('Anna "Ann" Weber')


@feature("caller-id")
@stimulus("far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_caller_whom_the_server_presents_by_remote_party_id_is_shown(call):
    call.invite.present("Anna Weber", call.peer.number)
    call.peer.call()
    call.expect.rings()
    call.screen.shows("Anna Weber")
    call.screen.shows_caller()


@feature("caller-id-withheld")
@stimulus("far_end", "server")
@pytest.mark.needs("steerable_pbx")
def test_a_number_that_remote_party_id_hides_is_not_shown(call):
    call.invite.present("Anna Weber", call.peer.number, hidden=True)
    call.peer.call()
    call.expect.rings()
    call.screen.shows_no_number()


@feature("display", "call-screen")
@stimulus("keys", "far_end", "server")
def test_the_display_follows_a_call_from_the_first_digit_to_the_idle_screen(call):
    call.handset.dial()
    call.peer.expect_call()
    call.screen.is_calling()
    call.peer.ring()
    call.screen.is_ringing()
    call.peer.answer()
    call.screen.is_talking()
    call.handset.hold()
    call.screen.is_held()
    call.handset.resume()
    call.screen.is_talking()
    call.handset.hang_up()
    call.expect.released_by("base")
    call.handset.go_idle()
    call.screen.is_idle()


@feature("call-screen")
@stimulus("keys", "far_end", "server")
def test_the_screen_of_a_call_shows_the_far_end_and_how_long_it_lasts(call):
    call.establish("incoming")
    call.screen.shows_caller()
    call.screen.shows_duration()


@feature("ringing")
@stimulus("keys", "far_end", "server")
def test_the_ringer_stops_when_the_call_is_answered(call):
    call.peer.call()
    call.expect.rings()
    call.handset.answer()
    call.expect.stops_ringing()


@feature("ringing")
@stimulus("keys", "far_end", "server")
def test_no_handset_rings_once_the_call_is_over(call):
    call.establish("incoming")
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.handset.go_idle()
    call.screen.is_idle()
    call.stay_over(seconds=3)
    call.judge_whole_test("IDLE-RINGER")


@feature("volume")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_the_volume_keys_change_what_is_heard(call, first_handset):
    call.establish("incoming")
    first_handset.volume.turn_down_and_up(call)
    first_handset.volume.expect_each_step_heard()


@feature("volume-kept")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("audio")
def test_the_volume_is_kept_for_the_next_call(call, first_handset):
    call.establish("incoming")
    first_handset.volume.turn_down(call)
    call.peer.hang_up()
    call.expect.released_by("peer")
    call.establish("incoming")
    first_handset.volume.listen_again(call)
    first_handset.volume.expect_still_down()


@feature("ringer-volume")
@stimulus("keys", "far_end", "server")
def test_the_ringer_is_turned_off_and_on_again(first_handset, call):
    first_handset.ringer.turn_off()
    call.peer.call()
    call.expect.rings_silently()
    call.peer.give_up()
    call.expect.cancel_answered()
    first_handset.ringer.turn_up_a_step()
    first_handset.ringer.expect_turned_up()
    call.peer.call()
    call.expect.rings()


@feature("backlit-keypad")
@stimulus("keys")
@pytest.mark.slow
def test_a_key_lights_the_keypad_up_for_a_while(first_handset):
    first_handset.backlight.leave_alone()
    first_handset.backlight.expect_out()
    first_handset.backlight.press_a_key()
    first_handset.backlight.expect_on()
    first_handset.backlight.expect_out()


@feature("dnd")
@stimulus("web", "settings")
def test_do_not_disturb_is_shown_on_the_handset(base, call):
    base.change("user_dnd", "on", idx=call.identity)
    call.screen.is_not_to_be_disturbed()


@feature("clock")
def test_the_clock_follows_the_time_of_the_network(first_handset):
    first_handset.clock.expect_network_time()


@feature("clock")
@pytest.mark.slow
def test_the_clock_runs(first_handset):
    first_handset.clock.expect_to_run()


@feature("time-zone", "clock")
@stimulus("web", "settings")
def test_the_clock_follows_the_time_zone_at_any_hour(base, first_handset):
    for hour, ahead in ((8, False), (16, True), (21, False)):
        seconds = first_handset.clock.zone_at(hour, ahead=ahead)
        base.change("gmt_offset", seconds)
        first_handset.clock.expect_network_time(offset=seconds)
