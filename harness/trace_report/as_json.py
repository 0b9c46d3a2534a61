"""The report for a machine: the fields of `model.Report`, with `kind` and `schema` first."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from harness.trace_report.model import SCHEMA, Report


def content(report: Report) -> dict[str, Any]:
    """What `--json` writes."""
    fields = dataclasses.asdict(report)
    del fields["schema"]
    found: dict[str, Any] = _finite({"kind": "m9 judge", "schema": SCHEMA, **fields})
    return found


def _finite(value: Any) -> Any:
    """JSON has no infinity: an open end of a window is null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
