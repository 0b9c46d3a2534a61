"""A tiny suite on the software rig in a process of its own, and what it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.evidence import timeline
from harness.signoff import results

ROOT = Path(__file__).parents[3]
STANDIN = ROOT / "rigs" / "standin.yaml"
LIMIT = 240.0
"""Seconds after which a run counts as one that hangs; on an idle machine the longest takes forty."""


@dataclass
class FaultyRun:
    """A suite of one file in `folder`; its processes can be told from all others by `token` in their environment."""

    folder: Path
    code: str
    rig: Path = STANDIN
    options: Sequence[str] = ()
    prefix: Sequence[str] = ()
    run: Path = Path()
    python_path: Path | None = None
    root: Path = ROOT
    token: str = field(default_factory=lambda: uuid.uuid4().hex)
    output: str = ""
    returncode: int = 0

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.run = self.folder / "run"
        (self.folder / "runtime").mkdir(exist_ok=True)
        (self.folder / "tmp").mkdir(exist_ok=True)
        (self.folder / "test_faults.py").write_text("import os, signal\nfrom pathlib import Path\n\n" + self.code)

    @property
    def words(self) -> list[str]:
        """The command."""
        test = str(self.folder / "test_faults.py")
        words = [sys.executable, "-m", "pytest", test, "--rootdir", str(self.folder)]
        words += ["-c", str(self.root / "pyproject.toml")]
        return [*self.prefix, *words, "--rig", str(self.rig), "--run-dir", str(self.run), *self.options]

    @property
    def environment(self) -> dict[str, str]:
        """Locks and temporary files of this run lie in its own folder, where what is left of them is seen."""
        own = {"XDG_RUNTIME_DIR": str(self.folder / "runtime"), "TMPDIR": str(self.folder / "tmp")}
        own["XDG_STATE_HOME"] = str(self.folder / "state")
        if self.python_path is not None:
            own["PYTHONPATH"] = str(self.python_path)
        return {**os.environ, **own, "M9_FAULTY_RUN": self.token, "FOLDER": str(self.folder)}

    def start(self, **how: Any) -> subprocess.Popen[bytes]:
        """Start it and return at once; what it says goes to a file."""
        with (self.folder / "output").open("wb") as output:
            streams = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": output, **how}
            return subprocess.Popen(self.words, cwd=self.root, env=self.environment, **streams)

    def finish(self) -> FaultyRun:
        """Run it to its end."""
        return self.ended(self.start())

    def ended(self, process: subprocess.Popen[bytes]) -> FaultyRun:
        """Wait for the end."""
        try:
            self.returncode = process.wait(LIMIT)
        finally:
            process.kill()
            self.output = (self.folder / "output").read_text(errors="replace")
        return self

    @property
    def result(self) -> dict[str, Any]:
        """The run's record; of one that was cut off, what its finished tests left."""
        return results.read(self.run)

    @property
    def verdicts(self) -> dict[str, str]:
        """Name of the test → verdict."""
        return {_name(test): test["verdict"] for test in self.result["tests"]}

    def reason(self, name: str) -> str:
        """Why a test ended as it did."""
        return next(str(test.get("reason", "")) for test in self.result["tests"] if _name(test) == name)

    def duration(self, name: str) -> float:
        """How long a test took in seconds, from its beginning until its evidence was collected."""
        told = {line["text"]: line["at"] for line in timeline.read(self.run / "timeline.jsonl")}
        test = next(test for test in self.result["tests"] if _name(test) == name)
        begun, ended = told.get(f"begins: {test['id']}"), told.get(f"{test['verdict']}: {test['id']}")
        measured = float(ended - begun) if begun and ended else 0.0  # a full disk loses lines
        return max(measured, float(test["duration"]))

    def has_a_rig_fault(self, name: str, begins: str) -> None:
        """The test ended as a rig fault with this text and a remedy."""
        assert self.verdicts.get(name) == "rig fault", self.output
        assert self.reason(name).startswith(begins)
        assert "  remedy  " in self.reason(name)

    def has_passed(self, name: str) -> None:
        """The test passed."""
        assert self.verdicts.get(name) == "passed", self.output

    @property
    def processes(self) -> list[str]:
        """All that still runs of this run: pid and command line."""
        return [f"{pid} {_command(pid)}" for pid in pids() if f"M9_FAULTY_RUN={self.token}".encode() in _environ(pid)]

    def derived_rig(self, change: Any) -> Path:
        """A rig file made from the software rig's: `change` alters what it says."""
        content = yaml.safe_load(STANDIN.read_text())
        change(content)
        path = self.folder / "rig.yaml"
        path.write_text(json.dumps(content))
        return path


def pids() -> list[int]:
    """Every process there is."""
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _environ(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return b""


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return "gone"


def _name(test: dict[str, Any]) -> str:
    return str(test["id"]).partition("::")[2].partition("[")[0]
