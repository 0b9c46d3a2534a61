"""The rooms of a run's folder, in one place, so that every writer and reader means the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunFolder:
    """A folder under reports/runs/ (design, section 5).

    Of several rigs side by side each `worker` of pytest-xdist (`gw0`) has a capture and acts of its own in it, as all
    these rigs have the same addresses.
    """

    path: Path
    worker: str = ""

    @property
    def parts(self) -> Path:
        """Where the parts of the rig keep their logs."""
        return self.path / self.worker

    @property
    def facts(self) -> Path:
        """What a worker found out about its rig until now."""
        return self.parts / "facts.json"

    @property
    def capture(self) -> Path:
        """The folder of the run's capture files, which are not scrubbed: they never leave the run's folder."""
        return self._made("capture")

    @property
    def capture_file(self) -> Path:
        """Everything that was on the wire of the rig."""
        return self.capture / f"{self.worker or 'capture'}.pcap"

    @property
    def report(self) -> Path:
        """The generated report."""
        return self.path / "report"

    @property
    def tests(self) -> Path:
        """One folder a test with its evidence as files."""
        return self._made("tests")

    @property
    def timeline(self) -> Path:
        """Everything that happened, a JSON line each, on the host's clock; a worker's lines name it."""
        return self.path / "timeline.jsonl"

    @property
    def acts(self) -> Path:
        """What was done to the base and what its handsets showed, a JSON line each: evidence beside the capture."""
        return self.path / (f"acts-{self.worker}.jsonl" if self.worker else "acts.jsonl")

    @property
    def results(self) -> Path:
        """A line a test, written as it ends."""
        return self.path / "results.jsonl"

    def test(self, test_id: str) -> Path:
        """The folder of one test; its id becomes a file name."""
        slug = re.sub(r"[^\w.=\[\]-]+", "-", test_id.replace("::", "-")).strip("-")[-150:]
        folder = self.tests / slug
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _made(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder
