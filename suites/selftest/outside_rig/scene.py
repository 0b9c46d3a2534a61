"""The lab of `lab.py` as a context manager, and commands of m9 that run on its host."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from harness.signoff import health_record
from suites.selftest.outside_rig.lab import SNMPSIM
from suites.selftest.private_segment import ROOT, SEGMENT


@dataclass
class Night:
    """What became of a night."""

    output: str
    result: dict[str, Any]

    @property
    def counts(self) -> dict[str, int]:
        """How many tests ended with each verdict."""
        return dict(self.result["counts"])

    @property
    def troubles(self) -> list[str]:
        """What did not pass, but for tests that rest on time while this machine stood still."""
        runs = self.result["runs"]
        tests = [test for run in runs for test in run["tests"]]
        dead = [str(part["answered"]) for run in runs for part in health_record.dead(run["health"])]
        bad = [str(test.get("reason")) for test in tests if test["verdict"] not in ("passed", "not applicable")]
        return dead + [reason for reason in bad if not reason.startswith("rig fault: host:")]


@dataclass
class Outside:
    """A lab that is up: its rig file, and commands on the host beside it."""

    pid: int
    folder: Path
    facts: dict[str, Any]

    @property
    def rig(self) -> Path:
        """The rig file."""
        return Path(self.facts["rig"])

    def command(self, *words: object) -> list[str]:
        """A command line that runs on the lab's host."""
        return ["nsenter", "-t", str(self.pid), "-n", *map(str, words)]

    def run(self, *words: object, within: float = 240.0) -> subprocess.CompletedProcess[str]:
        """Run a command there; its locks and notes lie in the lab's folder, as those of one user do."""
        return subprocess.run(
            self.command(*words), cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=within
        )

    def python(self, *words: object, within: float = 240.0) -> subprocess.CompletedProcess[str]:
        """Run Python there."""
        return self.run(sys.executable, *words, within=within)

    def m9(self, *words: object, within: float = 240.0) -> subprocess.CompletedProcess[str]:
        """Run m9 there."""
        return self.python("-m", "harness", *words, within=within)

    def night(self, *words: object, rig: Path | None = None, within: float = 600.0) -> Night:
        """A night of the smoke tests."""
        result = self.folder / "night.json"
        result.unlink(missing_ok=True)
        options = ["--rig", rig or self.rig, "--select", "smoke", "--json", result, *words]
        done = self.m9("nightly", *options, within=within)
        return Night(done.stdout, json.loads(result.read_text()))

    def control(self, request: Mapping[str, Any]) -> None:
        """Do something to the stand-in behind the back of the harness."""
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(self.facts["control"])
            line.sendall(json.dumps(request).encode() + b"\n")
            with line.makefile("rb") as answers:
                assert json.loads(answers.readline())["ok"]

    @property
    def environment(self) -> dict[str, str]:
        """That of the lab's user."""
        own = {"XDG_RUNTIME_DIR": str(self.folder / "user"), "XDG_STATE_HOME": str(self.folder / "user" / "state")}
        return {**os.environ, **own}


@cache
def fetch_the_pdu() -> None:
    """Have snmpsim in uv's cache: the lab itself has no way out."""
    words = [str(word) for word in SNMPSIM if word != "--offline"]
    done = subprocess.run([*words, "--version"], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"not done: snmpsim cannot be fetched: {done.stderr.strip()[-200:]}")


@contextmanager
def outside(folder: Path, changes: Mapping[str, Any] | None = None, *more: str) -> Iterator[Outside]:
    """A lab in `folder`; `changes` replace keys of its rig file, `more` are options of `lab.py`."""
    fetch_the_pdu()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "user").mkdir()
    words = [sys.executable, "-m", "suites.selftest.outside_rig.lab", str(folder)]
    words += ["--changes", json.dumps(changes or {}), *more]
    with (folder / "lab.txt").open("wb") as log:
        lab = subprocess.Popen([*SEGMENT, *words], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
    try:
        assert lab.stdout is not None
        line = lab.stdout.readline()
        assert line, (folder / "lab.txt").read_text()
        yield Outside(lab.pid, folder, json.loads(line))
    finally:
        lab.communicate(timeout=60)
