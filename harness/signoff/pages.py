"""Draws the HTML pages of the sign-off from their templates; all values are escaped, and secrets are masked."""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.core import templates
from harness.core.redaction import redaction

if TYPE_CHECKING:
    import jinja2

    from harness.signoff.results import Result

_FOLDER = Path(__file__).parent / "templates"


def draw(template: str, **content: Any) -> str:
    """The page as text."""
    return redaction.mask(_environment().get_template(template).render(**content))


@cache
def _environment() -> jinja2.Environment:
    environment = templates.environment(_FOLDER)
    environment.filters.update(started=_started, short=_short, one=_one)
    return environment


def _started(at: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.gmtime(at))


def _short(result: Result) -> str:
    """File and function, without the folders common to all tests."""
    return result.test_id.removeprefix("suites/")


def _one(name: str) -> str:
    """The singular: `product failures` becomes `product failure`."""
    return name.rstrip("s")
