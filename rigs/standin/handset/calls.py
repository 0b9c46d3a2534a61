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
    JOINING = "joining"
    TRANSFERRING = "transferring"


@dataclass
class HandsetCall:
    """One call of one handset; `call` is its name on the air."""

    call: str
    outgoing: bool
    number: str
    name: str = ""
    listed: str = ""
    """The number that the call list keeps: of an outgoing call the one that was dialled."""
    line: str = ""
    state: State = State.CALLING
    answering: bool = False
    remote_held: bool = False
    joined: bool = False
    """Whether it is one of the two calls of a conference."""
    connected_at: float | None = None
    digits: str = ""
    notice: str = ""
    why: str = ""
    auto: bool = False

    def __post_init__(self) -> None:
        self.listed = self.number

    def identify(self, number: str, name: str) -> None:
        """Who the far end turned out to be; without a number only the name is another."""
        self.number, self.name = number or self.number, name
        if not self.outgoing or not self.listed:
            self.listed = self.number

    @property
    def who(self) -> str:
        """The far end in one word: name, else number."""
        return self.name or self.number

    @property
    def held(self) -> bool:
        """Whether it is on hold."""
        return self.state is State.HELD

    @property
    def answered(self) -> bool:
        """True once it has been connected."""
        return self.connected_at is not None

    def note(self, notice: str = "", why: str = "") -> None:
        """What the display says beside the state, with the reason for it; nothing any more if nothing is given."""
        self.notice, self.why = notice, why

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
