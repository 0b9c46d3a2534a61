"""The dongle driver on a line that is good, bad, or gone."""

import pytest

from harness.errors import RigFault
from harness.handset.dongle import CommandRefused, Dongle
from harness.handset.driver import Handset


def test_the_dongle_says_who_it_is(dongle, loop):
    assert str(dongle.identify()) == "m9 loop dongle 0 0.1 protocol 1"
    assert loop.crc, "check sums are compulsory as soon as the dongle was greeted"
    assert [status.ipui for status in dongle.handsets()] == ["005C30C841", "005C30C842"]


def test_clocks_are_aligned_within_a_round_trip(dongle, loop):
    from harness import clock

    assert dongle.align() < 0.1
    dongle.subscribe(1)
    before = clock.now()
    loop.tell("DISP 1")
    event = dongle.expect_event("DISP", 1, within=1.0)
    assert abs(event.at - before) < 0.1


def test_a_damaged_answer_to_a_question_is_asked_again(dongle, loop):
    loop.damage = 1
    assert dongle.identify().model == "m9 loop dongle"
    assert dongle.noise.damaged_lines >= 1
    assert dongle.noise.asked_again == 1


def test_a_damaged_answer_to_a_key_is_a_rig_fault_and_no_second_press(dongle, loop):
    handset = Handset(dongle, 1)
    loop.damage = 1
    with pytest.raises(RigFault, match="no whole answer"):
        handset.press("5")
    assert loop.handsets[1].pressed == ["5"]
    handset.press("6")
    assert loop.handsets[1].pressed == ["5", "6"]


def test_a_command_that_the_dongle_could_not_read_is_said_again(dongle, loop, monkeypatch):
    written = []
    connection = dongle._connection._connection
    real = connection.write

    def garbled(data):
        written.append(data)
        real(b"\xff" + data if len(written) == 1 else data)

    monkeypatch.setattr(connection, "write", garbled)
    Handset(dongle, 1, events=False).press("7")
    assert loop.handsets[1].pressed == ["7"]


def test_noise_before_every_line_is_seen_through(dongle, loop):
    loop.noise = b"\xf8\x00\x17"
    Handset(dongle, 2, events=False).press("1", "2")
    assert loop.handsets[2].pressed == ["1", "2"]
    assert dongle.noise.recovered_lines >= 2


def test_half_a_line_and_garbage_do_not_stop_the_next_command(dongle, loop):
    loop.raw(b'!17 RING 1 ON "half')
    loop.raw(b"\r\n\x00\xff\xfe garbage *12AB\r\n")
    assert dongle.identify().protocol == 1


def test_an_answer_that_never_came_leaves_the_line_in_step(dongle, loop):
    loop.swallow = 1
    with pytest.raises(RigFault, match="no whole answer"):
        dongle.command("AT+KEY=1,3")
    assert dongle.command("AT+TIME?")[0].startswith("+TIME:")


def test_a_mute_dongle_is_a_rig_fault_with_a_remedy(dongle, loop):
    loop.swallow = 99
    with pytest.raises(RigFault, match="does not answer") as fault:
        dongle.identify()
    assert "replug" in fault.value.remedy


def test_no_port_is_a_rig_fault(tmp_path):
    with pytest.raises(RigFault, match="cannot be opened"):
        Dongle(str(tmp_path / "none")).open()


def test_a_refusal_carries_its_code(dongle, loop):
    handset = Handset(dongle, 1)
    loop.handsets[1].powered = False
    with pytest.raises(CommandRefused, match="handset off or lost") as refusal:
        handset.press("1")
    assert refusal.value.code == 3


def test_a_dongle_pulled_and_put_back_goes_on(dongle, loop):
    dongle.subscribe(1)
    loop.unplug()
    loop.plug()
    assert dongle.identify().model == "m9 loop dongle"
    assert dongle.noise.replugged == 1
    assert loop.handsets[1].mask == 63, "subscriptions are renewed"
    loop.tell('RING 1 ON "Ringer1"')
    assert dongle.expect_event("RING", 1, within=1.0).on


def test_a_dongle_that_stays_away_is_a_rig_fault(loop):
    with Dongle(str(loop.link), timeout=0.5, replug_within=0.3) as dongle:
        loop.unplug()
        with pytest.raises(RigFault, match=r"is gone|unplugged"):
            dongle.identify()


def test_the_pin_is_not_in_the_transcript(dongle):
    from harness import steps

    seen = []
    with steps.subscribed(seen.append):
        Handset(dongle, 1).try_register("4711", within=0.5)
    assert not [step for step in seen if "4711" in step.text]
