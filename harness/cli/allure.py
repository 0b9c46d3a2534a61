"""Makes the Allure report of a run with the pinned generator in `reports/`."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from harness.cli import bootstrap
from harness.core.errors import HarnessFault
from harness.core.files import write
from harness.core.layout import ALLURE, ALLURE_SETTINGS, REPORTS
from harness.evidence.run_folder import RunFolder

LIMIT = 300.0


def generate(run: Path) -> Path:
    """Write `report/` beside `allure-results/`; raises HarnessFault when the generator is missing or fails."""
    if not ALLURE.exists():
        raise HarnessFault("the report generator is not installed", remedy=f"cd {REPORTS} && npm ci")
    files = RunFolder(run.resolve())
    command = [bootstrap.node(), str(ALLURE), "generate", str(files.allure_results), "--output", str(files.report)]
    command += ["--config", str(ALLURE_SETTINGS)] if ALLURE_SETTINGS.exists() else []
    try:
        done = subprocess.run(command, cwd=files.path, capture_output=True, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFault(f"the report generator did not run: {error}", remedy=" ".join(command)) from error
    told = done.stdout + done.stderr
    if done.returncode or not files.report_page.exists():
        shutil.rmtree(files.report, ignore_errors=True)  # on a full disk a part of it would need the last room
        last = told.strip().splitlines()[-1:] or ["it said nothing"]
        raise HarnessFault(
            f"no report: {last[0]}", remedy=f"make room if the disk is full, then: {shlex.join(command)}"
        )
    write(files.report_log, told)
    return files.report_page
