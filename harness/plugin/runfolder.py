"""A run's folder: its name, its `run.json`, and how old ones are pruned."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections import Counter
from importlib import metadata
from pathlib import Path
from typing import Any

from harness.core import clock
from harness.core.errors import UsageError
from harness.rig.model import Rig
from harness.signoff import results

SCHEMA = 1
ROOT = Path(__file__).resolve().parents[2]
RUNS = ROOT / "reports" / "runs"
KEEP_DAYS = 60.0
KEEP_BYTES = 20 * 2**30
COUNTS = ("passed", "warnings", "product_failures", "rig_faults", "invalid", "not_applicable", "harness_faults")


def create(rig: Rig, profiles: list[str], wanted: str | None) -> Path:
    """A new, empty folder for a run: `<UTC>-<rig>-<profile>`, or the one that was asked for.

    Raises UsageError where none can be made or written to.
    """
    try:
        if not wanted:
            prune(RUNS)
        folder = _asked_for(Path(wanted)) if wanted else _new(rig, profiles)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError as error:
        where = wanted or str(RUNS)
        remedy = f"is {where} yours to write to? another folder: --run-dir DIR"
        raise UsageError(f"{where}: no run's folder can be made there: {error.strerror}", remedy=remedy) from error


def _asked_for(folder: Path) -> Path:
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _new(rig: Rig, profiles: list[str]) -> Path:
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(clock.now()))
    name = f"{stamp}-{rig.name}-{profiles[0] if len(profiles) == 1 else f'{len(profiles)}-profiles'}"
    for suffix in ("", *(f"-{number}" for number in range(2, 100))):
        folder = RUNS / (name + suffix)
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        return folder
    raise FileExistsError(name)


def prune(runs: Path, *, days: float = KEEP_DAYS, size: int = KEEP_BYTES) -> list[Path]:
    """Remove runs that are too old, then the oldest until all fit; returns what was removed."""
    folders = sorted(path for path in runs.glob("*") if path.is_dir() and not path.is_symlink())
    removed = [path for path in folders if clock.now() - _changed_at(path) > days * 86400]
    kept = [path for path in folders if path not in removed]
    sizes = {path: _size(path) for path in kept}
    while kept and sum(sizes[path] for path in kept) > size:
        removed.append(kept.pop(0))
    for path in removed:
        shutil.rmtree(path, ignore_errors=True)
    return removed


def _changed_at(folder: Path) -> float:
    """When it was last written to; of one that another run removes at this moment: now."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return clock.now()


def _size(folder: Path) -> int:
    """Its bytes; what another run takes away meanwhile does not count."""
    total = 0
    for where, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                total += os.lstat(os.path.join(where, name)).st_size
    return total


def counts(verdicts: list[str]) -> dict[str, int]:
    """How many tests ended with which verdict, under the names of the design's section 5."""
    from harness.core.verdict import Verdict

    found = Counter(Verdict(verdict).count_key for verdict in verdicts)
    return {key: found.get(key, 0) for key in COUNTS if key != "harness_faults" or found.get(key)}


def versions() -> dict[str, str]:
    """What this run was made with."""
    found = {"python": platform.python_version(), "kernel": platform.release()}
    for name in ("pytest", "allure-pytest", "pjsua2-python", "pyserial", "pysnmp", "selenium", "m9-harness"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def write(folder: Path, content: dict[str, Any]) -> None:
    """Write `run.json` in one piece: a reader never sees half of it."""
    part = folder / "run.json.part"
    part.write_text(json.dumps({"schema": SCHEMA, **content}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, folder / "run.json")


def read(folder: Path) -> dict[str, Any]:
    """The record of a run; of one that was cut off, what its finished tests left."""
    content = results.stored(folder)
    return {"counts": counts([test["verdict"] for test in content["tests"]]), **content}


def finished(folder: Path) -> list[dict[str, Any]]:
    """The tests that a run has finished so far, as its results file says."""
    return results.finished(folder)
