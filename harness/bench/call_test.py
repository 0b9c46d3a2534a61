"""A basic call test with evidence, compared with a bare pjsua2 script for the same call through the same PBX."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from harness.bench.call_suite.conftest import SECONDS_FILE
from harness.bench.frame import Row
from harness.core.errors import RigFault
from harness.core.layout import CALL_SUITE, ROOT, STANDIN_RIG
from harness.evidence.run_folder import RunFolder
from harness.pbx.kamailio import Kamailio
from harness.pbx.protocol import PbxAccount

ROUNDS = 10
TARGET = 1.3
SERVER, CALLER = "127.0.0.11", "127.0.0.21"


def measure() -> Row:
    """The medians of ten calls each; the harness's first call, which opens parts of the rig, does not count."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        ours = _our_seconds(Path(folder))[-ROUNDS:]
        theirs = _bare_seconds(Path(folder))
    return Row(
        "a basic call test with 1 s of audio each way, first act to evidence",
        statistics.median(ours),
        statistics.median(theirs),
        "times longer",
        TARGET,
        note="against a bare pjsua2 script",
    )


def _our_seconds(folder: Path) -> list[float]:
    seconds = folder / "seconds"
    words = [sys.executable, "-m", "pytest", "-q", str(CALL_SUITE), "--rig", str(STANDIN_RIG)]
    log = RunFolder(folder).pytest_log
    with log.open("wb") as output:
        ended = subprocess.run(
            [*words, "--run-dir", str(folder / "run")],
            cwd=ROOT,
            env={**os.environ, SECONDS_FILE: str(seconds)},
            stdout=output,
            stderr=output,
            check=False,
        )
    if ended.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace")[-600:]
        raise RigFault("bench", f"the call suite failed:\n{tail}", remedy="m9 nightly --select smoke")
    return [float(json.loads(line)) for line in seconds.read_text(encoding="utf-8").splitlines()]


def _bare_seconds(folder: Path) -> list[float]:
    caller, callee = PbxAccount("501", "bench-caller"), PbxAccount("502", "bench-callee")
    script = Path(__file__).with_name("bare_call.py")
    with Kamailio(SERVER, None, folder / "pbx", [caller, callee]) as server:
        words = [server.registrar, caller.user, caller.password, CALLER, callee.user, callee.password]
        return [_bare_call(script, words) for _ in range(ROUNDS)]


def _bare_call(script: Path, words: list[str]) -> float:
    ended = subprocess.run(
        [sys.executable, str(script), *words], capture_output=True, text=True, timeout=60, check=False
    )
    last = (ended.stdout.strip().splitlines() or [""])[-1]
    try:
        return float(last)
    except ValueError:
        raise RigFault(
            "bench", f"the bare script failed: {ended.stderr[-400:]}", remedy=f"run {script} by hand"
        ) from None
