"""Transfers within a peer's call: REFERs that it sends, and what it answers to those of the far end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.softphone.leg import Leg


class LegTransfer:
    """What one call of a peer asks of its far end, or is asked by it."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg

    def to(self, target: str, headers: dict[str, str] | None = None) -> None:
        """A REFER that sends the far end to a number or address."""
        self._refer(f"sends the far end to {target}", headers, account=self._leg.account, target=target)

    def to_call(self, other: Leg, headers: dict[str, str] | None = None) -> None:
        """A REFER that sends the far end to that of another call of this peer, in which it takes the peer's place."""
        self._refer(f"sends the far end to that of {other.name}", headers, replaces=other.number)

    def answer(self, code: int) -> None:
        """A REFER of the far end will be answered so; 202 unless this says else."""
        self._leg.act("answer_refer", f"will answer REFER with {code}", code=code)

    def _refer(self, text: str, headers: dict[str, str] | None, **fields: Any) -> None:
        self._leg.act("transfer", text, headers=[[name, value] for name, value in (headers or {}).items()], **fields)
