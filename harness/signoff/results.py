"""Writes and reads the record of a run; for a run that was cut off, the lines of its finished tests."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.core import files, verdict
from harness.core.errors import UsageError
from harness.core.verdict import Verdict
from harness.evidence.run_folder import RunFolder
from harness.rules import tally
from harness.rules.tally import Tallies
from harness.signoff import health_record

SCHEMA = 1
SCHEMAS = (SCHEMA,)
# Tests without a profile judge the base under every profile.
COMMON = "every profile"
UNRECORDED = "not recorded"


@dataclass(frozen=True)
class Result:
    """One test of one run."""

    test_id: str
    profile: str
    verdict: Verdict
    features: tuple[str, ...]
    reason: str
    duration: float
    run: str
    rig: str = ""
    rule: str = ""
    """The rule that the test is for."""
    broken: str = ""
    """The rule that broke, of this test or another one; empty for a claim that is no rule."""

    @property
    def rule_judged(self) -> str:
        """The rule that this result says something of: a test that failed for another reason did not judge its own."""
        return self.broken if self.verdict is Verdict.PRODUCT_FAILURE else self.rule

    @property
    def rule_watched(self) -> str:
        """The rule whose watch result this is, `HLD-1` of `watch[asterisk-HLD-1]`; empty for a test."""
        found = re.fullmatch(rf"watch\[{re.escape(self.profile)}-(.+)\]", self.test_id)
        return found.group(1) if found else ""


@dataclass(frozen=True)
class Run:
    """One run's folder: its rig, firmware, time and results."""

    name: str
    rig: str
    simulated: bool
    profiles: tuple[str, ...]
    started: float
    firmware: str
    versions: dict[str, str]
    cut_off: bool
    results: tuple[Result, ...]
    health: dict[str, str] = field(default_factory=dict)
    rules: Tallies = field(default_factory=dict)
    unjudged: tuple[str, ...] = ()
    """Why the watch judged no rule of a profile."""

    @property
    def rigs(self) -> frozenset[str]:
        """The rigs that the run used side by side, or its single one."""
        return frozenset((self.rig, *(result.rig for result in self.results)))


def load(folder: Path) -> Run:
    """Read a run; raises UsageError if the folder is not a run's, or its schema is unknown."""
    content = _content(folder)
    if not isinstance(content, dict):
        raise UsageError(f"{folder}: its run.json is not a mapping", remedy="name a folder under reports/runs/")
    if content.get("schema") not in SCHEMAS:
        known = ", ".join(map(str, SCHEMAS))
        remedy = "read it with the newer harness that made it"
        raise UsageError(f"{folder}: run.json has schema {content.get('schema')}, known: {known}", remedy=remedy)
    try:
        return _run(folder, content)
    except (TypeError, ValueError, AttributeError) as error:
        raise UsageError(
            f"{folder}: its record is not that of a run: {error}",
            remedy="if the record was edited, restore it; else name another run",
        ) from error


def _run(folder: Path, content: dict[str, Any]) -> Run:
    rig = content.get("rig") or {}
    profiles = tuple(content.get("profiles") or ())
    versions = {str(key): str(value) for key, value in (content.get("versions") or {}).items()}
    name = str(rig.get("name", "unknown"))
    results = tuple(_result(test, profiles, folder.name, name) for test in content.get("tests") or ())
    if not profiles:
        profiles = tuple(dict.fromkeys(result.profile for result in results if result.profile != COMMON))
    return Run(
        name=folder.name,
        rig=name,
        simulated=bool(content.get("simulated", rig.get("kind") != "physical")),
        profiles=profiles,
        started=float(content.get("started") or folder.stat().st_mtime),
        firmware=str(content.get("firmware") or versions.get("firmware") or UNRECORDED),
        versions=versions,
        cut_off=bool(content.get("cut_off") or content.get("interrupted")),
        results=results,
        health=health_record.told(content.get("health") or []),
        rules=tally.read(content),
        unjudged=tuple((content.get("watch") or {}).get("unjudged", ())),
    )


def write(folder: Path, content: dict[str, Any]) -> None:
    """Write the record at once, so that a reader never sees a part of it."""
    text = json.dumps({"schema": SCHEMA, **content}, indent=1, ensure_ascii=False)
    files.write(RunFolder(folder).record, text + "\n")


def read(folder: Path) -> dict[str, Any]:
    """The record of a run; for a run that was cut off, the lines of its finished tests."""
    content = stored(folder)
    return {"counts": verdict.counted(test["verdict"] for test in content["tests"]), **content}


def stored(folder: Path) -> dict[str, Any]:
    """The contents of `run.json`; if the run was cut off, with the tests finished later."""
    path = RunFolder(folder).record
    empty = {"schema": SCHEMA, "cut_off": True}
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else empty
    if not isinstance(content, dict) or not content.get("cut_off"):
        return content
    return {**{key: value for key, value in content.items() if key != "counts"}, "tests": finished(folder)}


def finished(folder: Path) -> list[dict[str, Any]]:
    """The tests that a run has finished so far; the last line of a killed run may be incomplete."""
    found = []
    path = RunFolder(folder).results
    for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return found


def _content(folder: Path) -> dict[str, Any]:
    if not RunFolder(folder).is_a_run:
        raise UsageError(f"{folder} is not the folder of a run", remedy="name a folder under reports/runs/")
    try:
        return stored(folder)
    except (ValueError, OSError) as error:
        raise UsageError(f"{folder}: its record cannot be read: {error}") from error


def _result(test: dict[str, Any], profiles: tuple[str, ...], run: str, rig: str) -> Result:
    """One line of a record; missing fields have the run's values, as in records of earlier harnesses."""
    test_id = str(test.get("id") or test.get("nodeid") or "?")
    profile = test["profile"] if "profile" in test else profile_in(test_id, profiles)
    return Result(
        test_id=test_id,
        profile=str(profile or COMMON),
        verdict=Verdict(test.get("verdict", Verdict.HARNESS_FAULT.value)),
        features=tuple(test.get("features") or ()),
        reason=str(test.get("reason") or test.get("message") or ""),
        duration=float(test.get("duration") or 0.0),
        run=run,
        rig=str(test.get("rig") or rig),
        rule=str(test.get("rule") or ""),
        broken=str(test.get("broken") or ""),
    )


def profile_in(test_id: str, profiles: Iterable[str]) -> str:
    """The profile in a test's parameters (`…[asterisk-HLD-1]`); the longest name is taken, and empty means none.

    For a result without its own profile: of a worker that died, and of earlier harnesses.
    """
    match = re.search(r"\[(.*)\]$", test_id)
    if match:
        for name in sorted(profiles, key=len, reverse=True):
            if re.search(rf"(?:^|-){re.escape(name)}(?:-|$)", match.group(1)):
                return name
    return ""
