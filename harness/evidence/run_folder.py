"""The names of the files in a run's folder, for every writer and reader."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_CAPTURE, _TESTS = "capture", "tests"
"""Folders of the run's capture files, and of the evidence of single tests; a single rig's capture has the first."""


@dataclass(frozen=True)
class RunFolder:
    """A folder under reports/runs/ (design, section 5); `new_run` makes one.

    With several rigs side by side each `worker` of pytest-xdist (`gw0`) has its own capture and acts in it, as all
    these rigs have the same addresses.
    """

    path: Path
    worker: str = ""

    # what was found

    @property
    def record(self) -> Path:
        """What the run was and what it found."""
        return self.path / "run.json"

    @property
    def results(self) -> Path:
        """One line for each test, written when it ends."""
        return self.path / "results.jsonl"

    @property
    def is_a_run(self) -> bool:
        """Whether a run left its record here, complete or not."""
        return self.record.exists() or self.results.exists()

    @property
    def health(self) -> Path:
        """What the check of the rig before the run found."""
        return self.path / "health.json"

    @property
    def reserve(self) -> Path:
        """Occupies room for the record and the sheet while the run lasts."""
        return self.path / "reserve"

    # reports

    @property
    def allure_results(self) -> Path:
        """The source of Allure's report."""
        return self.path / "allure-results"

    @property
    def allure_environment(self) -> Path:
        """The report's data about the whole run."""
        return self.allure_results / "environment.properties"

    @property
    def report(self) -> Path:
        """The generated report."""
        return self.path / "report"

    @property
    def report_page(self) -> Path:
        """Its first page."""
        return self.report / "index.html"

    @property
    def report_log(self) -> Path:
        """The generator's output."""
        return self.path / "report.log"

    @property
    def sheet(self) -> Path:
        """The sign-off sheet."""
        return self.path / "signoff.html"

    @property
    def sheet_data(self) -> Path:
        """The sheet for a machine."""
        return self.path / "signoff.json"

    @property
    def terminal(self) -> Path:
        """What a run beside others would have printed."""
        return self.path / "terminal.txt"

    @property
    def pytest_log(self) -> Path:
        """Pytest's output, where another command ran it."""
        return self.path / "pytest.log"

    # evidence

    @property
    def capture(self) -> Path:
        """The folder of the run's capture files; they are not scrubbed and must not leave the run's folder."""
        return self._made(_CAPTURE)

    @property
    def capture_file(self) -> Path:
        """All packets of the rig."""
        return self.capture / f"{self.worker or _CAPTURE}.pcap"

    @property
    def acts(self) -> Path:
        """Acts on the base and displays of handsets, one JSON line each: evidence beside the capture."""
        return self.path / (f"acts-{self.worker}.jsonl" if self.worker else "acts.jsonl")

    @property
    def timeline(self) -> Path:
        """All events, one JSON line each, on the host's clock; lines of a worker name it."""
        return self.path / "timeline.jsonl"

    @property
    def tests(self) -> Path:
        """One folder for each test, with its evidence as files."""
        return self._made(_TESTS)

    def test(self, test_id: str) -> Path:
        """The folder of one test; its id becomes a file name."""
        slug = re.sub(r"[^\w.=\[\]-]+", "-", test_id.replace("::", "-")).strip("-")[-150:]
        folder = self.tests / slug
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    # the rig, and several of them

    @property
    def parts(self) -> Path:
        """Where the parts of the rig keep their logs."""
        return self.path / self.worker

    @property
    def server_key(self) -> Path:
        """The private key of the rig's servers, beside their certificate; it opens the capture and must not leave."""
        return self.parts / "tls" / "server.key"

    @property
    def bringup_log(self) -> Path:
        """The bring-up command's output."""
        return self.parts / "bringup.log"

    @property
    def facts(self) -> Path:
        """A worker's facts about its rig until now."""
        return self.parts / "facts.json"

    @property
    def facts_of_workers(self) -> dict[str, Path]:
        """The facts files of all workers."""
        return {path.parent.name: path for path in self.path.glob(f"*/{RunFolder(self.path).facts.name}")}

    def _made(self, name: str) -> Path:
        folder = self.path / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def around(capture: Path) -> Iterator[RunFolder]:
    """The run folders that a capture file may belong to, the likeliest first: a whole run's, a test's, neither."""
    worker = "" if capture.stem == _CAPTURE else capture.stem
    if is_of_a_run(capture):
        yield RunFolder(capture.parent.parent, worker)
    elif capture.parent.parent.name == _TESTS:
        yield RunFolder(capture.parent.parent.parent)
    yield RunFolder(capture.parent, worker)
    yield RunFolder(capture.parent)


def is_of_a_run(capture: Path) -> bool:
    """Whether a capture file has the place of a whole run's capture."""
    return capture.parent.name == _CAPTURE
