"""What every mapping of a rig file has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict


class Entry(BaseModel):
    """A mapping of the rig file: types are not guessed, unknown keys are errors, nothing changes after loading."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    not_yet: ClassVar[Mapping[str, str]] = {}
    """Keys planned for later, and what to write until then."""
