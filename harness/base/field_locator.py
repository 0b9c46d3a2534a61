"""Settings on the web UI: finds their pages, reads them, and writes them with one save for each page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from harness.base.diagnostics import categories
from harness.base.pages import Place
from harness.base.setting_definitions import Setting, SettingDefinitions
from harness.base.snapshot import Field, Snapshot
from harness.base.web import WebUi
from harness.core.errors import Expectation, InvalidTest, ProductFailure

Key = tuple[str, int]


class FieldLocator:
    """Finds settings by the page that settings.yaml names, else by the fields that a crawl found.

    The crawl runs once, and only when settings.yaml names no page for a setting, or a wrong one.
    """

    def __init__(self, web: WebUi, definitions: SettingDefinitions) -> None:
        self.web = web
        self.definitions = definitions
        self._explored = False
        self._shown: dict[Place, Snapshot] = {}

    def read(self, keys: Iterable[Key]) -> dict[Key, str | None]:
        """The form values of these settings, freshly loaded; None for one that no page shows."""
        return {key: field.sent if field else None for key, field in self.fields(keys).items()}

    def fields(self, keys: Iterable[Key]) -> dict[Key, Field | None]:
        """The field of each of these settings, freshly loaded; a greyed-out field or a mere text is disabled."""
        self._shown.clear()
        found: dict[Key, Field | None] = {}
        for place, group in self._by_page(list(keys)).items():
            for key in group:
                found[key] = self._field(self._shown[place], key) if place else None
        return found

    def write(self, values: Mapping[Key, str]) -> bool:
        """Fill in these settings, one save a page; returns whether a page asks for a reboot.

        Call `read` or `fields` first: a page that the browser still shows is not loaded again. Raises InvalidTest for
        a setting that no page shows, ProductFailure if a page does not keep a value.
        """
        asked = False
        for place, group in self._by_page(list(values)).items():
            if place is None:
                raise InvalidTest(f"a web page with {group[0][0]}", "no page of the web UI has such a field")
            shown = self._in_browser(place)
            for key in group:
                field = self._field(shown, key)
                if field is None or field.disabled:
                    raise InvalidTest(
                        f"a field to write {key[0]} in",
                        f"{shown.name} only shows it",
                        remedy="provision it with perm RW",
                    )
                self._fill(field, values[key])
            answer = self.web.save()
            asked = asked or answer.reboot_needed
            if not answer.confirmed:
                raise ProductFailure(
                    Expectation("a saved page shows the entered values", str(dict(answer.kept)), f"lost {answer.lost}")
                )
        return asked

    def key_of(self, field: Field, identity: int = 0) -> Key:
        """The setting behind a field that a page shows; UsageError for one that settings.yaml does not have."""
        trimmed = (field.name, field.name.removesuffix(f"_{identity}"), field.name.removesuffix(str(identity)))
        setting = self.definitions[next((name for name in trimmed if name in self.definitions), field.name)]
        return (setting.name, 0 if setting.scope == "base" else identity)

    def writable(self, key: Key) -> bool:
        """Whether a page has a field for this setting that a user may change; the page is then open."""
        field = self.fields([key])[key]
        return field is not None and not field.disabled

    def _fill(self, field: Field, value: str) -> None:
        self.web.fill(field.name, value)
        if field.type == "password":
            repeated = self.web.page.field(f"{field.label} (repeat)")
            if repeated is not None:
                self.web.fill(repeated.name, value)

    def _by_page(self, keys: list[Key]) -> dict[Place | None, list[Key]]:
        grouped: dict[Place | None, list[Key]] = {}
        for key in keys:
            grouped.setdefault(self._page(key), []).append(key)
        return grouped

    def _page(self, key: Key) -> Place | None:
        """The page that has this setting's field: name (or path) and identity."""
        setting = self.definitions[key[0]]
        identity = key[1] if setting.scope == "identity" else 0
        for page in self._candidates(setting):
            if page.startswith("/") and identity:
                continue
            place = (page, identity)
            try:
                if self._field(self._open(place), key) is not None:
                    return place
            except InvalidTest:
                continue
        return None

    def _candidates(self, setting: Setting) -> Iterable[str]:
        """Pages to look at: that of settings.yaml, those known to have the field, then those that a crawl finds."""
        tried = [setting.page] if setting.page else []
        yield from tried
        names = (setting.wire_name, setting.name)
        seen = [page for name in names for page in self.web.pages.pages_with(name) if page not in tried]
        yield from seen
        if not self._explored:
            self._explored = True
            for _ in self.web.pages.crawl(self.web.visit, without="Identity [2-9]"):
                pass
            found = [page for name in names for page in self.web.pages.pages_with(name)]
            yield from (page for page in found if page not in (*tried, *seen))

    def _open(self, place: Place) -> Snapshot:
        """The page as loaded for this call."""
        if place not in self._shown:
            self._shown[place] = self._load(place)
        return self._shown[place]

    def _in_browser(self, place: Place) -> Snapshot:
        """The page in the browser, opened if another one is shown or it was not loaded for this call."""
        shown = self._shown.get(place)
        return shown if shown is not None and shown is self.web.page else self._load(place)

    def _load(self, place: Place) -> Snapshot:
        page, identity = place
        return self.web.visit(page) if page.startswith("/") else self.web.open(page, identity or None)

    def _field(self, page: Snapshot, key: Key) -> Field | None:
        """The field of a setting on a page: by its name, by its name and index, else by its label."""
        setting = self.definitions[key[0]]
        if setting.scope == "category":
            return page.field(categories()[key[1] - 1])
        for name in (setting.wire_name, f"{setting.wire_name}{key[1]}", f"{setting.wire_name}_{key[1]}"):
            field = page.field(name)
            if field is not None and field.name == name:
                return field
        if not setting.label:
            return None
        return page.field(setting.label) or _as_text(page, setting)


def _as_text(page: Snapshot, setting: Setting) -> Field | None:
    """A setting that the page shows as a row of text, as it does for protected settings (perm R)."""
    shown = page.rows().get(setting.label)
    if shown is None:
        return None
    by_text = {text: value for value, text in setting.values.items()}
    return Field("", "text", setting.label, by_text.get(shown, shown), disabled=True)
