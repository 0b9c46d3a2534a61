"""The matrix of platforms as data: which rows there are, how well each cell is documented, and why one has no test."""

from __future__ import annotations

from functools import cache
from typing import Literal

import yaml
from pydantic import Field, ValidationError, model_validator

from harness.core.errors import UsageError
from harness.profiles.model import FOLDER, MATRIX, Entry

FILE = FOLDER / f"{MATRIX}.yaml"
OTHERS = "*"
Reasons = dict[str, str]
Evidence = Literal["documented", "default of the RFC", "inferred"]
_EVIDENCE: dict[str, Evidence] = {"D": "documented", "R": "default of the RFC", "I": "inferred"}


class Row(Entry):
    """One behaviour, at every platform."""

    title: str
    area: str
    core: bool = False
    evidence: str = Field(pattern="^[DRI]{9}$")
    untested: Reasons = Field(default_factory=dict)
    not_applicable: Reasons = Field(default_factory=dict)
    partly: Reasons = Field(default_factory=dict)

    def reason(self, kind: Literal["untested", "not_applicable", "partly"], platform: str) -> str:
        """Why at this platform; empty where nothing is said. What one platform says goes before what all others do."""
        told: Reasons = getattr(self, kind)
        if kind == "not_applicable" and platform in self.untested:
            return ""
        return told.get(platform, told.get(OTHERS, ""))


class RowsOfPlatforms(Entry):
    """The file."""

    platforms: tuple[str, ...]
    rows: dict[str, Row]

    @model_validator(mode="after")
    def _names_platforms(self) -> RowsOfPlatforms:
        known = {*self.platforms, OTHERS}
        for name, row in self.rows.items():
            for told in (row.untested, row.not_applicable, row.partly):
                if strange := sorted(set(told) - known):
                    raise ValueError(f"{name}: {', '.join(strange)}: no such platform")
        return self

    def evidence(self, row: str, platform: str) -> Evidence:
        """How well a cell is documented."""
        return _EVIDENCE[self.rows[row].evidence[self.platforms.index(platform)]]


@cache
def load() -> RowsOfPlatforms:
    """The matrix; UsageError for a file that is wrong."""
    try:
        return RowsOfPlatforms.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        text = " ".join(str(error).split())
        raise UsageError(f"harness/profiles/matrix.yaml: {text}", remedy="correct the file") from None
