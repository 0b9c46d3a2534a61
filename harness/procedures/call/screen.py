"""What a handset shows and sounds during a call."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NoReturn

from harness.core import clock
from harness.core.clock import Deadline, WaitExpired, wait_until
from harness.core.errors import NotApplicable
from harness.procedures import judging
from harness.procedures.call.audio import RING_BACK_WITHIN
from harness.procedures.call.dissolve import SecondActs
from harness.procedures.clock_face import shows_time
from harness.procedures.texts import ring_back, texts

if TYPE_CHECKING:
    from harness.handset.display import Display

RING_BACK_WINDOW_MS = 400
NEAR_HZ = 10.0
DURATION = re.compile(r"\b(?:(\d+):)?(\d{1,2}):(\d{2})\b")
DURATION_STEP = 2
DURATION_WITHIN = 6.0
DURATION_ERROR = 1.8
"""Seconds between a duration and the time since the 200: the display's own second, and the way of both to us."""
MINUTE = 60


class Call(SecondActs):
    """The whole of what can be done with one call."""

    def says_its_number_is(self, number: str) -> None:
        """The peer asserts this number (RFC 3325) from now on; only at the embedded server, which calls nobody else."""
        self.peer_headers["P-Asserted-Identity"] = f"<sip:{number}@{self.context.server.registrar}>"

    def is_shown_by_what_it_asserts(self, number: str) -> None:
        """Witness: the display has this number; NotApplicable where the base goes by From, which is the peer's own."""
        try:
            wait_until(
                lambda: self.handset.display().has(number),
                what=f"{number} on the display",
                within=self.context.answer,
                poll=0.1,
            )
        except WaitExpired as expired:
            display = self.handset.display()
            if display.has(self.peer_number):
                raise NotApplicable(f"the base shows From, {self.peer_number}, not P-Asserted-Identity") from expired
            self.context.missing(f"{number} on the display", str(display))

    def shows_the_caller(self) -> None:
        """The caller's number is on the display."""
        self.shows_on_the_display(self.peer_number)

    def shows_on_the_display(self, text: str) -> None:
        """This text is on the display."""
        self.handset.expect_display(text, within=self.context.answer)

    def shows_ringing(self) -> None:
        """The display says that the far end rings."""
        self.is_told_of_ringing()
        self.handset.expect_display_any(texts("ringing"), within=self.context.answer)

    def shows_busy(self) -> None:
        """The display says that the far end is busy."""
        self.handset.expect_display_any(texts("busy"), within=self.context.answer)

    def shows_rejected(self) -> None:
        """The display says that the far end did not want the call."""
        self.handset.expect_display_any(texts("rejected"), within=self.context.answer)

    def shows_calling(self) -> None:
        """The display says that a call is being made, or rings already."""
        self.handset.expect_display_any([*texts("calling"), *texts("ringing")], within=self.context.answer)

    def shows_talking(self) -> None:
        """The display says that the call stands."""
        self.handset.expect_display_any(texts("talking"), within=self.context.answer)

    def shows_held(self) -> None:
        """The display says that the call is on hold."""
        self.handset.expect_display_any(texts("held"), within=self.context.answer)

    def shows_do_not_disturb(self) -> None:
        """The idle screen says that the handset is not to be disturbed (administrator guide)."""
        self.handset.expect_display_any(texts("do_not_disturb"), within=self.context.answer)

    def shows_how_long_it_lasts(self) -> None:
        """The duration is the time since the answer and runs with it; witness: it is there, not a clock alone."""
        display = self.handset.display()
        first = self._lasts(display)
        if first is None:
            self._shows_no_duration(display)
        self._counts_on(first)

    def shows_the_minutes_it_lasts(self) -> None:
        """Past its first minute the duration goes on counting, from 1:00 and not from 0:00 again."""
        left = self._answered_at + MINUTE - clock.now()
        display = self.handset.expect_shown(
            lambda d: (self._lasts(d) or 0) > MINUTE,
            f"the time since the answer, more than {MINUTE} s",
            within=max(0.0, left) + self.context.answer,
        )
        self._counts_on(self._lasts(display) or MINUTE)

    def _counts_on(self, first: int) -> None:
        """The duration is soon `DURATION_STEP` more: no time of day is, it goes from minute to minute."""
        self.handset.expect_shown(
            lambda d: (self._lasts(d) or 0) >= first + DURATION_STEP,
            f"the time since the answer, {DURATION_STEP} s more than {first} s",
            within=DURATION_WITHIN,
        )

    @property
    def _answered_at(self) -> float:
        """When the 200 passed."""
        answer = self.dialog.answered
        if answer is None:
            self.context.missing("an answered call", str(self.dialog))
        return answer.at

    def _lasts(self, display: Display) -> int | None:
        """The duration on a display: what is the time since the answer, give or take the error allowed."""
        passed = clock.now() - self._answered_at
        near = [seconds for seconds in durations_in(display.text).values() if abs(seconds - passed) <= DURATION_ERROR]
        return max(near, default=None)

    def _shows_no_duration(self, display: Display) -> NoReturn:
        moved = int(self.context.setting("gmt_offset") or 0)
        wrong = [shown for shown in durations_in(display.text) if not shows_time(shown, clock.now() + moved)]
        if not wrong:
            self.context.missing("the duration of the call on the display", str(display))
        passed = f"{clock.now() - self._answered_at:.0f} s"
        self.rules_speak()
        self.context.broken("the duration is the time since the answer", passed, f"{' and '.join(wrong)} in {display}")

    def shows_no_number(self) -> None:
        """The caller is anonymous: the display says so and has no number of it."""
        display = self.handset.expect_display_any(texts("anonymous"), within=self.context.answer)
        if display.has(self.peer_number):
            self.context.broken("a withheld number is not shown", f"no {self.peer_number}", display)

    def gives_ring_back_tone(self, country: str = "") -> None:
        """While the far end rings without media of its own, the ear hears ring-back: of a country, where one is named.

        `country` is a number of the setting `tones`.
        """
        self.is_told_of_ringing()
        wanted = ring_back(country) if country else []
        expected = f"{' + '.join(f'{hz:g} Hz' for hz in wanted) or 'a tone'} at the ear within {RING_BACK_WITHIN:g} s"
        deadline = Deadline(RING_BACK_WITHIN)
        heard = self.handset.listen(RING_BACK_WINDOW_MS).result()
        while not heard.tones and not deadline.expired:
            heard = self.handset.listen(RING_BACK_WINDOW_MS).result()
        if not heard.tones:
            self.context.broken("ring-back is heard", expected, heard)
        strongest = [tone.hz for tone in heard.tones[: len(wanted)]]
        if not all(any(abs(hz - near) <= NEAR_HZ for near in strongest) for hz in wanted):
            self.context.broken("ring-back of the country that was set", expected, heard)

    def missed_calls(self) -> list[str]:
        """The rows of the missed list, from the idle screen; what was new there is not any more."""
        rows = [row.text for row in self.handset.open_call_list("missed").rows]
        self.handset.go_idle()
        return rows

    def is_not_missed(self, before: list[str]) -> None:
        """The idle screen tells of no missed call, and the missed list is what it was."""
        display = self.handset.expect_idle(within=self.context.answer)
        if any(display.has(text) for text in texts("missed")):
            self.context.broken("a call answered elsewhere is no missed call", "an idle screen without one", display)
        self.context.same("rows of the missed list", self.missed_calls(), [before])

    def rings_silently(self) -> None:
        """The base says 180, the ringer stays off; witness: the handset shows the call."""
        self._expect_response(180, "an incoming call is answered with 180 Ringing")
        try:
            wait_until(
                lambda: self.handset.display().has(self.peer_number),
                what="the caller",
                within=self.context.answer,
                poll=0.1,
            )
        except WaitExpired:
            self.context.missing("the call on the display of the silent handset", str(self.handset.display()))
        self.handset.stays_silent(since=self.began)

    def no_handset_rings_without_a_call(self) -> None:
        """Whatever rang in this test rang because a call waited, or because the base searched for its handsets."""
        __tracebackhide__ = True
        judging.judge_rule(self.context, self.context.profile.rule("IDLE-RINGER"))


def durations_in(text: str) -> dict[str, int]:
    """All that may be a duration in a text, as it stands there and in seconds; a time of day looks like one."""
    return {
        found[0]: int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3]) for found in DURATION.finditer(text)
    }
