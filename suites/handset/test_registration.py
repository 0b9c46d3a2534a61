"""How a handset comes to its base: the window, the PIN, the air; and how it is found."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus
pytestmark = pytest.mark.needs("subscribe")


@feature("handset-registration")
@stimulus("web")
def test_a_forgotten_handset_registers_again_while_the_window_is_open(pairing):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.window_lasts_ten_minutes()
    pairing.registers(handset=2)


@feature("handset-registration")
@stimulus("web", "far_end", "server")
def test_a_handset_that_came_back_rings_for_its_identity(pairing, calls):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.registers(handset=2)
    call = calls.incoming(handset=2)
    call.rings_only_its_handset()


@feature("dect-page")
@stimulus("web")
def test_the_dect_status_lists_the_handsets_that_are_registered(pairing):
    pairing.all_are_locked()
    pairing.dect_page_lists(*pairing.all_but())
    pairing.forget(handset=2)
    pairing.dect_page_lists(*pairing.all_but(2))


@feature("base-pin")
@stimulus("web", "settings")
def test_the_factory_pin_is_worth_nothing_once_it_was_changed(pairing):
    pairing.forget(handset=2)
    pairing.base_has_pin("4711")
    pairing.open_window()
    for pin in ("0000", "1111"):
        pairing.is_refused_with(handset=2, pin=pin)
    pairing.registers_with(handset=2, pin="4711")


@feature("base-pin")
@stimulus("web", "settings")
def test_a_changed_pin_holds_for_the_next_handset_that_comes(pairing):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.registers(handset=2)
    pairing.forget(handset=2)
    pairing.base_has_pin("4711")
    pairing.open_window()
    pairing.is_refused_with(handset=2, pin=pairing.pin)
    pairing.registers_with(handset=2, pin="4711")


@feature("base-pin")
@stimulus("web")
def test_a_wrong_pin_registers_nothing(pairing):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.gives_wrong_pins(handset=2, times=1)
    pairing.registers(handset=2)


@feature("pin-pacing")
@stimulus("web")
@pytest.mark.slow
def test_wrong_pins_cannot_be_tried_one_after_the_other(pairing):
    pairing.wrong_pins_are_said_to_be_slowed_down()
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.gives_wrong_pins(handset=2, times=5)
    pairing.is_refused(handset=2)
    pairing.registers_later(handset=2)


@feature("pairing-window")
@pytest.mark.reboots
@pytest.mark.needs("power")
def test_the_window_is_open_after_a_boot_and_shown(pairing, boot, rig):
    pairing.forget(handset=2)
    boot.power_cycle()
    pairing.window_is_shown_open()
    pairing.window_lasts_ten_minutes(opened=rig.timing.boot + 20)
    pairing.registers(handset=2)


@feature("pairing-window-closes")
@stimulus("web")
def test_the_window_runs_down_by_itself_and_is_closed_by_its_button(pairing):
    pairing.open_window()
    pairing.window_runs_down()
    pairing.forget(handset=2)
    pairing.close_window()
    pairing.is_refused(handset=2)


@feature("handset-locator")
@stimulus("web")
def test_all_handsets_ring_to_be_found(pairing):
    pairing.locate()
    pairing.all_ring()
    pairing.a_key_silences(handset=1)


@feature("range-loss")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("rf", "audio")
def test_a_call_of_a_handset_out_of_range_is_ended_and_it_comes_back(call, pairing):
    call.established("incoming")
    pairing.leaves_range(call.handset)
    call.is_ended_by_the_base(within=15)
    pairing.comes_back(call.handset)


@feature("range-loss")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("rf", "audio")
def test_a_call_outlives_two_seconds_without_air(call, pairing):
    call.established("incoming")
    pairing.fades(call, seconds=2)
    call.goes_on()
    call.carries_audio_both_ways()
    call.goes_on()


@feature("bond-persistence", "dect-page")
@pytest.mark.reboots
@pytest.mark.needs("power", handsets=3)
def test_a_handset_that_left_is_not_listed_again_and_the_others_keep_their_names(pairing, boot):
    others = pairing.all_but(2)
    names = pairing.names_of(others)
    pairing.forget(handset=2)
    boot.power_cycle()
    pairing.lock_again(others)
    pairing.dect_page_lists(*others)
    pairing.are_still_called(names)


@feature("bond-persistence")
@pytest.mark.reboots
@pytest.mark.needs("power")
def test_registered_handsets_lock_again_after_a_power_cut(pairing, boot):
    pairing.all_are_locked()
    boot.power_cycle()
    pairing.all_lock_again()
    pairing.dect_page_lists(*pairing.all_but())
