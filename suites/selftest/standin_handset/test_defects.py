"""The defects of this room change what they say they change, and the dead dongle is dead."""

from __future__ import annotations

import pytest

from rigs.standin import defects
from rigs.standin.core.strategies import Strategy, name_of

OURS = {
    name: kind
    for name, kind in defects.load().items()
    if kind.__module__.rpartition(".")[2] in ("air", "exchange", "handset")
}


@pytest.mark.parametrize("name", OURS)
def test_a_defect_overrides_a_decision_of_the_healthy_rig_and_says_so(name):
    kind = OURS[name]
    healthy = kind.__mro__[1]
    assert healthy.__mro__[1] is Strategy
    changed = [member for member in vars(kind) if callable(getattr(kind, member)) and not member.startswith("_")]
    assert changed
    assert all(hasattr(healthy, member) for member in changed)
    assert kind.feature
    assert name_of(kind) == name


def test_the_dead_dongle_acknowledges_keys_and_presses_none(play):
    async def scene(room):
        room.strategies.apply_dead("keys")
        await room.press(1, "1", "OFFHOOK")
        assert (await room.rows(1))[0] == "snom"
        assert room.portable.handsets[1].part.state.value == "LOCKED"

    play(scene)


async def _rings(room, identity):
    await room.incoming(identity)
    await room.until(lambda: room.ringing())
    for _ in range(3):
        await room.line.ask("AT+TIME?")
    return room.ringing()


@pytest.mark.parametrize(
    ("defect", "identity", "rung"),
    [("binding-ignored", 2, [1, 2, 3, 4, 5]), ("only-the-first-handset-rings", 1, [1]), ("ringer-is-mute", 1, [])],
)
def test_the_wrong_handsets_ring(play, defect, identity, rung):
    async def scene(room):
        room.set("user_ipui", "005C30C841", 2)
        room.strategies.apply(defect)
        if rung:
            assert await _rings(room, identity) == rung
        else:
            await room.incoming(identity)
            await room.shows(1, "Incoming call")
            assert room.ringing() == []

    play(scene)


def test_answered_elsewhere_goes_on_ringing(play):
    async def scene(room):
        room.strategies.apply("answered-elsewhere-goes-on-ringing")
        await _rings(room, 1)
        await room.press(2, "OFFHOOK")
        await room.shows(2, "Connected")
        assert 1 in room.ringing()

    play(scene)


def test_any_pin_registers(play):
    async def scene(room):
        room.strategies.apply("pin-not-checked")
        await room.line.ask("AT+DEREG=1")
        await room.line.ask('AT+REG=1,"9999"')
        await room.until(lambda: len(room.device.air.handsets()) == 5)

    play(scene)


def test_hold_only_on_the_display(play):
    async def scene(room):
        room.strategies.apply("hold-key-only-on-the-display")
        call = await room.talking()
        await room.press(1, "HOLD")
        await room.shows(1, "On hold")
        assert call.done == []

    play(scene)


def test_a_leading_zero_is_lost(play):
    async def scene(room):
        room.strategies.apply("leading-zero-lost")
        await room.press(1, *"0301")
        assert (await room.rows(1))[1] == "301"

    play(scene)


def test_the_last_bond_is_lost_on_a_power_cut(play):
    async def scene(room):
        room.strategies.apply("last-bond-lost-on-power-cut")
        room.power_off()
        await room.power_on(locked=False)
        await room.shows(5, "Not registered")
        assert len(room.device.air.handsets()) == 4

    play(scene)
