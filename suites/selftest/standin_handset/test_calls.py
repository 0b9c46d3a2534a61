"""Calls between handsets and the network side, through air and exchange."""

from __future__ import annotations

import pytest


def test_an_unbound_identity_rings_all_and_the_first_to_answer_wins(play):
    async def scene(room):
        call = await room.incoming(name="Anna Weber")
        await room.until(lambda: room.ringing() == [1, 2, 3, 4, 5])
        assert (await room.shows(3, "Incoming call"))[1:3] == ["Anna Weber", "200"]
        await room.press(3, "OFFHOOK")
        await room.shows(3, "Connected")
        await room.until(lambda: not room.ringing())
        assert call.done == ["ring", "answer"]
        assert not room.portable.handsets[1].lists.entries("missed")
        await room.press(3, "ONHOOK")
        await room.until(lambda: call.done[-1] == "hangup")
        assert room.portable.handsets[3].lists.entries("received")[0].number == "200"

    play(scene)


def test_a_bound_identity_rings_its_handset_only(play):
    async def scene(room):
        room.set("user_ipui", "005C30C841", 2)
        await room.incoming(identity=2)
        await room.until(lambda: room.ringing() == [2])

    play(scene)


def test_a_call_given_up_is_missed_and_one_answered_elsewhere_is_not(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        for elsewhere, missed in ((False, 1), (True, 1)):
            call = await room.incoming()
            await room.until(lambda: room.ringing() == [1])
            call.listener.on_ended(487, "Request Terminated", True, elsewhere)
            await room.until(lambda: not room.ringing())
            assert len(room.portable.handsets[1].lists.entries("missed")) == missed
        await room.shows(1, "1 missed call")
        await room.press(1, "SOFT1", "OK")
        assert (await room.rows(1))[:2] == ["Missed calls", "200"]
        await room.press(1, "ONHOOK")
        assert "1 missed call" not in await room.rows(1)

    play(scene)


def test_a_handset_calls_in_the_name_of_its_identity(play):
    async def scene(room):
        room.set("user_ipui", "005C30C841", 2)
        await room.press(2, *"3003", "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        identity, number, call = room.sip.invited[0]
        assert (identity, number) == (2, "3003")
        await room.shows(2, "Calling")
        call.listener.on_ringing(180)
        await room.shows(2, "Ringing")
        assert call.media.tone == "ringback"
        call.listener.on_early_media()
        assert call.media.tone == ""
        call.listener.on_answered()
        await room.shows(2, "Connected")
        call.listener.on_ended(200, "OK", True, False)
        await room.shows(2, "Call ended")
        await room.press(2, "ONHOOK", "SOFT1", "DOWN", "DOWN", "OK", "OFFHOOK")
        await room.until(lambda: len(room.sip.invited) == 2)
        assert room.sip.invited[1][1] == "3003"

    play(scene)


@pytest.mark.parametrize(
    ("status", "text"),
    [(486, "Busy"), (404, "Not found"), (480, "No answer"), (603, "Rejected"), (500, "Failed: 500 Oops")],
)
def test_the_display_says_why_a_call_failed(play, status, text):
    async def scene(room):
        await room.press(1, "7", "OK")
        await room.until(lambda: room.sip.invited)
        room.sip.invited[0][2].listener.on_ended(status, "Oops", True, False)
        await room.shows(1, text)

    play(scene)


def test_hanging_up_early_and_red_keys_tell_the_network(play):
    async def scene(room):
        await room.press(1, "7", "OFFHOOK")
        await room.until(lambda: room.sip.invited)
        await room.press(1, "ONHOOK")
        await room.until(lambda: room.sip.invited[0][2].done == ["hangup"])
        room.set("user_ipui", "005C30C840", 1)
        room.set("reject_msg", "603 Decline")
        call = await room.incoming()
        await room.until(lambda: room.ringing() == [1])
        await room.press(1, "ONHOOK")
        await room.until(lambda: call.done[-1:] == [(603, "Decline")])
        await room.shows(1, "snom")

    play(scene)


def test_one_red_key_of_many_only_silences_its_handset(play):
    async def scene(room):
        call = await room.incoming()
        await room.until(lambda: len(room.ringing()) == 5)
        await room.press(1, "ONHOOK")
        await room.until(lambda: room.ringing() == [2, 3, 4, 5])
        for handset in (2, 3, 4, 5):
            assert call.done == ["ring"]
            await room.press(handset, "ONHOOK")
        await room.until(lambda: call.done == ["ring", (486, "Busy Here")])

    play(scene)


def test_refusals_of_the_base_have_their_status_lines(play):
    async def scene(room):
        room.set("user_dnd", "on", 1)
        assert (await room.incoming(1)).done == [(480, "Do Not Disturb")]
        room.set("dnd_msg", "486 Busy")
        assert (await room.incoming(1)).done == [(486, "Busy")]
        room.set("user_ipui", "005C30C8FF", 2)
        assert (await room.incoming(2)).done == [(480, "Temporarily Unavailable")]

    play(scene)


def test_hold_and_digits_reach_the_network_and_a_refused_hold_is_shown(play):
    async def scene(room):
        call = await room.talking()
        await room.press(1, "HOLD")
        await room.shows(1, "On hold")
        assert call.media.ear is None
        await room.press(1, "HOLD")
        await room.shows(1, "Connected")
        await room.press(1, *"0123456789*#")
        await room.until(lambda: call.done == ["hold", "resume", *"0123456789*#"])
        call.agrees = False
        await room.press(1, "HOLD")
        await room.shows(1, "Hold failed")
        call.listener.on_remote_hold(True)
        call.agrees = True
        await room.press(1, "HOLD")
        await room.shows(1, "On hold")

    play(scene)


def test_a_second_call_knocks_and_is_taken_while_the_first_is_held(play):
    async def scene(room):
        room.set("user_ipui", "005C30C840", 1)
        await room.line.ask("AT+SUBS=1,32")
        first = await room.talking()
        second = await room.incoming(number="201")
        await room.line.wait("BEEP 1 WAITING")
        await room.shows(1, "Waiting: 201")
        third = await room.incoming(number="202")
        assert third.done == [(486, "Busy Here")]
        await room.press(1, "SOFT1")
        await room.until(lambda: second.done == ["ring", "answer"] and first.done == ["hold"])
        await room.shows(1, "On hold: 200")
        await room.press(1, "HOLD")
        await room.until(lambda: second.done[-1] == "hold" and first.done[-1] == "resume")
        room.set("user_allow_call_waiting", "off", 2)
        room.set("user_ipui", "005C30C840", 2)
        assert (await room.incoming(2)).done == [(486, "Busy Here")]

    play(scene)


def test_four_calls_talk_and_the_fifth_finds_no_channel(play):
    async def scene(room):
        for handset in (1, 2, 3, 4):
            await room.talking(handset)
        assert (await room.incoming()).done == [(486, "Busy Here")]
        await room.press(5, "7", "OFFHOOK")
        await room.shows(5, "No free channel")
        states = await room.line.ask("AT+HS?")
        assert [line.split(",")[3] for line in states] == ["LINKED"] * 4 + ["LOCKED"]

    play(scene)


@pytest.mark.slow
def test_nobody_answers_for_the_ring_duration(play):
    async def scene(room):
        room.set("ring_duration", "1")
        call = await room.incoming()
        await room.until(lambda: call.done == ["ring", (480, "Temporarily Unavailable")], 3)
        await room.shows(1, "1 missed call")

    play(scene)
