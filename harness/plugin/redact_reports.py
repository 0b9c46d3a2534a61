"""No secret in what pytest and Allure say of a failure: tracebacks show the arguments of the last frame."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from harness.core.redaction import redaction

_AS_THEY_ARE = ("path", "style")
"""Of a traceback's parts: what names a file, which an editor opens, or is one of pytest's own words."""


class RedactReports:
    """Masks every report before anybody else sees it, Allure's listener among them."""

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Innermost of all that look at a report."""
        report = yield
        if report.failed:
            report.longrepr = masked(report.longrepr)
        report.sections = masked(report.sections)
        return report

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_make_collect_report(self) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A module that cannot be collected shows a traceback too."""
        report = yield
        if report.failed:
            report.longrepr = masked(report.longrepr)
        return report


def masked(part: Any) -> Any:
    """Texts with secrets masked; pytest's parts of a traceback keep their kind, and with it colours and short forms."""
    if isinstance(part, str):
        return redaction.mask(part)
    if isinstance(part, (list, tuple)):
        return type(part)([masked(each) for each in part])
    if hasattr(part, "toterminal"):
        for name, value in vars(part).items():
            if name not in _AS_THEY_ARE:
                setattr(part, name, masked(value))
    return part
