"""Callbacks of the native library: no Python exception may pass into it."""

from __future__ import annotations

import functools
import sys
import traceback
from collections.abc import Callable
from typing import Any, ParamSpec

P = ParamSpec("P")


def callback(function: Callable[P, Any]) -> Callable[P, None]:
    """Mark a method that PJSIP calls: an exception is written to the worker's log, as C frames cannot carry it."""

    @functools.wraps(function)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            function(*args, **kwargs)
        except Exception:  # noqa: BLE001 - an exception that unwinds through C++ frames ends the process
            traceback.print_exc(file=sys.stderr)

    return guarded
