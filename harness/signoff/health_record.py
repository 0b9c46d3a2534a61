"""The result of the health check before a run: it helps to tell a rig fault from a firmware fault."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.evidence.run_folder import RunFolder

WELL = "well"


def parts(folder: Path) -> list[dict[str, Any]]:
    """The parts of a run's rig as the check before it found them; empty if no check was made."""
    try:
        found: list[dict[str, Any]] = json.loads(RunFolder(folder).health.read_text(encoding="utf-8"))["parts"]
    except (OSError, ValueError, LookupError, TypeError):
        return []
    return found


def dead(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts that did not answer, without those that could not be tried because another part is dead."""
    return [part for part in found if not part.get("ok") and part.get("applicable", True)]


def told(found: list[dict[str, Any]]) -> dict[str, str]:
    """One line for each dead part with its remedy, or one line if all parts answered."""
    if not found:
        return {}
    broken = dead(found)
    if not broken:
        return {"all parts": WELL}
    return {str(part.get("part")): f"{part.get('answered', '')} (remedy: {part.get('remedy', '')})" for part in broken}


def ill(health: dict[str, str]) -> list[str]:
    """The parts of `told` that are dead."""
    return [part for part, words in health.items() if words != WELL]
