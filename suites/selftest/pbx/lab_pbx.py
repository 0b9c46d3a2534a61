"""The suites at a PBX that is not the harness's own: a rig file that names it, and a run whose results are read."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from harness.signoff import results

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "rigs" / "standin.yaml"
KEEPS = "the PBX in between keeps it to itself: "


def rig_file(path: Path, pbx: Mapping[str, Any], bringup: Sequence[str] = (), defects: Iterable[str] = ()) -> Path:
    """Write the file of a stand-in with these defects and this PBX, without IPv6; `bringup` is another command."""
    rig: dict[str, Any] = yaml.safe_load(STANDIN.read_text())
    words = [*(bringup or rig["bringup"]["command"])]
    rig["bringup"]["command"] = [*words, *(word for name in defects for word in ("--defect", name))]
    rig["pbx"]["asterisk"] = {"kind": "external", **pbx}
    del rig["network"]["address6"]
    rig["capabilities"].remove("ipv6")
    path.write_text(json.dumps(rig, indent=1))
    return path


class Played:
    """A part of the suites, run at the PBX of a rig file."""

    def __init__(self, folder: Path, rig: Path, words: Sequence[str], *, limit: float = 2400.0, jobs: int = 2) -> None:
        own = {"XDG_RUNTIME_DIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        where = ["--rig", str(rig), "--run-dir", str(folder / "run")]
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", str(jobs), *words, *where],
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=limit,
        )
        self.output = done.stdout + done.stderr
        self.record: dict[str, Any] = results.read(folder / "run")
        self.tests = {_name(test): test for test in self.record["tests"]}

    @property
    def verdicts(self) -> set[str]:
        """The verdicts that there were."""
        return {key for key, number in self.record["counts"].items() if number}

    def ended(self, verdict: str) -> set[str]:
        """The tests with this verdict."""
        return {name for name, test in self.tests.items() if test["verdict"] == verdict}

    @property
    def kept(self) -> set[str]:
        """The tests whose occasion the PBX kept to itself."""
        return {name for name, test in self.tests.items() if KEEPS in test.get("reason", "")}


def _name(test: Mapping[str, Any]) -> str:
    """`test_x[inactive]` of `suites/…::test_x[asterisk-HLD-2-inactive]`: without profile and rule."""
    name, _, words = str(test["id"]).rpartition("::")[2].rstrip("]").partition("[")
    own = words.removeprefix("asterisk").removeprefix(f"-{test.get('rule', '')}").strip("-")
    return f"{name}[{own}]" if own else name
