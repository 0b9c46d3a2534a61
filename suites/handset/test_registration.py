"""How a handset comes to its base: the window, the PIN, the air; and how it is found."""

import pytest

feature = pytest.mark.feature
stimulus = pytest.mark.stimulus
pytestmark = pytest.mark.needs("subscribe")


@feature("handset-registration")
@stimulus("web")
def test_a_forgotten_handset_registers_again_while_the_window_is_open(dect):
    dect.subscription.forget(handset=2)
    dect.window.close()
    dect.window.expect_closed()
    dect.window.open()
    dect.window.expect_ten_minutes()
    dect.subscription.register(handset=2)
    dect.subscription.expect_registered(handset=2)


@feature("handset-registration")
@stimulus("web", "far_end", "server")
def test_a_handset_that_came_back_rings_for_its_identity(dect, calls):
    dect.subscription.forget(handset=2)
    dect.window.close()
    dect.window.expect_closed()
    dect.window.open()
    dect.subscription.register(handset=2)
    dect.subscription.expect_registered(handset=2)
    call = calls.incoming(handset=2)
    call.expect.rings()
    call.group.expect_others_silent()


@feature("dect-page")
@stimulus("web")
def test_the_dect_status_lists_the_handsets_that_are_registered(dect):
    dect.link.expect_all_met_locked()
    dect.list.expect_on_page(*dect.list.all_but())
    dect.subscription.forget(handset=2)
    dect.list.expect_on_page(*dect.list.all_but(2))


@feature("base-pin")
@stimulus("web", "settings")
def test_the_factory_pin_is_worth_nothing_once_it_was_changed(dect):
    dect.subscription.forget(handset=2)
    dect.subscription.set_pin("4711")
    dect.window.open()
    for pin in ("0000", "1111"):
        dect.subscription.register(handset=2, pin=pin)
        dect.subscription.expect_refused(handset=2)
    dect.subscription.register(handset=2, pin="4711")
    dect.subscription.expect_registered(handset=2)


@feature("base-pin")
@stimulus("web", "settings")
def test_a_changed_pin_holds_for_the_next_handset_that_comes(dect):
    dect.subscription.forget(handset=2)
    dect.window.open()
    dect.subscription.register(handset=2)
    dect.subscription.expect_registered(handset=2)
    dect.subscription.forget(handset=2)
    dect.subscription.set_pin("4711")
    dect.window.open()
    dect.subscription.register(handset=2, pin=dect.subscription.pin)
    dect.subscription.expect_refused(handset=2)
    dect.subscription.register(handset=2, pin="4711")
    dect.subscription.expect_registered(handset=2)


@feature("base-pin")
@stimulus("web")
def test_a_wrong_pin_registers_nothing(dect):
    dect.subscription.forget(handset=2)
    dect.window.close()
    dect.window.expect_closed()
    dect.window.open()
    for pin in dect.subscription.wrong_pins(times=1):
        dect.subscription.register(handset=2, pin=pin)
        dect.subscription.expect_refused(handset=2)
    dect.subscription.register(handset=2)
    dect.subscription.expect_registered(handset=2)


@feature("pin-pacing")
@stimulus("web")
@pytest.mark.slow
def test_wrong_pins_cannot_be_tried_one_after_the_other(dect):
    dect.subscription.require_wrong_pins_slowed_down()
    dect.subscription.forget(handset=2)
    dect.window.close()
    dect.window.expect_closed()
    dect.window.open()
    for pin in dect.subscription.wrong_pins(times=5):
        dect.subscription.register(handset=2, pin=pin)
        dect.subscription.expect_refused(handset=2)
    dect.subscription.register(handset=2)
    dect.subscription.expect_refused(handset=2)
    dect.subscription.expect_registered_later(handset=2)


@feature("pairing-window")
@pytest.mark.reboots
@pytest.mark.needs("power")
def test_the_window_is_open_after_a_boot_and_shown(dect, boot, rig):
    dect.subscription.forget(handset=2)
    boot.power_cycle()
    boot.expect.ready()
    dect.window.expect_open()
    dect.window.expect_ten_minutes(opened=rig.timing.boot + 20)
    dect.subscription.register(handset=2)
    dect.subscription.expect_registered(handset=2)


@feature("pairing-window-closes")
@stimulus("web")
def test_the_window_runs_down_by_itself_and_is_closed_by_its_button(dect):
    dect.window.close()
    dect.window.expect_closed()
    dect.window.open()
    dect.window.expect_to_run_down()
    dect.subscription.forget(handset=2)
    dect.window.close()
    dect.window.expect_closed()
    dect.subscription.register(handset=2)
    dect.subscription.expect_refused(handset=2)


@feature("handset-locator")
@stimulus("web")
def test_all_handsets_ring_to_be_found(dect):
    dect.locator.ring_all()
    dect.locator.expect_all_ring()
    dect.locator.press_a_key(handset=1)
    dect.locator.expect_silence(handset=1)


@feature("range-loss")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("rf", "audio")
def test_a_call_of_a_handset_out_of_range_is_ended_and_it_comes_back(call, dect):
    call.establish("incoming")
    dect.link.leave_range(call)
    call.expect.released_by("base", within=15)
    dect.link.come_back(call)
    dect.link.expect_back(call)


@feature("range-loss")
@stimulus("keys", "far_end", "server")
@pytest.mark.needs("rf", "audio")
def test_a_call_outlives_two_seconds_without_air(call, dect):
    call.establish("incoming")
    with call.handset.talking():
        call.media.expect_at_the_peer()
        dect.link.fade(call, seconds=2)
        call.media.expect_at_the_peer()
    call.expect.goes_on()
    with call.both_talking():
        call.media.expect_both_ways()
    call.expect.goes_on()


@feature("bond-persistence", "dect-page")
@pytest.mark.reboots
@pytest.mark.needs("power", handsets=3)
def test_a_handset_that_left_is_not_listed_again_and_the_others_keep_their_names(dect, boot):
    others = dect.list.all_but(2)
    names = dect.list.names_of(others)
    dect.subscription.forget(handset=2)
    boot.power_cycle()
    boot.expect.ready()
    dect.link.expect_locked(others)
    dect.list.expect_on_page(*others)
    dect.list.expect_names(names)


@feature("bond-persistence")
@pytest.mark.reboots
@pytest.mark.needs("power")
def test_registered_handsets_lock_again_after_a_power_cut(dect, boot):
    dect.link.expect_all_met_locked()
    boot.power_cycle()
    boot.expect.ready()
    dect.link.expect_locked()
    dect.list.expect_on_page(*dect.list.all_but())
