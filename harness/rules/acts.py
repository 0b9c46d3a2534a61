"""What was done to the base and what its handsets showed, beside the packets: the causes of many occasions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.capture.messages import clock_text


@dataclass(frozen=True)
class Act:
    """One act on the base or a handset, by its kind.

    Kinds: `key`, `dial`, `answer`, `hang-up`, `hold`, `resume`, `power-off`, `power-on`, `reboot`, `setting`, `tone`.
    `felt` says whether the handset gave feedback (a tone, a new display) to the key; None where nothing could tell.
    """

    kind: str
    at: float
    ended: float = 0.0
    handset: int = 0
    call_id: str = ""
    detail: Mapping[str, str] = field(default_factory=dict)
    felt: bool | None = None

    def __str__(self) -> str:
        who = f" at handset {self.handset}" if self.handset else ""
        detail = " ".join(f"{name}={value}" for name, value in self.detail.items())
        return f"{clock_text(self.at)} {self.kind}{who} {detail}".rstrip()


@dataclass(frozen=True)
class Shown:
    """What a handset was seen to do: kinds `ring`, `display`, `lamp`, `beep`, `link`, `hook`, `heard`."""

    kind: str
    at: float
    handset: int
    value: str
    detail: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{clock_text(self.at)} handset {self.handset} {self.kind} {self.value}"
