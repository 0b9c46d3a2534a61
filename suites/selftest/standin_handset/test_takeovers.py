"""Calls whose far end changes: by a REFER of the one there was, or by an INVITE in its place."""

from __future__ import annotations

import pytest

from rigs.standin.call import takeovers
from rigs.standin.sip.values import Uri

from .conftest import FakeCall


class FakeReferral:
    """A REFER that can be obeyed; notes what is told of it."""

    uri = Uri("sip", "302", "pbx.example")

    def __init__(self):
        self.told = []

    def says(self):
        return {}

    def ended(self, status, reason):
        self.told.append(status)


async def referred(room):
    """A call that talks is sent elsewhere; gives it, the new call and what the far end hears of it."""
    call, referral = await room.talking(), FakeReferral()
    before = len(room.sip.invited)
    assert call.listener.on_refer(referral)
    assert not call.listener.on_refer(FakeReferral())
    await room.until(lambda: len(room.sip.invited) > before)
    return call, room.sip.invited[-1][2], referral


def test_a_far_end_that_refers_is_followed_by_the_one_it_names(play, monkeypatch):
    monkeypatch.setattr(takeovers, "FAR_END_S", 0.2)

    async def scene(room):
        call, new, referral = await referred(room)
        assert call.media.ear is not None
        new.caller_number = "302"
        call.listener.on_remote_hold(True)
        new.listener.on_answered()
        await room.shows(1, "302")
        assert referral.told == [200]
        assert (call.media.ear, new.media.ear is None) == (None, False)
        call.listener.on_remote_hold(False)
        await room.until(lambda: call.done == ["hangup"])
        call.listener.on_ended(200, "", False, False)
        await room.press(1, "ONHOOK")
        await room.until(lambda: new.done == ["hangup"])

    play(scene)


@pytest.mark.parametrize("left", [False, True])
def test_who_does_not_come_leaves_the_call_as_it_was(play, left):
    async def scene(room):
        call, new, referral = await referred(room)
        if left:
            call.over = True
            call.listener.on_ended(200, "", True, False)
            assert call.media.ear is None
        new.listener.on_ended(486, "Busy Here", True, False)
        assert referral.told == [486]
        if left:
            await room.shows(1, "Busy")
        else:
            assert call.media.ear is not None
            await room.press(1, "HOLD")
            await room.shows(1, "On hold")

    play(scene)


def test_who_hangs_up_meanwhile_ends_both(play):
    async def scene(room):
        call, new, referral = await referred(room)
        await room.press(1, "ONHOOK")
        await room.until(lambda: (call.done, new.done) == (["hangup"], ["hangup"]))
        new.listener.on_ended(487, "Request Terminated", False, False)
        assert referral.told == [487]

    play(scene)


@pytest.mark.parametrize("held", [False, True])
def test_an_invite_in_the_place_of_a_call_is_answered_at_once(play, held):
    async def scene(room):
        call = await room.talking()
        if held:
            await room.press(1, "HOLD")
            await room.shows(1, "On hold")
        new = FakeCall(1, "303", "Third")
        new.replaces = call
        await room.sip.on_incoming(new)
        await room.shows(1, "Third")
        await room.shows(1, "Connected")
        assert (new.done, call.done[-1]) == (["answer"], "hangup")
        assert (call.media.ear, new.media.ear is None) == (None, False)

    play(scene)


def test_an_invite_in_the_place_of_nothing_is_refused(play):
    async def scene(room):
        new = FakeCall(1)
        new.replaces = FakeCall(1)
        await room.sip.on_incoming(new)
        assert new.done == [(481, "")]

    play(scene)
