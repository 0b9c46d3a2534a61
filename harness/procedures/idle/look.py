"""Reads base and handsets after each test: the evidence for the rules of the idle state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.core import clock, steps
from harness.core.errors import M9Error
from harness.procedures.idle.handsets import IdleHandsets
from harness.procedures.idle.pages import IdlePages
from harness.rig import identities
from harness.rules.idle_state import IdleHandset, IdleState, LogLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.base.log_page import LogEntry
    from harness.capture.messages import SipMessage
    from harness.rig.profile_session import ProfileSession

LOOK_S = 0.04
"""Seconds in which a call's audio has a packet: the wire is silent after a call if it has none in this time."""


class IdleLook:
    """The reader of one profile; `states` are those read so far."""

    def __init__(self, under: ProfileSession) -> None:
        self._under = under
        rig, pbx = under.rig_session.rig, under.pbx
        in_use = [entry for entry in rig.handsets if entry.identity in under.identities]
        users = {entry.number: (identities.account_of(pbx, entry.identity).user,) for entry in in_use}
        self._handsets = IdleHandsets(users)
        self._pages = IdlePages(under.base.plain_web, under.users)
        self._listed_at: dict[int, float] = {}
        self._asked = 0
        self.states: list[IdleState] = []
        self.seconds: list[float] = []

    def look(
        self, test: str, log: Sequence[LogEntry] | None = None, log_read_at: float = 0.0, *, anew: bool = False
    ) -> None:
        """Read the state after a test; if the rig does not answer there is none, and the next state covers both tests.

        `log` has the new messages of the base's log. A state is marked `anew` after a fault of the rig; so is the
        first state of a profile, as another server was there before.
        """
        began = clock.monotonic()
        try:
            with steps.step("idle", f"the idle state after {test}") as step:
                lines = None if log is None else log_lines(log, log_read_at)
                state = replace(self._state(test), log=lines, anew=anew or not self.states)
                step.data["idle"] = state
            self.states.append(state)
        except M9Error as error:
            steps.publish("idle", f"no idle state after {test}: {error.text}")
        self.seconds.append(clock.monotonic() - began)

    def _state(self, test: str) -> IdleState:
        rig_session, timing = self._under.rig_session, self._under.rig_session.rig.timing
        begun = clock.now()
        rig_session.wire.fence()
        last = self.states[-1].at if self.states else 0.0
        messages = rig_session.wire.messages(since=last)
        quiet = not any(message.method == "NOTIFY" for message in messages)
        handsets = self._handsets.look(self._under.handsets.known, timing.answer if quiet else 0.0)
        (status, up_since), registrations = self._pages.status(), self._pages.registrations()
        at = clock.now()
        exchanges = self._under.base.web.proxy.exchanges.snapshot(self._asked)
        self._asked += len(exchanges)
        settings = self._pages.settings({one.path for one in exchanges if one.method == "POST"})
        listed = [self._with_lists(one, at) for one in handsets]
        media = self._media(begun, messages)
        return IdleState(
            at, test, tuple(listed), registrations, up_since, settings=settings, media=media, status=status
        )

    def _media(self, begun: float, messages: Sequence[SipMessage]) -> bool:
        """Whether audio is still on the wire; not checked without a call since the last state."""
        if not any(message.method == "INVITE" for message in messages):
            return False
        clock.wait_until(lambda: clock.now() >= begun + LOOK_S, what="a packet's time", within=1.0, poll=0.005)
        return self._under.rig_session.wire.has_media(clock.now() - LOOK_S, clock.now())

    def _with_lists(self, one: IdleHandset, at: float) -> IdleHandset:
        """The handset with its call lists, if one of its accounts had a call since they were read."""
        since = self._listed_at.get(one.number, 0.0)
        calls = (m for m in self._under.rig_session.wire.messages(since=since) if m.method == "INVITE")
        if not one.idle or not any(_concerns(message, one.accounts) for message in calls):
            return one
        handset = next(known for known in self._under.handsets.known if known.number == one.number)
        lists = self._handsets.read_lists(handset)
        if lists is not None:
            self._listed_at[one.number] = at
        return replace(one, lists=lists)


def _concerns(message: SipMessage, accounts: tuple[str, ...]) -> bool:
    users = {message.from_.user, message.to.user, message.request_uri.partition(":")[2].partition("@")[0]}
    return bool(users & set(accounts))


def log_lines(log: Sequence[LogEntry], read_at: float) -> tuple[LogLine, ...]:
    """The messages of a log with their categories, and their times on the host's clock if they have one."""
    newest = max((entry.clock for entry in log if entry.clock is not None), default=0.0)
    labels = expected().log_categories
    return tuple(
        LogLine(
            entry.level,
            next((label for label in labels if label in entry.text), ""),
            entry.text,
            entry.at(read_at, newest),
        )
        for entry in log
    )
