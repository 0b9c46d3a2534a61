"""`python -m rigs.standin.defects [--json]`: every seeded defect, the feature it breaks, and what a user notices."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rigs.standin.core.listing import show
from rigs.standin.core.replacing import Replacement
from rigs.standin.core.strategies import Fault
from rigs.standin.defects import area_of, decision_of, load, text_of


def rows() -> list[dict[str, Any]]:
    """One mapping a defect; `area` is its module. Two of one `decision` exclude each other unless both chain.

    `replaces` is the attribute that a declared replacement takes the place of, empty for others.
    """
    return [
        {"name": name, "feature": fault.feature, "text": text_of(fault), "area": area_of(fault), **_kind(fault)}
        for name, fault in sorted(load().items())
    ]


def _kind(fault: Fault) -> dict[str, Any]:
    if isinstance(fault, Replacement):
        return {"decision": fault.replaces, "replaces": fault.replaces, "chains": fault.chains}
    return {"decision": decision_of(fault).__name__, "replaces": "", "chains": False}


def _line(row: Mapping[str, Any]) -> str:
    replaces = f" (replaces {row['replaces']})" if row["replaces"] else ""
    return f"{row['name']:<30} {row['feature']:<24} {row['text']}{replaces}"


def main(words: list[str]) -> int:
    """Print the list; `--json` is for a machine. Returns the exit code."""
    return show(words, rows(), _line)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
