"""The dongle driver on a line that is good, bad, or gone."""

import pytest

from harness.core.errors import NotApplicable, RigFault
from harness.handset.dongle import CommandRefused, Dongle
from harness.handset.driver import Handset
from harness.handset.protocol import seal


def test_the_dongle_says_who_it_is(dongle, loop):
    assert str(dongle.identify()) == "m9 loop dongle 0 0.1 protocol 1"
    assert loop.crc, "check sums are compulsory as soon as the dongle was greeted"
    assert [status.ipui for status in dongle.handsets()] == ["005C30C841", "005C30C842"]


def test_clocks_are_aligned_within_a_round_trip(dongle, loop):
    from harness.core import clock

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
    from harness.core import steps

    seen = []
    with steps.subscribed(seen.append):
        Handset(dongle, 1).link.try_register("4711", within=0.5)
    assert not [step for step in seen if "4711" in step.text]


def test_a_busy_dongle_is_asked_again_also_for_a_key(dongle, loop):
    loop.busy = 3
    Handset(dongle, 1, events=False).press("5")
    assert loop.handsets[1].pressed == ["5"]
    loop.busy = 2
    assert dongle.handsets()[0].number == 1


def test_a_dongle_that_stays_busy_is_a_rig_fault_that_says_so(dongle, loop):
    loop.busy = 10_000
    with pytest.raises(CommandRefused, match="error 4 busy") as refusal:
        Handset(dongle, 1, events=False).press("5")
    loop.busy = 0
    assert refusal.value.code == 4
    assert "other programs" in refusal.value.remedy
    assert loop.handsets[1].pressed == []


@pytest.mark.parametrize("late", [1, 2, 3])
def test_an_answer_that_comes_late_is_not_taken_for_the_next_commands(dongle, loop, late):
    handset = Handset(dongle, 1, events=False)
    loop.late = late
    with pytest.raises(RigFault, match="no whole answer"):
        handset.press("1")
    for _ in range(late - 1):
        with pytest.raises(RigFault, match="does not answer"):
            handset.press("8")
    loop.handsets[1].powered = False
    with pytest.raises(CommandRefused, match="handset off or lost"):
        handset.press("2")
    loop.handsets[1].powered = True
    assert handset.display().has("snom")
    assert dongle.identify().model == "m9 loop dongle"
    assert loop.handsets[1].pressed == ["1"]


def test_a_late_answer_to_a_question_is_not_taken_for_another(dongle, loop):
    loop.late = 1
    assert dongle.identify().model == "m9 loop dongle"
    assert [status.number for status in dongle.handsets()] == [1, 2]
    assert dongle.command("AT+TIME?")[0].startswith("+TIME:")


@pytest.mark.parametrize(
    "between",
    [
        seal('!17 RING 1 ON "in between"'),
        b"\xff\xfe\x00 nothing \xc3\r\n",
        b"\x00\x00\r\n",
        b'!18 RING 1 ON "\xff\xfe"\r\n',
        b"x" * 70_000 + b"\r\n",
        b"!" * 70_000 + b"*FFFF\r\n",
        b"OK*0000\r\n",
        b"\r\n\r\n",
    ],
    ids=[
        "unsolicited",
        "not UTF-8",
        "NUL",
        "string not UTF-8",
        "over-long",
        "over-long and sealed",
        "OK, wrong",
        "empty",
    ],
)
def test_what_comes_in_the_middle_of_an_answer_does_not_end_or_enter_it(dongle, loop, between):
    from harness.core import clock

    began = clock.monotonic()
    loop.between = between
    if between.startswith((b"!17", b"\r")):
        assert Handset(dongle, 1, events=False).display().has("snom")
    else:
        with pytest.raises(RigFault, match=r"asked 4 times without an answer|does not answer"):
            Handset(dongle, 1, events=False).display()
    loop.between = b""
    assert Handset(dongle, 1, events=False).display().has("snom")
    assert dongle.identify().model == "m9 loop dongle"
    assert clock.monotonic() - began < 15


def test_noise_that_reached_the_dongle_before_a_key_does_not_press_it_twice(dongle, loop, monkeypatch):
    written = []
    connection = dongle._connection._connection
    real = connection.write

    def noisy(data):
        written.append(data)
        real(b"\xffnoise\r\n" + data if len(written) == 1 else data)

    monkeypatch.setattr(connection, "write", noisy)
    Handset(dongle, 1, events=False).press("7")
    assert loop.handsets[1].pressed == ["7"]


def test_what_the_transcript_keeps_can_be_shown(dongle, loop):
    from harness.core import steps

    seen = []
    with steps.subscribed(seen.append):
        loop.raw(b"\x00\x1b[2J\xff" + b"y" * 9000 + b"\r\n")
        dongle.fence()
    shown = [step.text for step in seen if "[2J" in step.text]
    assert shown
    assert shown[0].isprintable()
    assert len(shown[0]) < 5000


def test_a_dongle_that_only_presses_keys_and_reads_displays_still_serves(dongle, loop):
    from harness.core.errors import NotApplicable

    loop.caps = "KEYS DISPLAY"
    handset = Handset(dongle, 1, events=False)
    handset.press("5")
    assert handset.display().has("snom")
    for act in (
        lambda: handset.tone(1000),
        lambda: handset.listen(100),
        handset.mute,
        lambda: handset.link.attenuate(10),
    ):
        with pytest.raises(NotApplicable, match=r"the dongle cannot (TONE|LISTEN|RF) with handset 1"):
            act()


def test_a_battery_is_charged_by_a_dongle_that_can(loop, dongle):
    with pytest.raises(NotApplicable, match="cannot BATTERY with handset 1"):
        dongle.charge(1, 40)
    assert not any(command.startswith("AT+BATT") for command in loop.commands)


def test_the_level_that_was_set_is_read_back(loop):
    loop.caps += " BATTERY"
    with Dongle(str(loop.link)) as dongle:
        dongle.charge(1, 40)
        assert [status.battery for status in dongle.handsets()] == [40, 90]
