"""The handset's clock: set by the base, running on when the base is gone."""

from __future__ import annotations

import time

from rigs.standin.handset.data import text
from rigs.standin.handset.strategies import ClockFaceStrategy


class Clock:
    """Local time in seconds since the epoch (as if the local zone were UTC); None until the base has told it."""

    def __init__(self) -> None:
        self._offset: float | None = None

    def set(self, local: float | None) -> None:
        """Takes the base's local time."""
        if local is not None:
            self._offset = local - time.monotonic()

    @property
    def now(self) -> float | None:
        """Local time, None if never set."""
        return None if self._offset is None else time.monotonic() + self._offset

    @property
    def seconds_to_minute(self) -> float:
        """Seconds until the shown time changes."""
        return 60.0 if self.now is None else 60.0 - self.now % 60.0

    def face(self, strategy: ClockFaceStrategy) -> tuple[str, str]:
        """Time and date as the idle screen shows them: `10:20` and `Wednesday, 25 Sep.` (facts 5)."""
        now = self.now
        if now is None:
            return text("idle.clock_unknown"), ""
        return strategy.time(now), strategy.date(now)
