"""How a handset comes to its base: the window, the PIN, the air."""

import pytest

feature = pytest.mark.feature
pytestmark = [pytest.mark.stimulus("keys"), pytest.mark.needs("subscribe")]


@feature("handset-registration")
def test_a_forgotten_handset_registers_again_while_the_window_is_open(pairing):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.registers(handset=2)


@feature("base-pin")
def test_a_wrong_pin_registers_nothing(pairing):
    pairing.forget(handset=2)
    pairing.open_window()
    pairing.is_refused(handset=2, pin="9999")


@feature("pairing-window")
@pytest.mark.reboots
def test_the_window_is_open_after_a_boot_and_shown(pairing, boot):
    boot.power_cycle()
    pairing.window_is_shown_open()


@feature("range-loss")
@pytest.mark.needs("rf", "audio")
def test_a_call_of_a_handset_out_of_range_is_ended_and_it_comes_back(call, pairing):
    call.established("incoming")
    pairing.leaves_range(call.handset)
    call.is_ended_by_the_base(within=15)
    pairing.comes_back(call.handset)


@feature("bond-persistence")
@pytest.mark.reboots
@pytest.mark.needs("power")
def test_registered_handsets_lock_again_after_a_power_cut(pairing, boot):
    boot.power_cycle()
    pairing.all_lock_again()
