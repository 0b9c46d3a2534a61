"""What a test leaves behind, recorded in a private segment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

CHECKS = Path(__file__).with_name("recorder_checks.py")


def test_evidence_in_a_segment() -> None:
    command = f"ip link set lo up && exec {sys.executable} -m pytest -q -p no:cacheprovider {CHECKS}"
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", command],
        capture_output=True,
        text=True,
        timeout=240,
        cwd=CHECKS.parents[3],
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
