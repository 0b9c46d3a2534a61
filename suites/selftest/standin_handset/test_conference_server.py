"""A conference at a conference URI: who is called, who is sent there, and what the handset shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from .conftest import FakeCall, Room

Play = Callable[[Callable[[Room], Awaitable[None]]], None]
URI = "sip:meet@pbx"


async def two_calls(room: Room) -> tuple[FakeCall, FakeCall]:
    """The first call is held while the second talks; the conference key is pressed, and the server called."""
    room.set("conference_uri", URI, 1)
    first = await room.talking()
    second = await room.incoming(1, "300")
    await room.shows(1, "300")
    await room.press(1, "OFFHOOK")
    await room.until(lambda: "answer" in second.done)
    second.listener.on_answered()
    await room.shows(1, "Connected")
    await room.press(1, "SOFT2")
    await room.until(lambda: len(room.sip.invited) == 2)
    return first, second


def test_both_far_ends_are_sent_to_the_conference_and_the_handset_talks_with_it(play: Play) -> None:
    async def scene(room: Room) -> None:
        first, second = await two_calls(room)
        identity, uri, focus = room.sip.invited[-1]
        assert (identity, uri) == (1, URI)
        assert not [one for one in (*first.done, *second.done) if one == ("refer", URI)]
        focus.listener.on_answered()
        await room.until(lambda: "hangup" in second.done)
        for call in (first, second):
            assert call.done[-2:] == [("refer", URI), "hangup"]
        assert len(room.device.exchange.calls) == 1
        await room.shows(1, "Connected")
        focus.listener.on_ended(200, "", True, False)
        await room.until(lambda: not room.device.exchange.calls)

    play(scene)


def test_without_a_place_in_the_conference_both_calls_stay_as_they_are(play: Play) -> None:
    async def scene(room: Room) -> None:
        first, second = await two_calls(room)
        room.sip.invited[-1][2].listener.on_ended(486, "Busy Here", True, False)
        await room.shows(1, "Connected")
        assert len(room.device.exchange.calls) == 2
        assert not [one for one in (*first.done, *second.done) if isinstance(one, tuple) or one == "hangup"]

    play(scene)


def test_a_held_party_that_does_not_go_leaves_both_calls_as_they_are(play: Play) -> None:
    async def scene(room: Room) -> None:
        first, second = await two_calls(room)
        first.agrees = False
        focus = room.sip.invited[-1][2]
        focus.listener.on_answered()
        await room.until(lambda: "hangup" in focus.done)
        assert len(room.device.exchange.calls) == 2
        assert ("refer", URI) not in second.done

    play(scene)
