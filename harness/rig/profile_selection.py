"""Which profiles of a rig a run takes on."""

from __future__ import annotations

from harness.core.errors import UsageError
from harness.rig.model import Rig
from harness.rig.suggestions import nearest


def profiles(rig: Rig, wanted: str | None) -> list[str]:
    """The profiles that `--profile` names, by default the rig's first; raises UsageError for one it has no PBX for."""
    known = [str(name) for name in rig.pbx]
    if wanted is None:
        return known[:1]
    if wanted == "all":
        return known
    names = list(dict.fromkeys(name.strip() for name in wanted.split(",") if name.strip()))
    if not names:
        raise UsageError(f"--profile names none: {rig.name} has {', '.join(known)}, or all of them by: all")
    for name in names:
        if name not in known:
            raise UsageError(f"--profile {name}: {rig.name} has {', '.join(known)}{nearest(name, known)}")
    return names
