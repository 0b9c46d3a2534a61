"""Masks secrets in the failures of pytest and Allure: tracebacks show the arguments of the last frame."""

from __future__ import annotations

from typing import Any

import pytest

from harness.core.redaction import redaction

_AS_THEY_ARE = ("path", "style")
"""Parts of a traceback that are not masked: file names, which an editor opens, and pytest's own words."""


def redact(report: pytest.TestReport) -> None:
    """Mask secrets in a test's report."""
    if report.failed:
        report.longrepr = masked(report.longrepr)
    report.sections = masked(report.sections)


def redacted_collection(report: pytest.CollectReport) -> pytest.CollectReport:
    """The report of a collection with secrets masked."""
    if report.failed:
        report.longrepr = masked(report.longrepr)
    return report


def masked(part: Any) -> Any:
    """Texts with secrets masked; pytest's traceback entries keep their types, and so their colours and short forms."""
    if isinstance(part, str):
        return redaction.mask(part)
    if isinstance(part, (list, tuple)):
        return type(part)([masked(each) for each in part])
    if hasattr(part, "toterminal"):
        for name, value in vars(part).items():
            if name not in _AS_THEY_ARE:
                setattr(part, name, masked(value))
    return part
