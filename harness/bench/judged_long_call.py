"""A call of two hours judged by `m9 judge`, compared with tshark's own list of its streams, in processor time."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.bench import stored_night
from harness.bench.frame import Row
from harness.bench.judged_night import JUDGED, MemoryRow, judge_command
from harness.bench.usage import least

HOURS, TARGET, LIMIT_MB = 2.0, 3.0, 300.0
ROUNDS = 2


def measure() -> Row:
    """The smaller of two rounds of each."""
    with tempfile.TemporaryDirectory(prefix="m9-bench-") as folder:
        path = Path(folder) / "call.pcap"
        packets = stored_night.write_long_call(path, HOURS)
        size = path.stat().st_size / 1e6
        ours = least(judge_command(path), ROUNDS, JUDGED)
        theirs = least(["tshark", "-r", str(path), "-n", "-q", "-z", "rtp,streams"], ROUNDS, (0,))
    note = f"{packets} packets, {size:.0f} MB; memory {ours.megabytes:.0f} MB of {LIMIT_MB:.0f}"
    name = f"a call of {HOURS:g} h judged, processor time"
    return MemoryRow(
        name, ours.seconds, theirs.seconds, "times longer", TARGET, "s", note,
        megabytes=ours.megabytes, limit_mb=LIMIT_MB,
    )  # fmt: skip
