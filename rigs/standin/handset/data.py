"""The handset's texts and figures, from texts.yaml and figures.yaml."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml


@cache
def _load(name: str) -> dict[str, Any]:
    with Path(__file__).with_name(name).open(encoding="utf-8") as text:
        loaded: dict[str, Any] = yaml.safe_load(text)
    return loaded


def text(key: str, **values: object) -> str:
    """A text by its dotted key, filled in; KeyError if there is none."""
    node: Any = _load("texts.yaml")
    for part in key.split("."):
        node = node[part]
    return str(node).format(**values)


def figure(key: str) -> Any:
    """A figure by name: seconds end in _s, milliseconds in _ms."""
    return _load("figures.yaml")[key]


def reason(key: str, said: str = "") -> str:
    """How a call's end reads; an unknown reason shows the server's words."""
    reasons = _load("texts.yaml")["reasons"]
    return str(reasons.get(key, reasons["failed"])).format(text=said or key)
