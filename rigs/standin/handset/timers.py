"""Named timers of a handset, at most one a name."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Timers:
    """Starting a name again replaces what ran under it."""

    def __init__(self) -> None:
        self._handles: dict[str, asyncio.TimerHandle] = {}

    def start(self, name: str, seconds: float, then: Callable[[], object]) -> None:
        """Calls `then` once after so long."""
        self.stop(name)
        self._handles[name] = asyncio.get_running_loop().call_later(seconds, self._fire, name, then)

    def stop(self, name: str) -> None:
        """The timer does not fire any more."""
        handle = self._handles.pop(name, None)
        if handle is not None:
            handle.cancel()

    def stop_all(self) -> None:
        """None fires any more."""
        for name in tuple(self._handles):
            self.stop(name)

    def running(self, name: str) -> bool:
        """True until it fires or is stopped."""
        return name in self._handles

    def _fire(self, name: str, then: Callable[[], object]) -> None:
        self._handles.pop(name, None)
        then()
