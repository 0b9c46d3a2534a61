"""The data of languages.yaml: what a handset says in other languages than English."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.core import overrides

FILE = Path(__file__).with_name("languages.yaml")


class Languages(BaseModel):
    """Words by language and by how they begin in English, the parts of the menu, and the names in dates."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    columns: int
    words: dict[str, dict[str, str]]
    menus: tuple[tuple[str, ...], ...]
    days: dict[str, tuple[str, ...]]
    months: dict[str, tuple[str, ...]]


@overrides.cached
def languages() -> Languages:
    """The file with what the lab learned of its handsets; UsageError names the key of a mistake."""
    try:
        return Languages.model_validate(overrides.over("languages", yaml.safe_load(FILE.read_text(encoding="utf-8"))))
    except ValidationError as error:
        first = error.errors()[0]
        raise overrides.mistake("languages", f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
