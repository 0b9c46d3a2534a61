"""`python -m rigs.standin.dead_rigs [--json]`: the dead rigs, what each leaves without effect, and its overlay."""

from __future__ import annotations

import sys

from rigs.standin.core.listing import show
from rigs.standin.dead_rigs import known


def rows() -> list[dict[str, object]]:
    """One mapping a dead rig."""
    return [
        {"name": name, "stimulus": row["stimulus"], "text": row["text"], "overlay": row.get("overlay", {})}
        for name, row in known().items()
    ]


def main(words: list[str]) -> int:
    """Print the list; `--json` is for a machine. Returns the exit code."""
    return show(words, rows(), lambda row: f"{row['name']:<14} {row['stimulus']:<10} {row['text']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
