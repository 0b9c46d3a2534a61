"""The language of the handsets: every text of the menus is there in it, and fits into its row."""

import pytest

feature = pytest.mark.feature
pytestmark = [feature("languages"), pytest.mark.stimulus("keys", "settings")]
codes = pytest.mark.parametrize("code", ["de"])


@codes
def test_each_row_of_the_menus_is_in_the_language_that_was_chosen(first_handset, code):
    first_handset.language.read_menus()
    first_handset.language.choose(code)
    first_handset.language.expect_menus()


@codes
def test_english_comes_back_at_once(first_handset, code):
    first_handset.language.read_menus()
    first_handset.language.choose(code)
    first_handset.language.expect_date()
    first_handset.language.choose("")
    first_handset.language.expect_menus()


@codes
def test_the_date_is_in_the_language_that_was_chosen(first_handset, code):
    first_handset.language.choose(code)
    first_handset.language.expect_date()


@codes
@pytest.mark.needs("power", "dhcp")
@pytest.mark.reboots
def test_the_language_outlives_a_restart_of_the_base_and_a_change_of_the_battery(first_handset, boot, code):
    first_handset.language.read_menus()
    first_handset.language.choose(code)
    boot.power_cycle()
    boot.expect.ready()
    first_handset.take_battery_out_and_put_it_back()
    first_handset.expect_locked()
    first_handset.language.expect_menus()


@codes
@pytest.mark.stimulus("far_end", "server")
def test_a_call_is_told_of_in_the_language_that_was_chosen(first_handset, call, code):
    first_handset.language.choose(code)
    call.peer.call()
    call.expect.rings()
    first_handset.language.expect_shown("Incoming call")
    call.handset.answer()
    first_handset.language.expect_shown("Connected")
    call.handset.hold()
    first_handset.language.expect_shown("On hold")
    call.peer.hang_up()
    first_handset.language.expect_shown("Call ended")
