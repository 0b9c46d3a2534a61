"""Subscriptions to a mailbox on paper: one thing spoiled at a time."""

from __future__ import annotations

import pytest

from harness.rules.findings import Result
from harness.rules.judge import Judgement
from harness.rules.subscribing import MAILBOX, SUMMARY
from suites.selftest.rules.registrations import SERVER, Room

HELD, UNSAID = Result.HELD, Result.CANNOT_BE_SAID
TAGGED = f"To: <sip:41@{SERVER}>;tag=server"


class Subscribing(Room):
    """An identity with a mailbox."""

    def subscribes(self, *changed: str, expires: int = 3600, uri: str = "41") -> None:
        """SUBSCRIBE to the mailbox."""
        lines = [
            f"CSeq: {self.number + 1} SUBSCRIBE",
            "Event: message-summary",
            f"Accept: {SUMMARY}",
            "Call-ID: m1@snom",
        ]
        self.asks(*lines, *changed, expires=expires, first=f"SUBSCRIBE sip:{uri}@{SERVER} SIP/2.0")

    def takes(self, seconds: int = 3600) -> None:
        """200 of the server."""
        self.says(200, f"Expires: {seconds}")

    def judged(self, until: float = 1.0) -> Judgement:
        """What MWI-1 says if the trace goes on for so long."""
        self.passes(until).is_asked("OPTIONS")
        return self.says_of("MWI-1")


def mailbox(value: str = "301") -> Subscribing:
    """A registered identity whose mailbox has just been set to this."""
    room = Subscribing()
    room.binds()
    room.setting(MAILBOX, value)
    room.passes(1)
    return room


def test_a_mailbox_that_is_set_is_subscribed_to() -> None:
    room = mailbox()
    room.subscribes()
    room.takes()
    assert room.judged().result is HELD
    assert mailbox().judged(20).broken
    assert not mailbox("").judged(20).broken


def test_a_foreign_trace_does_not_say_whether_a_mailbox_is_set() -> None:
    trace = Subscribing(known=False)
    trace.subscribes()
    trace.takes()
    assert trace.judged().result is UNSAID


def test_without_a_mailbox_nothing_is_subscribed_to() -> None:
    room = mailbox("")
    room.subscribes()
    room.takes()
    assert room.judged().broken


@pytest.mark.parametrize("how", ["uri", "accept"])
def test_the_subscription_is_to_the_own_address_and_takes_summaries(how: str) -> None:
    room = mailbox()
    if how == "uri":
        room.subscribes(uri="301")
    else:
        room.subscribes("Accept: text/plain")
    room.takes()
    assert room.judged().broken


@pytest.mark.parametrize("status", [403, 404, 489, 501])
@pytest.mark.parametrize(("pause", "good"), [(2.0, False), (300.0, True), (None, True)])
def test_a_refusal_is_obeyed(status: int, pause: float | None, good: bool) -> None:
    room = mailbox()
    room.subscribes()
    room.says(status)
    if pause:
        room.passes(pause).subscribes()
        room.says(status)
    judged = room.judged(20)
    assert bool(judged.broken) is not good
    assert not good or judged.result is HELD


def test_an_identity_that_is_set_up_anew_may_ask_again() -> None:
    room = mailbox()
    room.subscribes()
    room.says(489)
    room.setting(MAILBOX, "302")
    room.subscribes()
    room.takes()
    assert not room.judged().broken


@pytest.mark.parametrize(("pause", "to", "good"), [(5.0, "", True), (5.0, TAGGED, False), (None, "", False)])
def test_a_lost_subscription_is_made_anew(pause: float | None, to: str, good: bool) -> None:
    room = mailbox()
    room.subscribes()
    room.takes()
    room.passes(100).subscribes(TAGGED)
    room.says(481)
    if pause:
        room.passes(pause).subscribes(*[to] * bool(to))
        room.takes()
    assert bool(room.judged(20).broken) is not good


@pytest.mark.parametrize(("pause", "good"), [(300.0, True), (700.0, False), (None, False)])
def test_a_subscription_is_refreshed_before_it_runs_out(pause: float | None, good: bool) -> None:
    room = mailbox()
    room.subscribes(expires=600)
    room.takes(600)
    if pause:
        room.passes(pause).subscribes(TAGGED)
        room.takes(3600)
    assert bool(room.judged(700).broken) is not good
