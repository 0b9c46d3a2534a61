"""What a handset shows and sounds during a call."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

from harness.procedures.media import MediaActs

RING_BACK_WINDOW_MS = 1200


class Call(MediaActs):
    """The whole of what can be done with one call."""

    def shows_the_caller(self) -> None:
        """The caller's number is on the display."""
        self.shows_on_the_display(self.peer_number)

    def shows_on_the_display(self, text: str) -> None:
        """This text is on the display."""
        self.handset.expect_display(text, within=self.desk.answer)

    def shows_ringing(self) -> None:
        """The display says that the far end rings."""
        self.handset.expect_display_any(texts("ringing"), within=self.desk.answer)

    def shows_busy(self) -> None:
        """The display says that the far end is busy."""
        self.handset.expect_display_any(texts("busy"), within=self.desk.answer)

    def gives_ring_back_tone(self) -> None:
        """While the far end rings without media of its own, the ear hears a ring-back tone."""
        heard = self.handset.listen(RING_BACK_WINDOW_MS).result()
        if not heard.tones:
            self.desk.broken("ring-back is heard", "a tone at the ear", heard)

    def rings_silently(self) -> None:
        """The base says 180, the ringer stays off."""
        self._expect_response(180, "an incoming call is answered with 180 Ringing")
        self.handset.stays_silent(since=self.began)


@cache
def _all_texts() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("texts.yaml").read_text(encoding="utf-8"))
    return loaded


def texts(state: str) -> list[str]:
    """What the display says in a state, any of these."""
    return _all_texts()[state]
