"""Who belongs to this base: the bonds, the registration window and the pacing of PIN tries."""

from __future__ import annotations

import hmac
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from rigs.standin.air.identities import bond_key, challenge, response
from rigs.standin.air.limits import limits
from rigs.standin.air.strategies import BondStrategy, PacingStrategy, WindowStrategy
from rigs.standin.base.flash import Flash
from rigs.standin.core.strategies import Strategies


@dataclass(frozen=True)
class Bond:
    """One subscribed handset; `key` is 32 hex digits, `number` 1 to 9."""

    ipui: str
    key: str
    number: int


class Subscriptions:
    """The IPUI table of a base, kept in its flash; `paced` says whether this unit slows down who guesses PINs."""

    def __init__(self, flash: Flash, strategies: Strategies, *, paced: Callable[[], bool]) -> None:
        self._flash = flash
        self._paced = paced
        self._strategies = strategies
        stored = strategies.get(BondStrategy).load(flash)
        self._bonds = {bond.ipui: bond for bond in map(_bond, stored.items()) if bond is not None}
        self._challenges: dict[str, str] = {}
        self._failures = 0
        self._paused_until = 0.0
        self._open_until = 0.0

    def __iter__(self) -> Iterator[Bond]:
        return iter(sorted(self._bonds.values(), key=lambda bond: bond.number))

    def get(self, ipui: str) -> Bond | None:
        """The bond of a handset, None for a stranger."""
        return self._bonds.get(ipui)

    def open_window(self) -> None:
        """Registration mode from now on."""
        self._open_until = time.monotonic() + self._strategies.get(WindowStrategy).seconds()

    def close_window(self) -> None:
        """Ends registration mode before its time."""
        self._open_until = 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds for which a new handset can still subscribe."""
        return max(0.0, self._open_until - time.monotonic())

    def refusal(self, ipui: str) -> str:
        """Why a subscription cannot be tried now: closed, full, pacing; empty if it can."""
        if self.seconds_left <= 0:
            return "closed"
        if time.monotonic() < self._paused_until:
            return "pacing"
        if ipui not in self._bonds and len(self._bonds) >= int(limits()["subscriptions"]):
            return "full"
        return ""

    def challenge(self, ipui: str) -> str:
        """A fresh RAND for one handset."""
        self._challenges[ipui] = challenge()
        return self._challenges[ipui]

    def subscribe(self, ipui: str, answer: str, pin: str) -> Bond | None:
        """The new bond if the answer proves the PIN; each wrong PIN counts towards the pacing."""
        rand = self._challenges.pop(ipui, "")
        room = ipui in self._bonds or len(self._bonds) < int(limits()["subscriptions"])
        key = self.proven_key(ipui, rand, answer, pin) if rand and room else None
        if key is None:
            self._failures += 1
            if self._paced():
                self._paused_until = time.monotonic() + self._strategies.get(PacingStrategy).pause(self._failures)
            return None
        self._failures = 0
        known = self._bonds.get(ipui)
        bond = Bond(ipui, key, known.number if known else self._free_number())
        self._bonds[ipui] = bond
        self._store()
        return bond

    def proven_key(self, ipui: str, rand: str, answer: str, pin: str) -> str | None:
        """The key of the PIN, if the answer proves that the handset knows it."""
        key = bond_key(pin, rand, ipui)
        return key if hmac.compare_digest(answer, response(key, rand)) else None

    def authenticate(self, ipui: str, answer: str) -> bool:
        """True if the answer proves the key of the bond."""
        rand, bond = self._challenges.pop(ipui, ""), self._bonds.get(ipui)
        if bond is None or not rand:
            return False
        return hmac.compare_digest(answer, response(bond.key, rand))

    def forget(self, ipui: str) -> bool:
        """Ends a bond; False if there was none."""
        if self._bonds.pop(ipui, None) is None:
            return False
        self._store()
        return True

    def _free_number(self) -> int:
        taken = {bond.number for bond in self._bonds.values()}
        return next(number for number in range(1, 10) if number not in taken)

    def _store(self) -> None:
        rows = {bond.ipui: {"key": bond.key, "number": bond.number} for bond in self._bonds.values()}
        self._strategies.get(BondStrategy).store(self._flash, rows)


def _bond(stored: tuple[str, Any]) -> Bond | None:
    """A stored bond; None for what is none, as a base without it still boots."""
    ipui, row = stored
    key, number = (row.get("key"), row.get("number")) if isinstance(row, dict) else (None, None)
    keyed = isinstance(key, str) and re.fullmatch(r"[0-9a-f]{32}", key)
    numbered = isinstance(number, int) and 1 <= number <= 9
    return Bond(ipui, str(key), int(str(number))) if keyed and numbered else None
