"""What displays say and what call progress tones sound like, as data: a lab corrects the YAML, not the code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _loaded(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(Path(__file__).with_name(name).read_text(encoding="utf-8"))
    return loaded


def texts(state: str) -> list[str]:
    """What the display says in a state, any of these."""
    found: list[str] = _loaded("texts.yaml")[state]
    return found


def ring_back(country: str) -> list[float]:
    """The frequencies of ring-back in hertz, by the number of the setting `tones`."""
    found: list[float] = _loaded("tones.yaml")["ring_back"][country]
    return found
