"""The handset driver: waits that end with events, and whose fault it is when they do not."""

import pytest

from harness.core import clock
from harness.core.errors import NotApplicable, ProductFailure, UsageError
from harness.core.limits import Limits
from harness.handset.driver import Handset
from harness.plugin.key_feedback import keys_without_feedback


@pytest.fixture
def handset(dongle):
    return Handset(dongle, 1)


def test_dialling_presses_each_key(handset, loop):
    handset.dial("30*1#")
    assert loop.handsets[1].pressed == [*"30*1#", "OFFHOOK"]


def test_an_unknown_key_is_a_usage_error(handset):
    with pytest.raises(UsageError, match="no key 'HOOK'"):
        handset.press("HOOK")


def test_a_wait_for_the_display_ends_with_its_change(handset, loop):
    import threading

    timer = threading.Timer(0.05, loop.show, [1, "Calling", "301", ""])
    timer.start()
    began = clock.monotonic()
    assert handset.expect_display("calling", within=3.0).has("301")
    assert clock.monotonic() - began < 1.0


def test_a_wait_without_a_limit_of_its_own_has_the_rigs(dongle):
    handset = Handset(dongle, 1, limits=Limits(display=0.05, answer=0.06, subscribe=0.07))
    with pytest.raises(ProductFailure, match=r"within 0\.05 s"):
        handset.expect_display("Connected")
    with pytest.raises(ProductFailure, match=r"RING ON within 0\.06 s"):
        handset.ringer.expect_ring()
    began = clock.monotonic()
    assert not handset.link.expect_state("LOST")
    assert clock.monotonic() - began < 2.0


def test_a_display_that_does_not_come_is_the_products(handset):
    with pytest.raises(ProductFailure, match="Handset") as failure:
        handset.expect_display("Connected", within=0.05)
    assert '"Connected"' in failure.value.expectation.expected


def test_a_ring_before_the_wait_is_found_and_an_old_one_is_not(handset, loop):
    loop.tell('RING 1 ON "Ringer1"')
    loop.tell('RING 1 OFF ""')
    handset.dongle.fence()
    rung = clock.now()
    since = clock.wait_until(lambda: clock.now() > rung + 0.01 and clock.now(), what="later", within=1)
    with pytest.raises(ProductFailure, match="RING ON"):
        handset.ringer.expect_ring(within=0.05, since=since)
    loop.tell('RING 1 ON "Ringer1"')
    assert handset.ringer.expect_ring(within=1.0, since=since).melody == "Ringer1"
    assert handset.ringer.rings()
    with pytest.raises(ProductFailure, match="stays silent"):
        handset.ringer.stays_silent(since=since)
    loop.tell('RING 1 OFF ""')
    handset.ringer.expect_ring_end(within=1.0, since=since)
    assert not handset.ringer.rings()


def test_a_handset_that_gives_no_sign_felt_no_key(handset, loop):
    since = clock.now()
    assert keys_without_feedback(handset, since) == 0
    handset.press("5", "OFFHOOK")
    assert keys_without_feedback(handset, since) == 2
    loop.tell("BEEP 1 KEY")
    handset.dongle.fence()
    assert keys_without_feedback(handset, since) == 0


def test_a_key_that_is_held_may_be_felt_when_it_is_let_go(handset, loop):
    since = clock.now()
    handset.press("5", hold_ms=1500)
    clock.wait_until(lambda: clock.now() > since + 1.2, what="longer than feedback takes", within=2)
    loop.tell("BEEP 1 KEY")
    handset.dongle.fence()
    assert keys_without_feedback(handset, since) == 0


def test_a_lamp_is_as_the_dongle_last_told(handset, loop):
    assert handset.lamps() == {}
    handset.expect_lamp("MESSAGE", on=False, within=0.05)
    loop.tell("LED 1 MESSAGE BLINK")
    handset.expect_lamp("MESSAGE", on=True, within=1.0)
    with pytest.raises(ProductFailure, match="LED MESSAGE OFF"):
        handset.expect_lamp("MESSAGE", on=False, within=0.05)
    loop.tell("LED 1 MESSAGE OFF")
    handset.expect_lamp("MESSAGE", on=False, within=1.0)
    assert handset.lamps() == {"MESSAGE": False}


def test_another_handset_is_another_handset(handset, dongle, loop):
    loop.tell('RING 2 ON "Ringer1"')
    assert Handset(dongle, 2).ringer.expect_ring(within=1.0)
    handset.ringer.stays_silent(since=0)


def test_listening_goes_on_while_other_things_are_done(handset, dongle):
    first, second = handset.listen(60), Handset(dongle, 2).listen(40)
    handset.press("1")
    assert second.result().has(1000)
    assert str(first.result()).startswith("-12.5 dBm0 (1000 Hz")


def test_a_listening_that_nobody_asked_is_not_taken_for_the_next(handset):
    handset.listen(60)
    second = handset.listen(40)
    assert second.result().has(1000)
    handset.listen(20).result()  # the second is over: the dongle is not busy


def test_what_the_dongle_cannot_is_not_applicable(handset, dongle):
    dongle._caps = {1: frozenset({"KEYS"})}
    with pytest.raises(NotApplicable, match="LISTEN"):
        handset.listen(100)


def test_a_wrong_pin_registers_nothing(handset):
    handset.link.deregister()
    assert not handset.link.try_register("1234", within=1.0)
    assert handset.link.try_register("0000", within=1.0)
