"""The paths of the checkout; no other module counts the folders above a file.

Standard library only: the set-up needs it before anything is installed.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STANDIN_RIG = ROOT / "rigs" / "standin.yaml"
CATALOGUE = ROOT / "suites" / "catalogue.yaml"
CALL_SUITE = ROOT / "harness" / "bench" / "call_suite"
"""A single call as a suite, for the bench."""

REPORTS = ROOT / "reports"
RUNS = ROOT / (os.environ.get("M9_RUNS") or REPORTS / "runs")
"""Where runs leave their folders; the variable names another place, as for a checkout that is read-only."""
CATEGORIES = REPORTS / "categories.json"
"""How Allure sorts what did not pass."""
ALLURE = REPORTS / "node_modules" / "allure" / "cli.js"
ALLURE_SETTINGS = REPORTS / "allurerc.json"
