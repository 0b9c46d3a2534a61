"""Makes the Allure report of a run with the pinned generator in `reports/`."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.cli import bootstrap
from harness.core.errors import HarnessFault

LIMIT = 300.0


def generate(run: Path) -> Path:
    """Write `report/` beside `allure-results/`; raises HarnessFault when the generator is missing or fails."""
    if not bootstrap.ALLURE.exists():
        raise HarnessFault("the report generator is not installed", remedy=f"cd {bootstrap.REPORTS} && npm ci")
    run = run.resolve()
    config = bootstrap.REPORTS / "allurerc.json"
    command = [bootstrap.node(), str(bootstrap.ALLURE), "generate", str(run / "allure-results")]
    command += ["--output", str(run / "report")]
    command += ["--config", str(config)] if config.exists() else []
    try:
        done = subprocess.run(command, cwd=run, capture_output=True, text=True, timeout=LIMIT)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise HarnessFault(f"the report generator did not run: {error}", remedy=" ".join(command)) from error
    (run / "report.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    index = run / "report" / "index.html"
    if done.returncode or not index.exists():
        last = (done.stdout + done.stderr).strip().splitlines()[-1:] or ["it said nothing"]
        raise HarnessFault(f"no report: {last[0]}", remedy=f"read {run / 'report.log'}")
    return index
