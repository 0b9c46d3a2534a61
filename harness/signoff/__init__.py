"""The release sheet: which features were judged under which profiles, the findings, and what was not judged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.evidence.run_folder import RunFolder


def write(runs: Sequence[Path], target: Path) -> Path:
    """Write `signoff.html` and `signoff.json` for these run folders into `target`; returns the path of the sheet."""
    from harness.signoff import sheet

    sheet.write(runs, target)
    return RunFolder(target).sheet
