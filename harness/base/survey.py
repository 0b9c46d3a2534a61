"""A unit's real web UI: crawls it, saves field names, labels, options and URLs, compares them with the expected ones.

The file is YAML; if a rig file names it under `base.survey`, the driver takes the URLs of pages from it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness.base.pages import PageMap, Place, expected
from harness.base.setting_definitions import Setting, SettingDefinitions
from harness.base.snapshot import Snapshot
from harness.base.web import WebUi
from harness.core import files
from harness.core.errors import UsageError


class SurveyedField(BaseModel):
    """A field of a page; options are value and text. The values of password fields are not kept."""

    model_config = ConfigDict(extra="forbid")

    name: str
    label: str = ""
    type: str
    value: str = ""
    options: list[tuple[str, str]] = Field(default_factory=list)


class SurveyedPage(BaseModel):
    """A page: its URL and title, the expected page that it is ("" if none), its fields."""

    model_config = ConfigDict(extra="forbid")

    url: str
    title: str = ""
    page: str = ""
    identity: int = 0
    fields: list[SurveyedField] = Field(default_factory=list)


class Survey(BaseModel):
    """All pages of one unit, its version, and the lab's corrections (`harness/core/overrides.py`)."""

    model_config = ConfigDict(extra="forbid")

    version: str = ""
    pages: list[SurveyedPage] = Field(default_factory=list)
    learned: dict[str, Any] = Field(default_factory=dict)

    def known(self) -> dict[Place, str]:
        """The URLs of expected pages, for the driver."""
        return {(page.page, page.identity): page.url for page in self.pages if page.page}

    def save(self, path: Path) -> None:
        """Write the survey as YAML; the corrections under `learned` of an older file are kept."""
        if path.exists() and not self.learned:
            self.learned = load(path).learned
        path.parent.mkdir(parents=True, exist_ok=True)
        data = self.model_dump(exclude_defaults=True, mode="json")
        files.write(path, yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=120))


def load(path: Path) -> Survey:
    """Read a survey; UsageError for any other file."""
    try:
        return Survey(**(yaml.safe_load(path.read_text()) or {}))
    except (OSError, yaml.YAMLError, ValidationError, TypeError) as error:
        first = str(error).splitlines()[0]
        raise UsageError(f"{path}: not a survey: {first}", remedy="make one with `m9 survey`") from error


def take(web: WebUi, identities: int = 9) -> Survey:
    """Crawl the web UI, read-only; `identities` is the number of identities to read (0: base only)."""
    without = rf"Identity (?![1-{identities}]$)\d" if identities else r"Identity \d"
    pages = web.pages.crawl(web.visit, without=without)
    found = [_surveyed(page, web.pages) for page in pages if page.status < 400 and not page.error]
    version = web.status().get("Version", "") if ("status-network", 0) in web.pages.known() else ""
    return Survey(version=version, pages=found)


def _surveyed(page: Snapshot, pages: PageMap) -> SurveyedPage:
    name, identity = next(iter(pages.places(page)), ("", 0))
    fields = [
        SurveyedField(
            name=field.name,
            label=field.label,
            type=field.type,
            value="" if field.type == "password" else field.sent,
            options=[(option.value, option.text) for option in field.options],
        )
        for field in page.inputs
    ]
    return SurveyedPage(url=page.url, title=page.title, page=name, identity=identity, fields=fields)


@dataclass(frozen=True)
class Difference:
    """Where a unit differs from the expectation; `kind` is page, name, place, missing, unknown or option."""

    kind: str
    what: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind:8} {self.what}: {self.text}"


def differences(survey: Survey, definitions: SettingDefinitions) -> list[Difference]:
    """Where the surveyed unit and the driver's expectation (settings.yaml and pages.yaml) disagree."""
    return [*_pages(survey), *_settings(survey, definitions), *_unknown(survey, definitions)]


def _pages(survey: Survey) -> Iterable[Difference]:
    there = {page.page for page in survey.pages}
    for name, model in expected().pages.items():
        if name not in there:
            yield Difference("page", name, f"no such page was found (expected by {model.confidence} material)")


def _settings(survey: Survey, definitions: SettingDefinitions) -> Iterable[Difference]:
    for setting in definitions:
        if not setting.page or setting.scope == "category":
            continue
        pages = [page for page in survey.pages if page.page == setting.page and page.identity in (0, 1)]
        fields = [field for page in pages for field in page.fields]
        if not pages:
            continue
        same = next((field for field in fields if field.name == setting.wire_name), None)
        yield from [_elsewhere(setting, fields, survey)] if same is None else _options(setting, same)


def _elsewhere(setting: Setting, fields: list[SurveyedField], survey: Survey) -> Difference:
    """The most likely reason why a setting's field is not on the expected page."""
    spelt = [f.name for f in fields if f.name in (setting.name, *setting.spellings)]
    if spelt:
        return Difference("name", setting.name, f"this unit spells it {spelt[0]}")
    labelled = [f.name for f in fields if setting.label and f.label == setting.label]
    if labelled:
        return Difference("name", setting.name, f"the field labelled {setting.label!r} is named {labelled[0]}")
    others = [page for page in survey.pages if any(f.name == setting.wire_name for f in page.fields)]
    if others and others[0].page == setting.page:
        return Difference("place", setting.name, f"not on identity 1 but on {others[0].identity}: kept by perm R?")
    if others:
        return Difference("place", setting.name, f"expected on {setting.page}, found on {others[0].url}")
    return Difference("missing", setting.name, f"expected on {setting.page}, on no page")


def _options(setting: Setting, field: SurveyedField) -> Iterable[Difference]:
    if setting.type != "choice" or not field.options:
        return
    new = [f"{value} ({text})" for value, text in field.options if value not in setting.values]
    if new:
        yield Difference("option", setting.name, "values that settings.yaml does not have: " + ", ".join(new))


def _unknown(survey: Survey, definitions: SettingDefinitions) -> Iterable[Difference]:
    seen: set[str] = set()
    for page in survey.pages:
        for field in page.fields:
            if field.name in seen or page.identity not in (0, 1) or _known(field, definitions):
                continue
            if field.name:
                seen.add(field.name)
                where = f"{page.url}, labelled {field.label!r}" if field.label else page.url
                yield Difference("unknown", field.name, f"a field that settings.yaml does not have, on {where}")


def _known(field: SurveyedField, definitions: SettingDefinitions) -> bool:
    """Whether a field is defined, repeats a password, or belongs to an indexed setting."""
    plain = field.name.rstrip("0123456789")
    indexed = plain in definitions and definitions[plain].scope == "category"
    return field.name in definitions or "(repeat)" in field.label or indexed
