"""Speed dial, the message key and the line to call by, from the handset to the agent."""

from __future__ import annotations

from rigs.standin.sip.notify import MailboxState

IPUI = "005C30C840"


def test_a_digit_that_is_held_calls_its_number(play):
    async def scene(room):
        room.set("speed_dial3", "555", 1)
        assert await room.line.ask("AT+KEY=1,3,1500") == []
        await room.until(lambda: room.sip.invited)
        assert room.sip.invited[0][:2] == (1, "555")
        assert (await room.shows(1, "555"))[0] == "Calling"

    play(scene)


def test_a_digit_without_a_number_says_so_and_is_in_no_list(play):
    async def scene(room):
        assert await room.line.ask("AT+KEY=1,3,1500") == []
        await room.shows(1, "Not assigned")
        await room.press(1, "ONHOOK", "3")
        assert (await room.rows(1))[:2] == ["Dial", "3"]
        assert not room.portable.handsets[1].lists.entries("dialed")

    play(scene)


def test_the_message_key_calls_the_mailbox_whose_messages_wait(play):
    async def scene(room):
        for identity in (1, 2):
            room.set("user_ipui", IPUI, identity)
        room.set("user_mailbox", "8500", 1)
        room.sip.on_message_waiting(MailboxState(2, True, 1, 0, "sip:vm@pbx"))
        await room.press(1, "MESSAGE")
        await room.until(lambda: room.sip.invited)
        await room.press(1, "ONHOOK")
        room.sip.on_message_waiting(MailboxState(2, False, 0, 1))
        await room.press(1, "MESSAGE")
        await room.until(lambda: len(room.sip.invited) == 2)
        assert [one[:2] for one in room.sip.invited] == [(2, "sip:vm@pbx"), (1, "8500")]

    play(scene)


def test_a_user_chooses_among_the_lines_that_allow_it(play):
    async def scene(room):
        for identity in (1, 2):
            room.set("user_ipui", IPUI, identity)
        await room.press(1, "OK", *["DOWN"] * 7)
        await room.shows(1, "Line: 301")
        await room.press(1, "OK")
        room.set("user_allow_line_switching", "true", 2)
        await room.press(1, "OK")
        await room.shows(1, "Line: 302")
        await room.press(1, "ONHOOK", "9", "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        assert room.sip.invited[0][:2] == (2, "9")
        room.set("user_allow_line_switching", "false", 2)
        await room.press(1, "ONHOOK", "OK", *["DOWN"] * 7)
        await room.shows(1, "Line: 301")

    play(scene)
