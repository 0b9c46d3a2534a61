"""What a test steers: faults by who sends the request, and answers by occasion, each for a number of times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.dialect.message import Message

OCCASIONS = ("any", "initial", "dialog", "hold", "resume")
"""When an answer of a script is due: outside a dialog, within one, at an offer that holds or at one that resumes."""
HELD = (b"a=sendonly", b"a=inactive", b"c=IN IP4 0.0.0.0")
FAULTS = (
    "grant", "challenge_off", "challenge_401", "qop", "stale", "strange", "nextnonce", "min_expires", "another_first",
    "mute", "gone", "unavailable", "refuse", "answer", "lose_acks", "glare", "g726_aal2", "move_contact",
    "latin1", "subscribe", "subscribe_lost", "subscribe_grant",
)  # fmt: skip


class Faults:
    """The values of faults for requests of the base or of the peers; 0 is off."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], int] = {}

    def set(self, sender: str, name: str, value: int) -> None:
        """Steer one; raises ValueError for a name that is none."""
        if name not in FAULTS:
            raise ValueError(f"no fault is named {name!r}")
        self._values[sender, name] = value

    def of(self, sender: str, name: str) -> int:
        """The value."""
        return self._values.get((sender, name), 0)

    def take(self, sender: str, name: str) -> bool:
        """Whether one is still due; it is used up by that."""
        left = self.of(sender, name)
        if left > 0:
            self._values[sender, name] = left - 1
        return left > 0

    def clear(self) -> None:
        """All off."""
        self._values.clear()


@dataclass
class Scripted:
    """An answer that is due: to which requests, what, and how often still."""

    method: str
    status: int
    reason: str = ""
    lines: Sequence[str] = ()
    challenge: Sequence[str] = ()
    """Challenges that it carries, freshly made: `www`, `proxy` or both."""
    occasion: str = "any"
    sender: str = ""
    user: str = ""
    body: str = ""
    times: int = 1
    provisionals: Sequence[Mapping[str, Any]] = ()
    """Answers before it, each with `status`, and `lines`, `body`, `tag` (one of its own), `reason` where wanted."""
    after: float = 0.0
    """Seconds from these to the final one; a CANCEL in between ends it with 487."""
    lost: int = 0
    """How often the final one gets lost before it arrives."""

    def fits(self, request: Message, sender: str) -> bool:
        """Whether it is meant for this request."""
        who = self.sender in ("", sender) and self.user in ("", request.from_user)
        return self.times > 0 and who and self.method == request.method and self.occasion in occasions_of(request)


@dataclass
class Script:
    """The answers that are due, the first one first."""

    waiting: list[Scripted] = field(default_factory=list)

    def take(self, request: Message, sender: str) -> Scripted | None:
        """The answer to this request, if one is due."""
        found = next((one for one in self.waiting if one.fits(request, sender)), None)
        if found is not None:
            found.times -= 1
        return found


def occasions_of(request: Message) -> set[str]:
    """What a request is an occasion of."""
    if not request.to_tag:
        return {"any", "initial"}
    found = {"any", "dialog"}
    if b"m=audio" in request.body:
        found.add("hold" if any(sign in request.body for sign in HELD) else "resume")
    return found
