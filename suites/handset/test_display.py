"""What a handset shows, lists and remembers."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus


@feature("idle-screen")
@pytest.mark.smoke
def test_an_idle_handset_shows_its_name_and_time(screen):
    screen.is_idle()
    screen.shows_name_and_clock()


@feature("dial")
@stimulus("keys")
@pytest.mark.smoke
def test_dialled_digits_are_shown_as_they_are_pressed(screen):
    screen.press_digits("0301")
    screen.shows("0301")


@feature("call-list-missed")
@stimulus("keys", "far_end", "server")
def test_a_call_nobody_answered_is_in_the_missed_list(screen):
    call = screen.somebody_else_than_in("missed")
    call.arrives()
    call.rings()
    call.is_given_up_by_the_peer()
    screen.list_names("missed", call.peer_number)


@feature("call-list-received")
@stimulus("keys", "far_end", "server")
def test_an_answered_call_is_in_the_received_list(screen):
    call = screen.somebody_else_than_in("received")
    call.established("incoming")
    call.is_hung_up_by_the_peer()
    screen.list_names("received", call.peer_number)


@feature("call-list-dialed")
@stimulus("keys", "far_end", "server")
def test_a_dialled_call_is_in_the_dialed_list(screen):
    call = screen.somebody_else_than_in("dialed")
    call.established("outgoing")
    call.is_hung_up_by_the_handset()
    screen.list_names("dialed", call.peer_number)


@feature("redial")
@stimulus("keys", "far_end", "server")
def test_the_last_number_is_dialled_again(call):
    call.established("outgoing")
    call.is_hung_up_by_the_handset()
    call.is_redialled()


@feature("caller-id")
@stimulus("far_end", "server")
def test_the_display_name_of_the_caller_is_shown(call):
    call.arrives(display_name="Anna Weber")
    call.rings()
    call.shows_on_the_display("Anna Weber")


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


@feature("clock")
def test_the_clock_follows_the_time_of_the_network(screen):
    screen.clock_is_the_time_of_the_network()


@feature("time-zone")
@stimulus("web", "settings")
def test_the_clock_follows_the_time_zone(base, screen):
    base.change("gmt_offset", 19800)
    screen.clock_is_the_time_of_the_network(offset=19800)
