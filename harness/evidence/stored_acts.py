"""Reads the log of acts, displays, idle states, profiles and tests that `ActLog` wrote in a stored run."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core.stall import Stall
from harness.evidence.session import Session
from harness.evidence.slices import Slices
from harness.rules.acts import Act, Shown, with_feedback
from harness.rules.idle_state import IdleState, as_state


@dataclass(frozen=True)
class StoredActs:
    """The whole log in order of time; each key says whether its handset gave feedback to it."""

    acts: list[Act] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    idle: list[IdleState] = field(default_factory=list)
    sessions: list[Session] = field(default_factory=list)
    slices: Slices = field(default_factory=Slices)


def read(path: Path) -> StoredActs:
    """The log of a stored run; an incomplete line is skipped. Raises OSError if there is no log."""
    found, telling = StoredActs(), set[int]()
    sessions: dict[tuple[str, float], Session] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            told = json.loads(line)
            if "tells" in told:
                telling.add(int(told["tells"]))
            elif "session" in told:
                one = _session(told["session"])
                sessions[one.profile, one.since] = one
            else:
                _take(found, told)
    found.shown.sort(key=lambda one: one.at)
    acts = with_feedback(sorted(found.acts, key=lambda one: one.at), found.shown, telling)
    return StoredActs(acts, found.shown, found.idle, list(sessions.values()), found.slices)


def _take(found: StoredActs, told: Mapping[str, Any]) -> None:
    if "act" in told:
        found.acts.append(Act(**told["act"]))
    elif "shown" in told:
        found.shown.append(Shown(**told["shown"]))
    elif "idle" in told:
        found.idle.append(as_state(told["idle"]))
    elif "test" in told:
        test = told["test"]
        found.slices.begin(str(test["test"]), float(test["began"]), test["provokes"])
        found.slices.end(float(test["ended"]))


def _session(told: Mapping[str, Any]) -> Session:
    gaps = tuple((float(begins), float(ends)) for begins, ends in told["gaps"])
    stalls = tuple(Stall(**one) for one in told.get("stalls", ()))
    return Session(**{**told, "base": tuple(told["base"]), "gaps": gaps, "stalls": stalls})
