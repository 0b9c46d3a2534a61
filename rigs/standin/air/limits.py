"""The radio figures of limits.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml


@cache
def limits() -> dict[str, float]:
    """All figures by name; seconds end in _s, levels in _dbm."""
    with Path(__file__).with_name("limits.yaml").open(encoding="utf-8") as text:
        return {name: float(value) for name, value in yaml.safe_load(text).items()}
