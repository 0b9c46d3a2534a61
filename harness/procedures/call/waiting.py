"""A call that waits while another one talks: its tone, and what a person does with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from harness.core.clock import Deadline
from harness.core.errors import InvalidTest
from harness.handset.menus import menus
from harness.procedures.call.media import Window
from harness.procedures.limits import limits

if TYPE_CHECKING:
    from harness.core.tones import Tones
    from harness.procedures.call.call import Call
    from harness.procedures.call.state import CallState

WINDOW_MS = 400
ENDING_WINDOWS = 3
AUDIBLE_DBM0 = -40.0
"""A tone that a person notices in a quiet call; noise of the air codec is far below."""


Listener = tuple[str, Callable[[int], Window]]
"""Who listens, and by what."""


class CallWaiting:
    """Of a call that came while its handset was in another one."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    # acts

    def reject(self) -> None:
        """The key that refuses the waiting call."""
        self._state.press(menus().call_waiting.reject, "hang-up")

    # what is heard

    def expect_tone(self, talking: Call, *others: Call) -> None:
        """The ear of the handset that talks hears a tone; the far end, and both ends of `others`, hear none.

        All of them are silent themselves. Required: before the call came the ear heard nothing, see `require_quiet`.
        """
        bystanders = [*_ears("the far end", talking)[:1]]
        for other in others:
            bystanders += _ears("another call", other)
        deadline, heard = Deadline(limits().waiting_tone), False
        while not heard:
            told = self._listen([*_ears("", talking)[1:], *bystanders])
            heard = _tone(told[0][1])
            self._nobody_else(told[1:])
            if not heard and deadline.expired:
                expected = f"a tone within {limits().waiting_tone:g} s"
                self._context.broken("the ear of the talking handset hears the waiting tone", expected, told[0][1])
        self._nobody_else(self._listen(bystanders))  # what was on its way

    def expect_no_tone(self, talking: Call) -> None:
        """The ear of the handset that talks hears no tone for longer than the pause between two of them.

        One that sounds already may end.
        """
        for _ in range(ENDING_WINDOWS):
            self._listen(_ears("", talking)[1:])
        over = Deadline(limits().waiting_tone)
        while not over.expired:
            ((_, heard),) = self._listen(_ears("", talking)[1:])
            if _tone(heard):
                self._context.broken("no call waits, and no waiting tone is heard", "silence", heard)

    def require_quiet(self, talking: Call) -> None:
        """The ear of the handset that talks hears nothing yet; without it the test is invalid."""
        ((_, heard),) = self._listen(_ears("", talking)[1:])
        if _tone(heard):
            raise InvalidTest("a quiet call before another one comes", str(heard), remedy="let nobody talk")

    def _nobody_else(self, told: Sequence[tuple[str, Tones]]) -> None:
        for who, heard in told:
            if _tone(heard):
                self._context.broken(f"{who} hears no waiting tone", "silence", heard)

    def _listen(self, ears: Sequence[Listener]) -> list[tuple[str, Tones]]:
        """All at the same time."""
        windows = [(who, listen(WINDOW_MS)) for who, listen in ears]
        return [(who, window.result()) for who, window in windows]


def _ears(who: str, call: Call) -> list[Listener]:
    """The far end of a call, then its handset."""
    return [(who, call.state.leg.audio.listen), (who, call.state.handset_driver.listen)]


def _tone(heard: Tones) -> bool:
    return any(tone.dbm0 >= AUDIBLE_DBM0 for tone in heard.tones)
