"""SIGTERM and a terminal that closes end the harness's own tests as Ctrl-C does: what they have started ends too."""

from __future__ import annotations

import contextlib
import signal
from types import FrameType
from typing import NoReturn

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Fixtures are torn down; a second signal is ignored."""

    def ends(number: int, frame: FrameType | None) -> NoReturn:
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, signal.SIG_IGN)
        raise KeyboardInterrupt("terminated")

    for number in (signal.SIGTERM, signal.SIGHUP):
        with contextlib.suppress(ValueError):  # a worker of pytest-xdist that is no main thread
            if signal.getsignal(number) is signal.SIG_DFL:
                signal.signal(number, ends)
