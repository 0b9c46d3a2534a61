"""What the health check before a run found of the rig's parts: the answer to "is it the rig or the firmware?"."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.evidence.run_folder import RunFolder

WELL = "well"


def parts(folder: Path) -> list[dict[str, Any]]:
    """The parts of a run's rig as the check before it found them; none where none was made."""
    try:
        found: list[dict[str, Any]] = json.loads(RunFolder(folder).health.read_text(encoding="utf-8"))["parts"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return found


def dead(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts that did not answer; what could not be tried for want of another part is none."""
    return [part for part in found if not part.get("ok") and part.get("applicable", True)]


def told(found: list[dict[str, Any]]) -> dict[str, str]:
    """A line for each dead part with its remedy, or one for all of them."""
    if not found:
        return {}
    broken = dead(found)
    if not broken:
        return {"all parts": WELL}
    return {str(part.get("part")): f"{part.get('answered', '')} (remedy: {part.get('remedy', '')})" for part in broken}


def ill(health: dict[str, str]) -> list[str]:
    """The parts of what `told` that are not well."""
    return [part for part, words in health.items() if words != WELL]
