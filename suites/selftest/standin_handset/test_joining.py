"""A second call beside a held one, and the two of them joined: by TRANSFER and by hanging up."""

from __future__ import annotations

import pytest


async def consulting(room, answered=True):
    """Handset 1 holds a call from 200 and has dialled 300; gives both calls."""
    room.set("user_ipui", "005C30C840", 1)
    held = await room.incoming()
    await room.until(lambda: room.ringing() == [1])
    await room.press(1, "OFFHOOK")
    await room.shows(1, "Connected")
    await room.press(1, "HOLD")
    await room.shows(1, "On hold")
    await room.press(1, *"3009", "SOFT2")
    assert (await room.rows(1))[:2] == ["Dial", "300"]
    await room.press(1, "OFFHOOK")
    await room.until(lambda: room.sip.invited)
    _, number, other = room.sip.invited[0]
    assert number == "300"
    if answered:
        other.listener.on_answered()
        await room.shows(1, "Connected")
    return held, other


def test_a_number_beside_a_held_call_can_be_given_up(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        await room.incoming()
        await room.until(lambda: room.ringing() == [1])
        await room.press(1, "OFFHOOK")
        await room.shows(1, "Connected")
        await room.press(1, "HOLD")
        await room.shows(1, "On hold")
        for keys in (["3", "SOFT2"], ["3", "0", "ONHOOK"]):
            await room.press(1, *keys)
            await room.shows(1, "On hold")
        assert room.sip.invited == []

    play(scene)


def test_the_key_joins_two_calls_and_both_are_over_when_it_has_succeeded(play):
    async def scene(room):
        held, other = await consulting(room)
        await room.press(1, "TRANSFER")
        await room.shows(1, "Transferring")
        assert room.sip.joined == [(held, other)]
        room.sip.outcomes.put_nowait(200)
        await room.shows(1, "Transferred")
        await room.until(lambda: all("hangup" in one.done for one in (held, other)))

    play(scene)


@pytest.mark.parametrize("status", [0, 486])
def test_both_calls_are_as_they_were_when_joining_has_failed(play, status):
    async def scene(room):
        held, other = await consulting(room)
        await room.press(1, "TRANSFER")
        room.sip.outcomes.put_nowait(status)
        shown = await room.shows(1, "Transfer failed")
        assert shown[0] == "Connected"
        assert "On hold: 200" in shown
        await room.press(1, "HOLD")
        await room.until(lambda: other.done == ["hold"] and held.done[-1] == "resume")

    play(scene)


def test_one_that_rings_is_given_up_and_the_held_call_transferred_to_its_number(play):
    async def scene(room):
        _, other = await consulting(room, answered=False)
        transferred = []

        async def transfer(call, number, progress):
            transferred.append(number)
            return 200

        room.sip.transfer = transfer
        await room.press(1, "TRANSFER")
        await room.until(lambda: transferred == ["300"] and other.done == ["hangup"])
        assert room.sip.joined == []

    play(scene)


def test_hanging_up_joins_two_calls_and_the_handset_is_out_of_both(play):
    async def scene(room):
        held, other = await consulting(room)
        await room.press(1, "ONHOOK")
        await room.until(lambda: room.sip.joined == [(held, other)])
        await room.shows(1, "Transferring")
        heard = len(other.media.heard)
        await room.press(1, "ONHOOK")
        await room.shows(1, "CHist")
        assert len(other.media.heard) == heard
        room.sip.outcomes.put_nowait(200)
        await room.until(lambda: all("hangup" in one.done for one in (held, other)))

    play(scene)


@pytest.mark.parametrize("on", [True, False])
def test_who_hung_up_gets_the_held_call_back_and_the_other_one_is_over(play, on):
    async def scene(room):
        room.set("user_transfer_on_hangup", str(on).lower(), 1)
        held, other = await consulting(room)
        await room.press(1, "ONHOOK")
        if on:
            room.sip.outcomes.put_nowait(603)
            await room.shows(1, "Transfer failed")
        await room.shows(1, "On hold")
        await room.until(lambda: other.done == ["hangup"])
        assert len(room.sip.joined) == on
        await room.press(1, "HOLD")
        await room.shows(1, "Connected")
        assert held.done[-1] == "resume"

    play(scene)


def test_who_hangs_up_while_two_are_joined_has_left_both(play):
    async def scene(room):
        held, other = await consulting(room)
        await room.press(1, "TRANSFER")
        await room.shows(1, "Transferring")
        await room.press(1, "ONHOOK")
        await room.shows(1, "CHist")
        assert "hangup" not in (*held.done, *other.done)
        room.sip.outcomes.put_nowait(486)
        await room.until(lambda: all("hangup" in one.done for one in (held, other)))

    play(scene)
