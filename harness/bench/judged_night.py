"""A night's capture judged by `m9 judge`, compared with `sip-doctor read` over the same file, in processor time."""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness.bench import stored_night
from harness.bench.frame import Row
from harness.bench.stored_call import CallParties
from harness.bench.usage import least
from harness.core import verdict

TARGET, ALONE_S, LIMIT_MB = 1.5, 2.25, 150.0
"""Times the other's seconds; if it is not installed, one and a half times its seconds on two old cores."""
ROUNDS = 3
JUDGED = (verdict.EXIT_GOOD, verdict.EXIT_PRODUCT)


@dataclass(frozen=True)
class MemoryRow(Row):
    """A row with a memory limit."""

    megabytes: float = 0.0
    limit_mb: float = LIMIT_MB

    @property
    def met(self) -> bool:
        """Whether both targets are met."""
        return super().met and self.megabytes <= self.limit_mb


def judge_command(path: Path) -> list[str]:
    """The command that judges the stored capture."""
    return [sys.executable, "-m", "harness", "judge", str(path), "--base", CallParties().base]


def measure() -> Row:
    """The smallest of three rounds of each; `sip-doctor` comes with `pip install -e .[develop]`."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        path = Path(folder) / "night.pcap"
        packets = stored_night.write_night(path)
        size = path.stat().st_size / 1e6
        ours = least(judge_command(path), ROUNDS, JUDGED)
        note = f"{packets} packets, {size:.0f} MB; memory {ours.megabytes:.0f} MB of {LIMIT_MB:.0f}"
        name = "a night's capture judged, processor time"
        if importlib.util.find_spec("sipdoctor") is None:
            note += "; pip install sip-doctor to compare"
            return MemoryRow(name, ours.seconds, None, "absolute", ALONE_S, "s", note, megabytes=ours.megabytes)
        theirs = least([sys.executable, "-m", "sipdoctor", "read", str(path)], ROUNDS, (0, 1, 2))
    note += f", theirs {theirs.megabytes:.0f}"
    return MemoryRow(name, ours.seconds, theirs.seconds, "times longer", TARGET, "s", note, megabytes=ours.megabytes)
