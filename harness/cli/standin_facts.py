"""What the stand-in says of itself, asked of it as a program: its defects and its dead rigs."""

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
from harness.rig.suggestions import nearest


@dataclass(frozen=True)
class Defect:
    """A seeded fault: the feature it breaks, what a user would notice, and which decision of the rig it overrides.

    `replaces` names the function that it takes the place of, if any; it `chains` where others may do so with it.
    """

    name: str
    feature: str
    text: str
    area: str = ""
    decision: str = ""
    replaces: str = ""
    chains: bool = False

    def excludes(self, other: Defect) -> bool:
        """Whether only one of the two would have an effect in the same rig."""
        return self.decision == other.decision and not (self.chains and other.chains)

    def was_called(self, folder: Path) -> bool:
        """Whether its replacement was called in a run with this folder; true of a defect that replaces nothing."""
        return not self.replaces or any(folder.rglob(f"called/{self.name}"))


@dataclass(frozen=True)
class DeadRig:
    """A rig dead in one part: the stimulus that is dead, and what its rig file has instead."""

    name: str
    stimulus: str
    text: str
    overlay: dict[str, Any] = field(default_factory=dict)


def defects() -> dict[str, Defect]:
    """All defects by name."""
    return {entry["name"]: Defect(**entry) for entry in _ask("rigs.standin.defects")}


def dead_rigs() -> dict[str, DeadRig]:
    """The dead rigs by name."""
    return {entry["name"]: DeadRig(**entry) for entry in _ask("rigs.standin.dead_rigs")}


def chosen(kind: str, names: list[str], known: dict[str, Any]) -> list[str]:
    """The names asked for; raises UsageError for an unknown one."""
    for name in names:
        if name not in known:
            raise UsageError(f"no {kind} {name}{nearest(name, known)}", remedy="m9 prove --list says what there is")
    return names


def derived_rig(rig: Path, folder: Path, *, words: tuple[str, ...] = (), overlay: dict[str, Any] | None = None) -> Path:
    """A rig file beside the evidence: the same rig whose bring-up command has further words, and keys of an overlay."""
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
    """The same where the rig file's folder is another: its survey and files of secrets are found from the old one."""
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
    """Mappings are merged key by key; where `kind` changes, and for anything else, the overlay's value stands."""
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
