"""Who is logged in: sessions by cookie, each ending when nothing was asked for too long."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .strategies import SessionStrategy

MOST = 8
"""Sessions at a time; one more ends the oldest."""


@dataclass
class Session:
    """A login; `used` is the time of its last request (monotonic)."""

    client: str
    used: float

    def touch(self) -> None:
        """A request sets the session's clock back."""
        self.used = time.monotonic()


class Sessions:
    """The open sessions by the value of their cookie."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}
        self._begun = 0

    def begin(self, client: str, strategy: SessionStrategy) -> str:
        """A new session; the result is the value of its cookie."""
        while len(self._open) >= MOST:
            del self._open[min(self._open, key=lambda value: self._open[value].used)]
        self._begun += 1
        value = strategy.cookie(self._begun)
        self._open[value] = Session(client, time.monotonic())
        return value

    def resume(self, value: str, timeout: int, strategy: SessionStrategy) -> tuple[Session | None, list[Session]]:
        """The session of a cookie, and those that this request found to be over."""
        now = time.monotonic()
        over = [one for one, session in self._open.items() if strategy.expired(now - session.used, timeout)]
        ended = [self._open.pop(one) for one in over]
        session = self._open.get(value)
        if session is not None:
            session.touch()
        return session, ended

    def end(self, value: str) -> None:
        """Ends a session; a stranger's cookie is nothing to end."""
        self._open.pop(value, None)
