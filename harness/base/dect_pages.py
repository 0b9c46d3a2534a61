"""The buttons for handsets on the web pages: registration mode and the locator."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from harness.base.pages import expected
from harness.base.snapshot import BUTTON_TYPES, largest
from harness.core import steps
from harness.core.errors import InvalidTest

if TYPE_CHECKING:
    from harness.base.web import WebUi


class DectPages:
    """The DECT pages of one base."""

    def __init__(self, web: WebUi) -> None:
        self._web = web

    def rows(self) -> list[dict[str, str]]:
        """The rows of Status → DECT by the column headings the base gives them."""
        return largest(self._web.open("status-dect"))

    def open_registration(self) -> None:
        """Open the registration window if it is closed; InvalidTest without a button for it."""
        self._act("open-registration")

    def close_registration(self) -> None:
        """Close the registration window if it is open; InvalidTest without a button for it."""
        self._act("close-registration")

    def registration_mode(self) -> str:
        """The base's registration mode, e.g. `open, 9:58 left`; InvalidTest if no page shows it."""
        wanted = expected().registration_mode
        for page in wanted["pages"].split():
            with contextlib.suppress(InvalidTest):
                for name, value in self._web.open(page).rows().items():
                    if re.fullmatch(wanted["row"], name, re.IGNORECASE):
                        return value
        raise InvalidTest(
            "registration mode in the web UI",
            f"none on {wanted['pages']}",
            remedy="correct `registration_mode` in harness/base/pages.yaml",
        )

    def locate_handsets(self) -> None:
        """Ring all registered handsets by the base's locator; InvalidTest if no page has a button for it."""
        self._act("locate-handsets")

    def _act(self, action: str) -> None:
        wanted = expected().actions[action]
        seen = []
        for page in wanted.pages:
            with contextlib.suppress(InvalidTest):
                self._web.open(page)
                captions = [f.value or f.label for f in self._web.page.fields if f.type in BUTTON_TYPES]
                seen.append(f"{self._web.page.name}: {', '.join(captions) or 'no button'}")
                found = [text for text in captions if re.fullmatch(wanted.caption, text, re.IGNORECASE)]
                if found:
                    with steps.step("web", f"press {found[0]!r}", did={"kind": action}):
                        self._web.press(found[0])
                    return
                if any(wanted.done and re.fullmatch(wanted.done, text, re.IGNORECASE) for text in captions):
                    return
        raise InvalidTest(
            f"a button to {action.replace('-', ' ')}",
            "; ".join(seen) or "none of its pages",
            remedy="correct `actions` in harness/base/pages.yaml",
        )
