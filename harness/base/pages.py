"""Where the pages of the web UI are: by pages.yaml, by earlier finds, and by a search for the rest.

A page is recognised by its title, its fields or its rows, never by its URL alone.
"""

from __future__ import annotations

import heapq
import itertools
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.base.snapshot import Link, Snapshot
from harness.core import overrides
from harness.core.errors import Expectation, InvalidTest, M9Error, ProductFailure, UsageError

MOST_PAGES = 150
Visit = Callable[[str], Snapshot]
Place = tuple[str, int]


class PageModel(BaseModel):
    """One page of pages.yaml; see there for the keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    links: tuple[str, ...] = ()
    tab: str = ""
    identity: bool = False
    says: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    buttons: tuple[str, ...] = ()
    confidence: Literal["seed", "found", "inferred"] = "inferred"

    def proves(self, page: Snapshot, identity: int) -> bool:
        """Whether this snapshot is that page (of that identity)."""
        if page.error or page.status >= 400:
            return False
        if any(page.says(pattern.replace("{identity}", str(identity))) for pattern in self.says):
            return True
        if self.identity:
            return False
        names = {field.name for field in page.fields}
        rows = page.rows()
        return (
            bool(self.fields and names.issuperset(self.fields))
            or bool(self.rows and all(row in rows for row in self.rows))
            or bool(self.buttons and all(page.button(caption) for caption in self.buttons))
        )


class Action(BaseModel):
    """A button with an effect: its possible pages, the pattern of its caption, and the sign of its effect."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pages: tuple[str, ...]
    caption: str
    done: str = ""


class Expected(BaseModel):
    """The content of pages.yaml."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: str
    home_text: str
    logout: str
    login: dict[str, str]
    eula: dict[str, str]
    messages: dict[str, str]
    address_book: dict[str, str]
    log_time: dict[str, str]
    log_categories: tuple[str, ...]
    never_follow: tuple[str, ...]
    actions: dict[str, Action]
    registration_mode: dict[str, str]
    registration_expires: str
    pages: dict[str, PageModel]

    @property
    def first_tab(self) -> str:
        """The page to which the link of an identity leads."""
        return next(name for name, model in self.pages.items() if model.tab)

    def follows(self, link: Link) -> bool:
        """Whether a crawl may follow this link: on the base, and without effect."""
        if not link.href or not link.href.startswith("/"):
            return False
        texts = (link.text, link.href)
        return not any(re.search(pattern, text, re.IGNORECASE) for pattern in self.never_follow for text in texts)


@overrides.cached
def expected() -> Expected:
    """The driver's expectation as data, with the lab's corrections for its unit."""
    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("pages.yaml").read_text())
    try:
        return Expected(**overrides.over("pages", data))
    except ValidationError as error:
        first = error.errors()[0]
        raise overrides.mistake("pages", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


class PageMap:
    """Finds pages and remembers them; `known` has the URLs of a survey, by page and identity (0 for the whole base)."""

    def __init__(self, known: dict[Place, str] | None = None) -> None:
        self.expected = expected()
        self._known: dict[Place, str] = dict(known or {})
        self._guesses: dict[Place, str] = {}
        self._fields: dict[str, set[str]] = {}

    def model(self, page: str) -> PageModel:
        """The expectation of a page; UsageError for a name that pages.yaml does not have."""
        try:
            return self.expected.pages[page.replace("_", "-")]
        except KeyError:
            raise UsageError(
                f"unknown page {page!r}", remedy=f"one of {', '.join(self.expected.pages)} (harness/base/pages.yaml)"
            ) from None

    def learn(self, page: Snapshot) -> None:
        """Remember this page, its fields, and the likely targets of its links."""
        places = self.places(page)
        for place in places:
            self._known[place] = page.url
        for field in page.inputs:
            self._fields.setdefault(field.name, set()).add(page.url)
        identities = {identity for _, identity in places if identity}
        for link in filter(self.expected.follows, page.links):
            self._guess(link, identities)

    def _guess(self, link: Link, identities: set[int]) -> None:
        """A link named as an identity leads to its account, one named as a tab to that tab of the page's identity."""
        named = re.fullmatch(r"Identity (\d)", link.text, re.IGNORECASE)
        if named:
            self._guesses[self.expected.first_tab, int(named[1])] = link.href
        for name, model in self.expected.pages.items():
            if model.tab and model.tab == link.text and len(identities) == 1:
                self._guesses[name, next(iter(identities))] = link.href

    def places(self, page: Snapshot) -> list[Place]:
        """The expected pages that a snapshot shows."""
        found = []
        for name, model in self.expected.pages.items():
            for identity in range(1, 10) if model.identity else (0,):
                if model.proves(page, identity):
                    found.append((name, identity))
        return found

    def pages_with(self, field: str) -> list[str]:
        """The pages with this field name: names of expected pages, or URLs of others."""
        urls = self._fields.get(field, set())
        names = dict.fromkeys(name for (name, _), url in self._known.items() if url in urls)
        known = {url for url in self._known.values() if url in urls}
        return [*names, *sorted(urls - known)]

    def known(self) -> dict[Place, str]:
        """The URLs found so far, by page and identity."""
        return dict(self._known)

    def find(self, page: str, identity: int, visit: Visit) -> Snapshot:
        """Go to a page and recognise it: at its last URL, at its expected URL, else by following links from home.

        Raises ProductFailure if a documented page is missing, InvalidTest if the expectation is only inferred.
        """
        name, model = page.replace("_", "-"), self.model(page)
        identity = identity if model.identity else 0
        place = (name, identity)
        likely = (self._known.get(place), self._guesses.get(place), model.url.replace("{identity}", str(identity)))
        for url in dict.fromkeys(filter(None, likely)):
            shown = visit(url)
            self.learn(shown)
            if model.proves(shown, identity):
                return shown
        self._known.pop(place, None)
        seen = []
        others = rf"Identity (?!{identity or 1}$)\d+"
        for shown in self.crawl(visit, toward=self._words(name, identity), without=others):
            if model.proves(shown, identity):
                return shown
            seen.append(f"{shown.url} {shown.name!r}")
        raise self._missing(name, identity, model, seen)

    def crawl(
        self, visit: Visit, *, toward: Iterable[str] = (), most: int = MOST_PAGES, without: str = ""
    ) -> Iterable[Snapshot]:
        """The pages reachable from home by links without effect; links with a text in `toward` come first.

        Links whose text matches the expression `without` are not followed.
        """
        wanted = [text.lower() for text in toward]
        order = itertools.count()
        frontier = [(0, next(order), self.expected.home)]
        seen = {self.expected.home}
        while frontier and most:
            _, _, url = heapq.heappop(frontier)
            shown = visit(url)
            most -= 1
            self.learn(shown)
            yield shown
            for link in filter(self.expected.follows, shown.links):
                if link.href not in seen and not (without and re.fullmatch(without, link.text)):
                    seen.add(link.href)
                    heapq.heappush(frontier, (_distance(link.text, wanted), next(order), link.href))

    def _words(self, name: str, identity: int) -> list[str]:
        model = self.expected.pages[name]
        own = [model.tab, f"Identity {identity}"] if model.identity else []
        return [text for text in (*reversed(model.links), *own) if text]

    def _missing(self, name: str, identity: int, model: PageModel, seen: list[str]) -> M9Error:
        what = f"page {name!r}" + (f" of identity {identity}" if identity else "")
        proof = " or ".join((*model.says, *model.fields, *model.rows)).replace("{identity}", str(identity))
        visited = f"{len(seen)} pages: " + ", ".join(seen[:12])
        remedy = "run `m9 survey` and name its file under base.survey in the rig file"
        if model.confidence == "inferred":
            return InvalidTest(f"{what} in the web UI", visited, remedy=remedy)
        return ProductFailure(
            Expectation(f"the web UI has {what}", proof, visited, source=f"pages.yaml, {model.confidence}"),
            remedy=remedy,
        )


def _distance(text: str, wanted: list[str]) -> int:
    """The rank of a link: 0 for a wanted text, more for one that only contains it, most for another identity."""
    lowered = text.lower()
    if lowered in wanted:
        return 0
    if any(word in lowered for word in wanted if not word.startswith("identity")):
        return 1
    return 3 if re.fullmatch(r"identity \d+", lowered) else 2
