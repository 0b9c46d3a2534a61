"""What displays say and what call progress tones sound like, as data: a lab corrects the YAML, not the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from harness.core import overrides


@overrides.cached
def _loaded(name: str) -> dict[str, Any]:
    path = Path(__file__).with_name(f"{name}.yaml")
    return overrides.over(name, yaml.safe_load(path.read_text(encoding="utf-8")))


def texts(state: str) -> list[str]:
    """What the display says in a state, any of these."""
    found: list[str] = _loaded("texts")[state]
    return found


def ring_back(country: str) -> list[float]:
    """The frequencies of ring-back in hertz, by the number of the setting `tones`."""
    found: list[float] = _loaded("tones")["ring_back"][country]
    return found
