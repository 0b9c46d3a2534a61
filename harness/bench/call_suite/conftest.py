"""Writes down how long each test took from its first act to the end of its teardown, evidence included."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

SECONDS_FILE = "M9_BENCH_SECONDS"
_acted: list[float] = []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """The first act begins with the test's body."""
    _acted[:] = [time.monotonic()]
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Everything is over, teardown and evidence too."""
    _acted.clear()
    result = yield
    if _acted:
        with Path(os.environ[SECONDS_FILE]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(time.monotonic() - _acted[0]) + "\n")
    return result
