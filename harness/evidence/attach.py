"""Where evidence goes: files in the test's folder, and the open Allure result when there is one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from harness.core.redaction import redaction
from harness.core.steps import Step

_EXTENSIONS = {"text/plain": "txt", "text/html": "html", "image/svg+xml": "svg", "image/png": "png",
               "audio/wav": "wav", "application/vnd.tcpdump.pcap": "pcapng", "application/json": "json",
               "application/x-ndjson": "jsonl"}  # fmt: skip
_TEXTUAL = ("text/", "application/json", "application/x-ndjson", "image/svg+xml")


@dataclass(frozen=True)
class Attachment:
    """One piece of evidence; texts are masked before they are written, binary kinds must be scrubbed before."""

    name: str
    body: bytes
    kind: str = "text/plain"

    @classmethod
    def text(cls, name: str, body: str, kind: str = "text/plain") -> Attachment:
        """A text."""
        return cls(name, body.encode("utf-8", "replace"), kind)

    @property
    def safe_body(self) -> bytes:
        """The body, masked if it is text."""
        return redaction.mask_bytes(self.body) if self.kind.startswith(_TEXTUAL) else self.body

    @property
    def file_name(self) -> str:
        """The name as a file's."""
        stem = redaction.mask(self.name).lower().replace(" ", "-").replace("/", "-")
        return f"{stem}.{_EXTENSIONS.get(self.kind, 'bin')}"


class Sink(Protocol):
    """A place that shows evidence."""

    def attach(self, attachment: Attachment) -> None:
        """Take one piece."""

    def step(self, step: Step) -> None:
        """Add a step that is over."""


class FolderSink:
    """A folder of plain files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def attach(self, attachment: Attachment) -> None:
        """Write it."""
        (self.folder / attachment.file_name).write_bytes(attachment.safe_body)

    def step(self, step: Step) -> None:
        """Does nothing: steps are in the timeline."""


class AllureSink:
    """The Allure result of the running test; `listener` is pytest's plugin `allure_listener`."""

    def __init__(self, listener: Any, test_id: str) -> None:
        self._reporter = listener.allure_logger
        # by the test's name: after a failure in set-up the test is not the reporter's last executable
        self._test = listener._cache.get(test_id)

    @property
    def open(self) -> bool:
        """Whether Allure still accepts evidence of this test."""
        return self._test is not None and self._reporter.get_item(self._test) is not None

    def attach(self, attachment: Attachment) -> None:
        """Add it to the open result."""
        self._reporter.attach_data(
            uuid4(),
            attachment.safe_body,
            name=redaction.mask(attachment.name),
            attachment_type=attachment.kind,
            extension=_EXTENSIONS.get(attachment.kind, "bin"),
            parent_uuid=self._test,
        )

    def step(self, step: Step) -> None:
        """Add it with its own times after it is over."""
        from allure_commons.model2 import Status, TestStepResult

        begun = round(step.at * 1000)
        taken = TestStepResult(name=redaction.mask(f"{step.part}: {step.text}"), start=begun, parameters=[])
        name = str(uuid4())
        self._reporter.start_step(self._test, name, taken)
        ended = round((step.ended or step.at) * 1000)
        self._reporter.stop_step(name, stop=ended, status=Status.BROKEN if step.error else Status.PASSED)
