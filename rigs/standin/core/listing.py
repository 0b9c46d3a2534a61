"""Prints a list of rows, for people or for a machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any


def show(words: Sequence[str], rows: Sequence[Mapping[str, Any]], line: Callable[[Mapping[str, Any]], str]) -> int:
    """Print one line for each row, or all rows as JSON with `--json`; returns the exit code."""
    if "--json" in words:
        print(json.dumps(rows))
    else:
        for row in rows:
            print(line(row))
    return 0
