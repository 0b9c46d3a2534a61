"""What a base fetches, waited for on the wire; what it fetched is a rule's."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage
    from harness.procedures.provisioning.state import BootState

AGAIN_S = 0.5
"""So long after a fetch another of the same document is one of a timer, and no repetition."""


class Fetches:
    """The requests of one base since power came."""

    def __init__(self, state: BootState) -> None:
        self._state = state
        self._wire = state.context.wire

    def expect(self, path: str) -> None:
        """The base has asked for exactly this path."""
        self._expect(lambda seen: seen == path, path)

    def expect_any(self, what: str = "any document") -> None:
        """The base has asked for something."""
        self._expect(lambda path: True, what)

    def expect_again(self, within: float) -> HttpMessage:
        """Another fetch of the document that was fetched first, without a reboot."""
        first = self._wire.http.expect(
            method="GET",
            source=self._state.base_addresses,
            since=self._state.began,
            timeout=within,
            what="GET of the settings",
            claim="the settings are fetched at a boot",
        )
        return self._wire.http.expect(
            method="GET",
            source=self._state.base_addresses,
            uri=first.uri,
            since=first.at + AGAIN_S,
            timeout=within,
            what=f"another GET {first.uri}",
            claim="the settings are fetched again when the timer says so",
        )

    def _expect(self, fits: Callable[[str], bool], what: str) -> HttpMessage:
        return self._wire.http.expect(
            method="GET",
            source=self._state.base_addresses,
            since=self._state.began,
            where=lambda message: fits(message.uri),
            timeout=self._state.limit,
            what=f"GET {what}",
            claim=f"{what} is fetched",
        )
