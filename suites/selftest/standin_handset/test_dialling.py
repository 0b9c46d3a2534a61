"""Typing addresses, and where the exchange sends what was typed."""

from __future__ import annotations


def test_letters_are_typed_and_a_long_address_is_shown_in_rows(play):
    async def scene(room):
        await room.press(1, "UP", "2", "RIGHT", "2", "2", "1", "1", "UP", "1", "0")
        assert (await room.rows(1))[:2] == ["Dial", "ab@10"]
        await room.press(1, "UP", "1", "SOFT2", "1")
        assert (await room.rows(1))[:2] == ["Dial (abc)", "ab@10."]
        await room.press(1, "UP", *"12345678901234567890")
        assert (await room.rows(1))[1:3] == ["ab@10.12345678901234", "567890"]
        await room.press(1, "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        assert room.sip.invited[0][1] == "ab@10.12345678901234567890"
        assert (await room.rows(1))[1:3] == ["ab@10.12345678901234", "567890"]

    play(scene)


def test_the_last_letter_of_a_key_is_followed_by_its_first(play):
    async def scene(room):
        await room.press(1, "3", "UP", *"22222")
        assert (await room.rows(1))[1] == "3a"

    play(scene)


def test_the_dial_plan_of_the_identity_decides_what_is_called(play):
    async def scene(room):
        room.set("user_host", "pbx", 1)
        room.set("user_dp_str", r"|^9([0-9]+)$|sip:0\1@\d", 1)
        await room.press(1, "9", "1", "2", "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        assert room.sip.invited[0][:2] == (1, "sip:012@pbx")

    play(scene)
