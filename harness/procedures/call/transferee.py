"""The far end in a transfer that the handset asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.procedures.call.state import CallState


class Transferee:
    """The far end as the one that is sent elsewhere; it obeys unless it was told otherwise."""

    def __init__(self, state: CallState) -> None:
        self._state = state
        self._context = state.context

    def refuse(self, status: int) -> None:
        """It will answer a REFER with this status; a server that answers REFER itself never asks it."""
        if not self._context.has_transparent_pbx:
            self._context.not_passed_on("REFER")
        self._state.leg.transfer.answer(status)
