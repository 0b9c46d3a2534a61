"""Selects the profiles of a rig for a run."""

from __future__ import annotations

from harness.core.errors import UsageError
from harness.rig.model import Rig
from harness.rig.suggestions import nearest


def profiles(rig: Rig, wanted: str | None) -> list[str]:
    """The profiles that `--profile` names, by default the rig's first; raises UsageError for one without a PBX."""
    known = [str(name) for name in rig.pbx]
    if wanted is None:
        return known[:1]
    if wanted == "all":
        return known
    names = list(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--profile names no profile: {rig.name} has {', '.join(known)}; for all of them, write all")
    for name in names:
        if name not in known:
            raise UsageError(f"--profile {name}: {rig.name} has {', '.join(known)}{nearest(name, known)}")
    return names
