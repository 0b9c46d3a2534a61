"""Session timers (RFC 4028): who refreshes a call, when, and when it counts as dead."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rigs.standin.sip.call_strategies import SessionTimerStrategy
from rigs.standin.sip.message import Message, Request, Response
from rigs.standin.sip.values import LONGEST, number


@dataclass(frozen=True)
class SessionExpires:
    """A Session-Expires header; `refresher` is empty where none is named."""

    seconds: int
    refresher: str = ""

    @classmethod
    def of(cls, message: Message) -> SessionExpires | None:
        """Reads the header; None when absent or no number."""
        seconds, *params = [part.strip() for part in (message.headers.get("Session-Expires") or "").split(";")]
        asked = number(seconds, most=LONGEST, otherwise=-1)
        if asked < 0:
            return None
        refresher = next((p.partition("=")[2].strip().lower() for p in params if p.lower().startswith("refresher")), "")
        return cls(asked, refresher)

    def __str__(self) -> str:
        return f"{self.seconds};refresher={self.refresher}" if self.refresher else str(self.seconds)


def minimum_of(message: Message) -> int:
    """Min-SE in s, 0 when absent."""
    return number((message.headers.get("Min-SE") or "").split(";")[0], most=LONGEST)


class SessionTimer:
    """The timer of one call: `on_refresh` when it is our turn, `on_expired` when no refresh came to be (section 10)."""

    def __init__(
        self, strategy: SessionTimerStrategy, on_refresh: Callable[[], None], on_expired: Callable[[], None]
    ) -> None:
        self._strategy = strategy
        self._on_refresh = on_refresh
        self._on_expired = on_expired
        self._timers: list[asyncio.TimerHandle] = []
        self.interval = 0
        self.minimum = strategy.MINIMUM
        self.refreshes = False

    def too_small(self, request: Request) -> bool:
        """Whether an INVITE or UPDATE asks for less than we allow, so that a 422 is due."""
        asked = SessionExpires.of(request)
        return asked is not None and asked.seconds < self.minimum and "timer" in request.headers.tokens("Supported")

    def answer(self, request: Request) -> SessionExpires | None:
        """What a 2xx to this request says; the timer starts. None without a timer."""
        asked = SessionExpires.of(request)
        if asked is None:
            self.stop()
            return None
        peer_can = "timer" in request.headers.tokens("Supported")
        named = asked.refresher if asked.refresher in ("uac", "uas") else ("uac" if peer_can else "uas")
        refresher: Literal["uac", "uas"] = "uas" if named == "uas" or not peer_can else "uac"
        self._start(asked.seconds, ours=refresher == "uas")
        return SessionExpires(asked.seconds, refresher)

    def taken(self, response: Response) -> None:
        """A 2xx to our INVITE or UPDATE: starts the timer it names, or none."""
        granted = SessionExpires.of(response)
        if granted is None:
            self.stop()
        else:
            self._start(granted.seconds, ours=granted.refresher != "uas")

    def asked(self) -> SessionExpires:
        """What a request of ours asks for; while a timer runs each offer keeps its interval and roles (section 7.4)."""
        if self.interval:
            return SessionExpires(self.interval, "uac" if self.refreshes else "uas")
        return SessionExpires(max(self._strategy.INTERVAL, self.minimum))

    def raise_minimum(self, refused: Response) -> None:
        """A 422 named a larger Min-SE."""
        self.minimum = max(self.minimum, minimum_of(refused))
        if self.interval:
            self.interval = self._strategy.minimum(self.minimum)

    def stop(self) -> None:
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.interval = 0

    def _start(self, seconds: int, *, ours: bool) -> None:
        self.stop()
        seconds = max(seconds, self._strategy.MINIMUM)  # less is forbidden (section 4), and 0 would refresh for ever
        self.interval, self.refreshes = seconds, ours
        loop = asyncio.get_running_loop()
        if ours:
            delay = self._strategy.refresh_delay(seconds)
            if delay is not None:
                self._timers.append(loop.call_later(delay, self._on_refresh))
        self._timers.append(loop.call_later(self._strategy.expiry_delay(seconds), self._on_expired))
