"""Scripts and tests that need a network segment of their own: run in one, in a process of their own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SEGMENT = ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


def printed(*words: object, within: float = 60.0) -> Any:
    """What a script printed as JSON."""
    done = subprocess.run(
        [*SEGMENT, sys.executable, *map(str, words)],
        capture_output=True,
        text=True,
        timeout=within,
        cwd=ROOT,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "destroyed but it is pending" not in done.stderr
    return json.loads(done.stdout)


def passes(checks: Path, within: float = 240.0) -> None:
    """Every test of a file passes, with a loopback interface that is up."""
    command = f"ip link set lo up && exec {sys.executable} -m pytest -q -p no:cacheprovider {checks}"
    done = subprocess.run([*SEGMENT, "sh", "-c", command], capture_output=True, text=True, timeout=within, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
