"""For all of the harness's own tests: signals end what they have started, and how many examples a property gets."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType
from typing import Any, NoReturn

import pytest

EXAMPLES = {"quick": 30, "whole": 200}
"""Of each property: without the slow tests, and with them or in a file that is run by itself."""


def pytest_configure(config: pytest.Config) -> None:
    """SIGTERM and a terminal that closes end the run as Ctrl-C does."""
    _choose_examples("quick" if config.option.markexpr == "not slow" else "whole")
    _end_in_order()


def _choose_examples(name: str) -> None:
    from hypothesis import HealthCheck, settings

    few = [HealthCheck.too_slow]
    settings.register_profile(name, max_examples=EXAMPLES[name], deadline=None, suppress_health_check=few)
    settings.load_profile(name)


def _end_in_order() -> None:
    """Fixtures are torn down; a second signal is ignored."""

    def ends(number: int, frame: FrameType | None) -> NoReturn:
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt("terminated")

    for number in (signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(ValueError):  # a worker of pytest-xdist that is no main thread
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, ends)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """What needs another Debian suite and could not have it is named at the end: it has proved nothing."""
    reasons = {report.longrepr[2] for report in terminalreporter.stats.get("skipped", []) if _not_done(report)}
    for reason in sorted(reasons):
        terminalreporter.write_line(reason.removeprefix("Skipped: "), yellow=True)


def _not_done(report: Any) -> bool:
    return isinstance(report.longrepr, tuple) and "not done: " in report.longrepr[2]
