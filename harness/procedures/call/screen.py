"""What the handset shows during a call; nothing here presses a key."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from harness.capture import headers
from harness.core import clock
from harness.procedures.clock_face import shows_time
from harness.procedures.limits import limits
from harness.procedures.texts import texts

if TYPE_CHECKING:
    from harness.handset.display import Display
    from harness.procedures.call.requirements import CallRequirements
    from harness.procedures.call.state import CallState

DURATION = re.compile(r"\b(?:(\d+):)?(\d{1,2}):(\d{2})\b")
DURATION_STEP = 2
"""Seconds that a duration is to go on: a time of day does not."""
MINUTE = 60


class CallScreen:
    """The display of the near end."""

    def __init__(self, state: CallState, require: CallRequirements) -> None:
        self._state = state
        self._context = state.context
        self._handset = state.handset_driver
        self._require = require

    # states

    def is_idle(self) -> None:
        """The idle screen is back."""
        self._handset.expect_idle()

    def is_calling(self) -> None:
        """A call is being made, or rings already."""
        self._handset.expect_display_any([*texts("calling"), *texts("ringing")])

    def is_ringing(self) -> None:
        """The far end rings."""
        self._require.ringing()
        self._is("ringing")

    def is_talking(self) -> None:
        """The call stands."""
        self._is("talking")

    def is_held(self) -> None:
        """The call is on hold."""
        self._is("held")

    def is_transferring(self) -> None:
        """The far end is on its way to somebody else."""
        self._is("transferring")

    def is_transferred(self) -> None:
        """The call is over, as the far end is elsewhere."""
        self._is("transferred")

    def is_transfer_failed(self, within: float = 0.0) -> None:
        """The transfer failed, which the base knows in so many seconds, and the call is on hold as it was."""
        self._handset.expect_display_any(texts("transfer_failed"), within + self._context.display)
        self._is("held")

    def is_busy(self) -> None:
        """The far end is busy."""
        self._is("busy")

    def is_rejected(self) -> None:
        """The far end did not want the call."""
        self._is("rejected")

    def shows_that_a_call_waits(self) -> None:
        """Beside the call that talks the screen shows another one, and who calls."""
        self._is("waiting")
        self.shows_caller()

    def is_not_to_be_disturbed(self) -> None:
        """The idle screen says that the handset is not to be disturbed (administrator guide)."""
        self._is("do_not_disturb")

    def is_idle_and_may_be_disturbed(self) -> None:
        """The idle screen does not say that the handset is not to be disturbed."""
        words = texts("do_not_disturb")
        self._handset.expect_idle()
        self._handset.expect_shown(
            lambda display: not any(display.has(word) for word in words), f"no {' or '.join(words)}"
        )

    def is_idle_and_tells_of_forwarding(self, number: str) -> None:
        """The idle screen names the number that calls are forwarded to."""
        self._handset.expect_idle()
        self._handset.expect_display(number)

    def is_idle_without(self, number: str) -> None:
        """The idle screen does not name this number."""
        wanted = f"an idle screen without {number}"
        self._handset.expect_idle()
        self._handset.expect_shown(lambda display: not display.has(number), wanted)

    # contents

    def shows(self, text: str) -> None:
        """This text is there."""
        self._handset.expect_display(text)

    def shows_not(self, text: str) -> None:
        """This text is not there now."""
        display = self._handset.display()
        if display.has(text):
            self._context.broken(f"the display does not show {text}", f"no {text}", display)

    def shows_caller(self) -> None:
        """The caller's number is there: the peer's, or what a PBX of the lab made of it in the INVITE."""
        told, invite = [self._state.peer_number], self._state.dialog.invite
        if invite is not None and not self._context.has_transparent_pbx:
            asserted = [headers.parse_address(value).user for value in invite.header("p-asserted-identity")]
            told += [user for user in (*asserted, invite.from_.user) if user]
        self._handset.expect_display_any(told)

    def shows_no_number(self) -> None:
        """The caller is anonymous: the display says so and has no number of it."""
        display = self._handset.expect_display_any(texts("anonymous"))
        if display.has(self._state.peer_number):
            self._context.broken("a withheld number is not shown", f"no {self._state.peer_number}", display)

    def shows_no_missed_call(self) -> None:
        """The idle screen tells of no missed call."""
        display = self._handset.expect_idle()
        if any(display.has(text) for text in texts("missed")):
            claim = "a call answered elsewhere is no missed call"
            self._context.broken(claim, "an idle screen without one", display)

    def shows_duration(self) -> None:
        """The duration is the time since the answer and runs with it; required: it is there, not a clock alone."""
        display = self._handset.display()
        first = self._duration(display)
        if first is None:
            self._no_duration(display)
        self._counts_on(first)

    def shows_duration_past_a_minute(self) -> None:
        """Past its first minute the duration goes on counting, from 1:00 and not from 0:00 again."""
        left = self._answered_at + MINUTE - clock.now()
        display = self._handset.expect_shown(
            lambda d: (self._duration(d) or 0) > MINUTE,
            f"the time since the answer, more than {MINUTE} s",
            within=max(0.0, left) + self._context.display,
        )
        self._counts_on(self._duration(display) or MINUTE)

    def _is(self, shown: str) -> None:
        self._handset.expect_display_any(texts(shown))

    def _counts_on(self, first: int) -> None:
        """The duration is soon `DURATION_STEP` more: no time of day is, it goes from minute to minute."""
        self._handset.expect_shown(
            lambda d: (self._duration(d) or 0) >= first + DURATION_STEP,
            f"the time since the answer, {DURATION_STEP} s more than {first} s",
            within=limits().duration,
        )

    @property
    def _answered_at(self) -> float:
        """When the 200 passed."""
        answer = self._state.dialog.answered
        if answer is None:
            self._context.missing("an answered call", str(self._state.dialog))
        return answer.at

    def _duration(self, display: Display) -> int | None:
        """The duration on a display: what is the time since the answer, give or take the error allowed."""
        passed, error = clock.now() - self._answered_at, limits().duration_error
        near = [seconds for seconds in durations_in(display.text).values() if abs(seconds - passed) <= error]
        return max(near, default=None)

    def _no_duration(self, display: Display) -> NoReturn:
        moved = int(self._context.setting("gmt_offset") or 0)
        wrong = [shown for shown in durations_in(display.text) if not shows_time(shown, clock.now() + moved)]
        if not wrong:
            self._context.missing("the duration of the call on the display", str(display))
        passed = f"{clock.now() - self._answered_at:.0f} s"
        self._state.rules_speak()
        seen = f"{' and '.join(wrong)} in {display}"
        self._context.broken("the duration is the time since the answer", passed, seen)


def durations_in(text: str) -> dict[str, int]:
    """All that may be a duration in a text, as it stands there and in seconds; a time of day looks like one."""
    return {
        found[0]: int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3]) for found in DURATION.finditer(text)
    }
