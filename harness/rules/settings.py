"""The settings in force at a moment, and when the base started anew: read from acts, and from the wire where it tells.

An act `setting` carries name, value, identity (0 or nothing for the whole base) and channel: what was written by the
`web` pages is in force at once; what `provisioning` offered is from the next start on, unless the pages wrote it
before, as a base may keep what its user chose. After any other channel a value is unknown until the pages write it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from harness.rules.acts import Act
    from harness.rules.evidence import Evidence

Key = tuple[str, int]
Group = TypeVar("Group", bound=Hashable)

WEB, OFFERED = "web", "provisioning"
STARTS = ("power-on", "reboot")
STOPS = ("power-off", "reboot")


class Settings:
    """What the acts of an evidence say of the base's settings; nothing is known where no act is (`known`)."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.known = evidence.acts is not None

    def value(self, name: str, identity: int = 0, *, at: float, factory: str = "") -> str | None:
        """The value in force at a moment; None where nothing is known of it, `factory` where nothing ever wrote it."""
        if not self.known:
            return None
        acts = self._by_key.get((name, identity), [])
        before = bisect_right(acts, at, key=lambda act: act.at)
        if before == 0:
            return factory
        act = acts[before - 1]
        channel = act.detail.get("channel", WEB)
        if channel == WEB:
            return None if at < act.ended else act.detail.get("value", "")  # saved while it was asked: either is right
        offered = channel == OFFERED and all(one.detail.get("channel") == OFFERED for one in acts[:before])
        return act.detail.get("value", "") if offered and self.restarted(act.at, at) else None

    def identity_of(self, user: str, *, at: float) -> int:
        """The identity whose account this is; 0 where that is not known."""
        return next((n for n in self.identities if self._account(n, at) == user), 0)

    def acts_on(self, identity: int, *names: str) -> list[Act]:
        """The acts on settings of one identity, in order; with names only those."""
        return [act for act in self._by_identity.get(identity, []) if not names or act.detail.get("name") in names]

    def touched(self, identity: int, start: float, end: float) -> bool:
        """Whether an act between two moments may explain what this identity did: a setting, power, a restart.

        Of an identity whose number is not known (0) any setting may be the reason.
        """
        numbers = (identity, 0) if identity else self._times
        return self.restarted(start, end) or any(self._any(self._times.get(n, []), start, end) for n in numbers)

    def restarted(self, start: float, end: float) -> bool:
        """Whether the base lost power, got it or was told to start anew between two moments."""
        return self._any(self.restarts, start, end)

    @cached_property
    def restarts(self) -> list[float]:
        """When power went or came, a restart was asked for, or DHCP shows a base that has no address yet."""
        told = [act.at for act in self._evidence.acts_of(*STARTS, *STOPS)]
        return sorted([*told, *(m.at for m in self._evidence.asked_for_an_address)])

    # small parts

    @staticmethod
    def _any(times: list[float], start: float, end: float) -> bool:
        return bisect_left(times, start) < bisect_right(times, end)

    def _account(self, identity: int, at: float) -> str | None:
        return self.value("user_name", identity, at=at) or self._last_named(identity)

    def _last_named(self, identity: int) -> str:
        """An account that is being written, or waits for a restart, goes by its newest name."""
        return next(
            (act.detail.get("value", "") for act in reversed(self._by_key.get(("user_name", identity), []))), ""
        )

    @cached_property
    def identities(self) -> list[int]:
        """The identities whose account is known."""
        return sorted(identity for name, identity in self._by_key if name == "user_name")

    @cached_property
    def _by_key(self) -> dict[Key, list[Act]]:
        return _grouped(((act.detail.get("name", ""), _number(act)), act) for act in self._evidence.acts_of("setting"))

    @cached_property
    def _by_identity(self) -> dict[int, list[Act]]:
        return _grouped((_number(act), act) for act in self._evidence.acts_of("setting"))

    @cached_property
    def _times(self) -> dict[int, list[float]]:
        """When the writing of settings of each identity began: what follows is an effect of it."""
        return {identity: sorted(act.at for act in acts) for identity, acts in self._by_identity.items()}


def _grouped(pairs: Iterable[tuple[Group, Act]]) -> dict[Group, list[Act]]:
    found: dict[Group, list[Act]] = {}
    for key, act in pairs:
        found.setdefault(key, []).append(act)
    return found


def _number(act: Act) -> int:
    text = act.detail.get("identity", "")
    return int(text) if text.isascii() and text.isdigit() else 0
