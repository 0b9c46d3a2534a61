"""News feeds at a handset: offered by the rig's web server, set on the RSS Feeds tab, read on the display."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.handset.menus import menus
from harness.procedures.handset.lists import entries_of
from harness.procedures.judging import rules_first
from harness.services import feeds
from harness.services.feeds import News
from harness.services.http import Behaviour

if TYPE_CHECKING:
    from harness.handset.driver import Handset
    from harness.procedures.context import TestContext
    from harness.services.http import ProvisioningServer

FOLDER = "/feeds"
Entry = tuple[str, str]
"""Title and words, which may be HTML."""


class NewsReader:
    """The feeds of the first handset's identity; settings and documents are as before after the test."""

    def __init__(self, context: TestContext, server: ProvisioningServer) -> None:
        self._context = context
        self._server = server
        self._handset: Handset = context.handset(1)
        context.addfinalizer(self._handset.go_idle)
        self._identity = context.rig.handsets[0].identity

    # acts

    def offer(self, kind: str, entries: Sequence[Entry], *, name: str = "news") -> None:
        """The server has a feed of this name with these entries from now on."""
        self._put(name, feeds.document(kind, [News(*one) for one in entries]), Behaviour())

    def offer_text(self, text: str, *, name: str = "news") -> None:
        """It has this text in place of a feed."""
        self._put(name, text.encode(), Behaviour())

    def offer_elsewhere(self, kind: str, entries: Sequence[Entry], *, name: str = "news") -> None:
        """It has the feed in another place, and sends those there who ask for it."""
        self._put("elsewhere", feeds.document(kind, [News(*one) for one in entries]), Behaviour())
        moved = Behaviour(301, (("Location", self._server.url(f"{FOLDER}/elsewhere.xml")),))
        self._put(name, b"", moved)

    def set_on_page(self, *names: str) -> None:
        """The identity has these feeds, by their names at the server."""
        places = {f"rss_name{place}": name for place, name in enumerate(names, 1)}
        places |= {f"rss_url{place}": self._server.url(f"{FOLDER}/{name}.xml") for place, name in enumerate(names, 1)}
        self._context.base.change_all({(setting, self._identity): value for setting, value in places.items()})

    def open(self, name: str = "news") -> None:
        """A feed is opened at the handset, from the idle screen."""
        self._handset.menu.choose(menus().feeds.row)
        display = self._handset.expect_display(name, self._context.answer)
        display = self._handset.menu.mark(name, display)
        self._context.did("feed", at=self._context.wire.mark(), handset=self._handset.number, name=name)
        self._handset.press(menus().menu.choose)

    def open_first_entry(self) -> None:
        """The first entry of the feed on the display is opened."""
        self._handset.press(menus().menu.choose)

    # what is expected

    def expect_titles(self, *titles: str) -> None:
        """These are the first titles of the feed, in this order."""
        cut = [title[: menus().feeds.columns].strip() for title in titles]
        with rules_first(self._context):
            display = self._handset.expect_shown(
                lambda shown: cut[0] in entries_of(shown), f"{cut[0]} among the titles", self._context.answer
            )
        found = self._handset.menu.listed(display, len(cut))
        if found != cut:
            self._context.broken("titles of the feed, in its order", ", ".join(cut), ", ".join(found))

    def expect_words(self, words: str) -> None:
        """The entry on the display has these words, whatever its rows are."""
        wanted = "".join(words.split())
        self._handset.expect_shown(
            lambda shown: wanted in "".join("".join(row.text for row in shown.rows).split()),
            words,
            self._context.answer,
        )

    def expect_unreadable(self) -> None:
        """The handset says that it cannot read the feed."""
        self._handset.expect_display_any(list(menus().feeds.unreadable), self._context.answer)

    def expect_no_answer(self) -> None:
        """It says that the server does not give the feed."""
        self._handset.expect_display_any(list(menus().feeds.no_answer), self._context.answer)

    def _put(self, name: str, body: bytes, behaviour: Behaviour) -> None:
        path = f"{FOLDER}/{name}.xml"
        self._server.put(path, body, feeds.TYPES["rss"], behaviour=behaviour)
        self._context.addfinalizer(lambda: self._server.remove(path))
