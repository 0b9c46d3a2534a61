"""What a base fetches after a boot, waited for on the wire."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from harness.base import catalogue
from harness.core.errors import NotApplicable
from harness.procedures.provisioning.documents import Offers

if TYPE_CHECKING:
    from harness.capture.messages import HttpMessage


class Fetching(Offers):
    """The requests of one base since power came."""

    def fetched(self, path: str) -> None:
        """The base has asked for exactly this path."""
        self._fetch(lambda seen: seen == path, path)

    def looks_at_its_version(self) -> None:
        """The status page is read: the version that User-Agent names too."""
        self.context.saw("version", self.base.version(), {"product": "snom-m9"})

    def option_67_is_said_to_take_an_address(self) -> None:
        """Only where the data says so: that a boot file may be a whole URL is inferred (presentation: a file name)."""
        if catalogue.load().chosen("boot_file") != "url":
            raise NotApplicable("settings.choices.boot_file: this unit takes a file name in option 67, no URL")

    def fetches_again(self, within: float) -> HttpMessage:
        """Another fetch of the same document without a reboot."""
        first = self._first_fetch(within)
        return self._next_fetch(first, within)

    def _first_fetch(self, within: float) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            since=self.began,
            timeout=within,
            what="GET of the settings",
            claim="the settings are fetched at a boot",
        )

    def _next_fetch(self, last: HttpMessage, within: float) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            uri=last.uri,
            since=last.at + 0.5,
            timeout=within,
            what=f"another GET {last.uri}",
            claim="the settings are fetched again when the timer says so",
        )

    # small parts

    def _fetch(self, fits: Callable[[str], bool], what: str) -> HttpMessage:
        return self.wire.http.expect(
            method="GET",
            source=self._own,
            since=self.began,
            where=lambda message: fits(message.uri),
            timeout=self._limit,
            what=f"GET {what}",
            claim=f"{what} is fetched",
        )
