"""Imports every module of rules, which declares its functions; a new module is added here."""

from __future__ import annotations

from harness.rules import (
    acknowledgements,
    answers,
    contacts,
    descriptions,
    grammar,
    hold,
    requests,
    responses,
    session_timers,
)

__all__ = [
    "acknowledgements",
    "answers",
    "contacts",
    "descriptions",
    "grammar",
    "hold",
    "requests",
    "responses",
    "session_timers",
]
