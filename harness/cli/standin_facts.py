"""The stand-in's defects and dead rigs, as its own programs list them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.core.errors import HarnessFault, UsageError
from harness.core.layout import ROOT
from harness.profiles.model import OF_A_PROFILE
from harness.rig.suggestions import nearest

TO_BE_PROVED = ROOT / "rigs" / "standin" / "defects" / "to_be_proved.yaml"


@dataclass(frozen=True)
class Defect:
    """A seeded fault: the feature it breaks, what a user notices, and the decision of the rig that it overrides.

    `replaces` names the function that it replaces, if any; it `chains` if other defects may replace the same function.
    """

    name: str
    feature: str
    text: str
    area: str = ""
    decision: str = ""
    replaces: str = ""
    chains: bool = False

    @property
    def profile(self) -> str | None:
        """The server profile under which it is met: that of a feature `profile-…`; None for any."""
        name = self.feature.removeprefix(OF_A_PROFILE).replace("-", "_")
        return name if self.feature.startswith(OF_A_PROFILE) else None

    def excludes(self, other: Defect) -> bool:
        """Whether only one of the two can take effect in the same rig."""
        return self.decision == other.decision and not (self.chains and other.chains)

    def was_called(self, folder: Path) -> bool:
        """Whether its replacement was called in the run of this folder; true for a defect that replaces nothing."""
        return not self.replaces or any(folder.rglob(f"called/{self.name}"))


@dataclass(frozen=True)
class DeadRig:
    """A rig with one dead part: the stimulus that is dead, and what its rig file has instead."""

    name: str
    stimulus: str
    text: str
    overlay: dict[str, Any] = field(default_factory=dict)


def to_be_proved() -> frozenset[str]:
    """The names of the defects that no test has been seen to kill yet."""
    return frozenset(yaml.safe_load(TO_BE_PROVED.read_text(encoding="utf-8")) or ())


def defects() -> dict[str, Defect]:
    """All defects by name."""
    return {entry["name"]: Defect(**entry) for entry in _ask("rigs.standin.defects")}


def dead_rigs() -> dict[str, DeadRig]:
    """The dead rigs by name."""
    return {entry["name"]: DeadRig(**entry) for entry in _ask("rigs.standin.dead_rigs")}


def chosen(kind: str, names: list[str], known: dict[str, Any]) -> list[str]:
    """The parts of these names; raises UsageError for an unknown one."""
    for name in names:
        if name not in known:
            raise UsageError(f"no {kind} {name}{nearest(name, known)}", remedy="choose one of m9 prove --list")
    return names


def derived_rig(rig: Path, folder: Path, *, words: tuple[str, ...] = (), overlay: dict[str, Any] | None = None) -> Path:
    """Write a rig file beside the evidence: the same rig with a longer bring-up command and an overlay's keys."""
    content = yaml.safe_load(rig.read_text(encoding="utf-8"))
    if not content.get("bringup"):
        raise UsageError(f"{rig} has no bring-up command: only the stand-in can be made faulty")
    content = _placed(content, rig.resolve().parent)
    content["bringup"]["command"] += list(words)
    content = _merged(content, overlay or {})
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "rig.yaml"
    path.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def _placed(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """The same rig for a file in another folder: paths of the survey and of secrets still start at the old folder."""
    base = content.get("base")
    if isinstance(base, dict) and isinstance(base.get("survey"), str):
        content = {**content, "base": {**base, "survey": str(folder / base["survey"])}}
    placed: dict[str, Any] = _with_files(content, folder)
    return placed


def _with_files(part: Any, folder: Path) -> Any:
    if isinstance(part, list):
        return [_with_files(each, folder) for each in part]
    if not isinstance(part, dict):
        return part
    return {
        key: str(folder / Path(value).expanduser())
        if key == "file" and isinstance(value, str)
        else _with_files(value, folder)
        for key, value in part.items()
    }


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Merge mappings key by key; if `kind` changes, and for anything else, the overlay's value is taken."""
    result = dict(under)
    for key, value in over.items():
        below = result.get(key)
        same_kind = (
            isinstance(below, dict)
            and isinstance(value, dict)
            and below.get("kind") == value.get("kind", below.get("kind"))
        )
        result[key] = _merged(below, value) if isinstance(below, dict) and same_kind else value
    return result


def _ask(module: str) -> list[dict[str, Any]]:
    done = subprocess.run([sys.executable, "-m", module, "--json"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise HarnessFault(f"python -m {module} --json ended with {done.returncode}: {last[0]}")
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found
