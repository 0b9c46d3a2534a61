"""The contracts of imports know every suite: a new folder is not left unguarded."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[3]
NOT_A_SUITE = {"selftest"}


def test_every_suite_is_named_in_the_contracts_of_suites() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    suites = {path.parent.name for path in (ROOT / "suites").glob("*/test_*.py")} - NOT_A_SUITE
    assert suites
    guarded = [set(one["source_modules"]) for one in contracts if "suites.calls" in one.get("source_modules", ())]
    assert len(guarded) == 2
    assert all({f"suites.{name}" for name in suites} <= names for names in guarded)
