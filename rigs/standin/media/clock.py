"""A metronome on the event loop: due times are absolute, so that lateness of one beat does not delay the next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

_LATE_BEATS = 5
"""More beats than this are not made up for: the machine slept, and a burst would only fill buffers."""


class Metronome:
    """Calls `beat(missed)` every `milliseconds`; `missed` counts beats that were given up after a long stall."""

    def __init__(self, milliseconds: int, beat: Callable[[int], None]) -> None:
        self.milliseconds = milliseconds
        self._period = milliseconds / 1000
        self._beat = beat
        self._loop = asyncio.get_running_loop()
        self._due = self._loop.time() + self._period
        self._handle: asyncio.TimerHandle | None = self._loop.call_at(self._due, self._run)

    def stop(self) -> None:
        """No beat comes after this."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _run(self) -> None:
        late = int((self._loop.time() - self._due) / self._period)
        missed = late if late > _LATE_BEATS else 0
        self._due += self._period * (1 + missed)
        self._handle = self._loop.call_at(self._due, self._run)
        self._beat(missed)
