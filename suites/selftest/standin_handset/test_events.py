"""What the exchange tells of calls and handsets, in the order in which it happened."""

from __future__ import annotations

from rigs.standin.cti.events import Event

IPUI = "005C30C840"


def heard(room):
    """The events of the room from now on, as name and identity."""
    told: list[tuple[str, int]] = []

    def note(event: Event) -> None:
        told.append((event.kind.name, event.identity))

    room.device.exchange.events.listener = note
    return told


def test_an_incoming_call_is_told_step_by_step(play):
    async def scene(room):
        room.set("user_ipui", IPUI, 2)
        told = heard(room)
        call = await room.incoming(2)
        await room.until(lambda: room.ringing() == [1])
        await room.press(1, "OFFHOOK")
        await room.until(lambda: "answer" in call.done)
        call.listener.on_answered()
        await room.shows(1, "Connected")
        await room.press(1, "HOLD")
        await room.shows(1, "hold")
        await room.press(1, "HOLD")
        await room.until(lambda: call.done[-1] == "resume")
        await room.shows(1, "Connected")
        call.listener.on_ended(200, "", True, False)
        await room.until(lambda: len(told) > 6)
        names = ["INCOMING", "OFF_HOOK", "CONNECTED", "HOLD", "UNHOLD", "DISCONNECTED", "ON_HOOK"]
        assert told == [(name, 2) for name in names]

    play(scene)


def test_an_outgoing_call_that_nobody_answers_was_never_connected(play):
    async def scene(room):
        told = heard(room)
        await room.press(1, *"200", "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        room.sip.invited[-1][2].listener.on_ended(486, "Busy Here", True, False)
        await room.until(lambda: len(told) > 2)
        assert told == [("OFF_HOOK", 1), ("OUTGOING", 1), ("ON_HOOK", 1)]

    play(scene)


def test_a_call_is_missed_where_the_caller_gives_up_and_not_where_it_was_taken_or_rejected(play):
    async def scene(room):
        told = heard(room)
        for elsewhere in (False, True):
            call = await room.incoming()
            await room.until(room.ringing)
            call.listener.on_ended(487, "Request Terminated", True, elsewhere)
            await room.until(lambda: not room.ringing())
        assert told == [("INCOMING", 1), ("MISSED", 1), ("INCOMING", 1)]
        room.set("user_ipui", IPUI, 1)
        call = await room.incoming()
        await room.until(lambda: room.ringing() == [1])
        await room.press(1, "ONHOOK")
        await room.until(lambda: (486, "Busy Here") in call.done)
        assert told[3:] == [("INCOMING", 1)]

    play(scene)


def test_a_handset_that_is_off_hook_in_two_calls_goes_on_hook_once(play):
    async def scene(room):
        room.set("user_ipui", IPUI, 1)
        told = heard(room)
        first = await room.talking()
        second = await room.incoming()
        await room.press(1, "OFFHOOK")
        await room.until(lambda: "answer" in second.done)
        second.listener.on_ended(200, "", True, False)
        await room.shows(1, "hold")
        first.listener.on_ended(200, "", True, False)
        await room.until(lambda: ("ON_HOOK", 1) in told)
        assert [name for name, _ in told if name.endswith("HOOK")] == ["OFF_HOOK", "ON_HOOK"]

    play(scene)


def test_a_handset_logs_in_and_out_for_the_identities_it_is_bound_to(play):
    async def scene(room):
        room.set("user_ipui", IPUI, 2)
        told = heard(room)
        assert await room.line.ask("AT+KEY=1,POWER,1500") == []
        await room.until(lambda: told)
        assert await room.line.ask("AT+KEY=1,POWER,1500") == []
        await room.until(lambda: len(told) > 1)
        assert told == [("LOGGED_OUT", 2), ("LOGGED_IN", 2)]

    play(scene)
