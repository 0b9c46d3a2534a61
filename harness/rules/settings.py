"""The settings in force at a moment, and the restarts of the base: read from acts and from the wire.

An act `setting` has name, value, identity (0 or nothing for the whole base) and channel. A value from the `web` pages
is in force at once; one from `provisioning` from the next start on, unless the pages set it before, as a base may keep
its user's choice. After any other channel a value is unknown until the pages set it or show it (`Shown`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from harness.rules.acts import Act, ActKind

if TYPE_CHECKING:
    from harness.rules.evidence import Evidence

Key = tuple[str, int]
Group = TypeVar("Group", bound=Hashable)

WEB, OFFERED = "web", "provisioning"
STARTS: tuple[ActKind, ...] = ("power-on", "reboot")
STOPS: tuple[ActKind, ...] = ("power-off", "reboot")


class Settings:
    """The base's settings by the acts of an evidence; without acts nothing is `known`."""

    def __init__(self, evidence: Evidence) -> None:
        self._evidence = evidence
        self.known = evidence.acts is not None
        self._alone: dict[Key, int] = {}

    def value(self, name: str, identity: int = 0, *, at: float, factory: str = "") -> str | None:
        """The value in force at a moment; None if it is not known, `factory` if it was never set."""
        if not self.known:
            return None
        told = self._told.get((name, identity), [])
        before = bisect_right(told, at, key=lambda act: act.at)
        if before == 0:
            return factory
        act = told[before - 1]
        if act.detail.get("channel", WEB) == WEB:
            return None if at < act.ended else act.detail.get("value", "")  # during the save either is right
        only_offered = before <= self._offered_alone((name, identity))
        return act.detail.get("value", "") if only_offered and self.restarted(act.at, at) else None

    def value_since_start(self, name: str, *, at: float, until: float | None = None, factory: str = "") -> str | None:
        """The value at a moment of a setting that the base reads only when it starts; None if it is not known.

        If it was written up to `until`, by default that moment, without a start after it, it is not known either.
        """
        written = [act.at for act in self.acts_on(0, name) if act.at <= (at if until is None else until)]
        if written and not self.restarted(written[-1], at):
            return None
        return self.value(name, at=at, factory=factory)

    def identity_of(self, user: str, *, at: float) -> int:
        """The identity whose account this is; 0 if it is not known."""
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
        """Whether the base lost power, got it or was told to restart between two moments."""
        return self._any(self.restarts, start, end)

    @cached_property
    def restarts(self) -> list[float]:
        """When power was cut or given, a restart was asked for, or a base without an address asked DHCP."""
        told = [act.at for act in self._evidence.acts_of(*STARTS, *STOPS)]
        return sorted([*told, *(m.at for m in self._evidence.asked_for_an_address)])

    # small parts

    @staticmethod
    def _any(times: list[float], start: float, end: float) -> bool:
        return bisect_left(times, start) < bisect_right(times, end)

    def _account(self, identity: int, at: float) -> str | None:
        return self.value("user_name", identity, at=at) or self._last_named(identity)

    def _last_named(self, identity: int) -> str:
        """An account that is being saved, or waits for a restart, is known by its newest name."""
        acts = self._by_key.get(("user_name", identity), [])
        return next((value for act in reversed(acts) if (value := act.detail.get("value", ""))), "")

    def _offered_alone(self, key: Key) -> int:
        """The number of acts on a setting, from the first on, that only offered it in a document."""
        if key not in self._alone:
            told = self._told.get(key, [])
            others = (n for n, act in enumerate(told) if act.detail.get("channel", WEB) != OFFERED)
            self._alone[key] = next(others, len(told))
        return self._alone[key]

    @cached_property
    def identities(self) -> list[int]:
        """The identities whose account is known."""
        return sorted(identity for name, identity in self._by_key if name == "user_name")

    @cached_property
    def _by_key(self) -> dict[Key, list[Act]]:
        return _grouped(((act.detail.get("name", ""), _number(act)), act) for act in self._evidence.acts_of("setting"))

    @cached_property
    def _told(self) -> dict[Key, list[Act]]:
        """The sources of each setting's value: acts, and what the pages showed."""
        seen = [
            Act("setting", s.at, s.at, detail={**s.detail, "value": s.value})
            for s in self._evidence.shown or ()
            if s.kind == "setting"
        ]
        if not seen:
            return self._by_key
        told = sorted([*self._evidence.acts_of("setting"), *seen], key=lambda act: act.at)
        return _grouped(((act.detail.get("name", ""), _number(act)), act) for act in told)

    @cached_property
    def _by_identity(self) -> dict[int, list[Act]]:
        return _grouped((_number(act), act) for act in self._evidence.acts_of("setting"))

    @cached_property
    def _times(self) -> dict[int, list[float]]:
        """When the saving of settings of each identity began: what follows is its effect."""
        return {identity: sorted(act.at for act in acts) for identity, acts in self._by_identity.items()}


def _grouped(pairs: Iterable[tuple[Group, Act]]) -> dict[Group, list[Act]]:
    found: dict[Group, list[Act]] = {}
    for key, act in pairs:
        found.setdefault(key, []).append(act)
    return found


def _number(act: Act) -> int:
    text = act.detail.get("identity", "")
    return int(text) if text.isascii() and text.isdigit() else 0
