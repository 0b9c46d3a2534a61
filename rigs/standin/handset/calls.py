"""A call as the handset knows it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """Where a call stands; the value is its key in texts.yaml `call`."""

    CALLING = "calling"
    RINGING = "ringing"
    INCOMING = "incoming"
    CONNECTED = "connected"
    HOLDING = "holding"
    HELD = "held"
    RETRIEVING = "retrieving"


@dataclass
class HandsetCall:
    """One call of one handset; `call` is its name on the air."""

    call: str
    outgoing: bool
    number: str
    name: str = ""
    line: str = ""
    state: State = State.CALLING
    answering: bool = False
    remote_held: bool = False
    connected_at: float | None = None
    digits: str = ""
    notice: str = ""

    @property
    def who(self) -> str:
        """The far end in one word: name, else number."""
        return self.name or self.number

    @property
    def answered(self) -> bool:
        """True once it has been connected."""
        return self.connected_at is not None

    def connected(self) -> None:
        """The talking begins (or goes on)."""
        self.state = State.CONNECTED
        if self.connected_at is None:
            self.connected_at = time.monotonic()

    @property
    def duration(self) -> str:
        """Minutes and seconds since the answer, empty before."""
        if self.connected_at is None:
            return ""
        seconds = int(time.monotonic() - self.connected_at)
        return f"{seconds // 60:02d}:{seconds % 60:02d}"
