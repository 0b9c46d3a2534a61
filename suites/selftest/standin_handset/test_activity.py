"""What the exchange says of the user of an identity."""

from __future__ import annotations

from rigs.standin.sip.presence import Activity

IPUI = "005C30C840"


def test_the_activity_follows_settings_calls_and_handsets(play):
    async def scene(room):
        room.set("user_ipui", IPUI, 1)
        of, changed = room.sip.activity, room.sip.presences[1].changed
        assert of(1) is Activity.ONLINE
        call = await room.incoming()
        await room.until(lambda: room.ringing() == [1])
        assert of(1) is Activity.ONLINE
        changed.reset_mock()
        await room.press(1, "OFFHOOK")
        await room.until(lambda: of(1) is Activity.IN_CALL)
        assert changed.called
        room.set("user_allow_call_waiting", "false", 1)
        assert of(1) is Activity.BUSY
        room.set("user_dnd", "true", 1)
        assert of(1) is Activity.DND
        room.set("user_dnd", "false", 1)
        changed.reset_mock()
        call.listener.on_ended(200, "", True, False)
        await room.until(lambda: of(1) is Activity.ONLINE)
        assert changed.called
        changed.reset_mock()
        assert await room.line.ask("AT+KEY=1,POWER,1500") == []
        await room.until(lambda: of(1) is Activity.AWAY)
        assert changed.called
        assert of(2) is Activity.ONLINE

    play(scene)
