"""The features of the product presentation, read from suites/catalogue.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.core.errors import UsageError
from harness.core.layout import CATALOGUE

# libyaml's safe loader, if PyYAML was built with it: it is ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
IN_USE = "in use"
"""The slide of a feature that no slide promises, and that a user relies on."""


class Feature(BaseModel):
    """One row: the promised feature, its slide, and why no rig can test it, if none can."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    title: str
    slide: str
    untested: str = ""


class Area(BaseModel):
    """An area of the product with its features."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: str
    features: list[Feature]


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    areas: list[Area]


@dataclass(frozen=True)
class Catalogue:
    """All areas in the order of the file."""

    areas: tuple[Area, ...]

    @property
    def features(self) -> Iterator[Feature]:
        """All features."""
        for area in self.areas:
            yield from area.features

    @property
    def ids(self) -> set[str]:
        """All ids."""
        return {feature.id for feature in self.features}


def load(path: Path = CATALOGUE) -> Catalogue:
    """Read the catalogue; raises UsageError for a wrong row and for a repeated id."""
    try:
        areas = _File.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)).areas
    except (ValidationError, yaml.YAMLError, OSError) as error:
        raise UsageError(f"{path}: {error}") from error
    seen: set[str] = set()
    for area in areas:
        for feature in area.features:
            if feature.id in seen:
                raise UsageError(f"{path}: feature {feature.id} is listed twice")
            seen.add(feature.id)
    return Catalogue(tuple(areas))
