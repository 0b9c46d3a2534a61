"""The features of the product presentation, read from suites/catalogue.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from harness.core.errors import UsageError
from harness.core.layout import CATALOGUE

# libyaml's safe loader where it was built in: ten times as fast.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Feature(BaseModel):
    """One row: what is promised, on which slide, and why no rig can test it where that is so."""

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
    """Read the catalogue; raises UsageError for a row that is wrong and for an id that stands twice."""
    try:
        areas = _File.model_validate(yaml.load(path.read_text(encoding="utf-8"), Loader=_LOADER)).areas
    except (ValidationError, yaml.YAMLError, OSError) as error:
        raise UsageError(f"{path}: {error}") from error
    seen: set[str] = set()
    for area in areas:
        for feature in area.features:
            if feature.id in seen:
                raise UsageError(f"{path}: feature {feature.id} stands twice")
            seen.add(feature.id)
    return Catalogue(tuple(areas))
