"""`python -m rigs.standin.defects [--json]`: every seeded defect, the feature it breaks, and what a user notices."""

from __future__ import annotations

import inspect
import json
import sys

from rigs.standin.defects import decision_of, load


def rows() -> list[dict[str, str]]:
    """One mapping a defect; `area` is its module, `decision` the class it overrides: two of one decision exclude
    each other."""
    return [
        {
            "name": name,
            "feature": kind.feature,
            "text": (inspect.getdoc(kind) or "").split("\n\n")[0].replace("\n", " "),
            "area": kind.__module__.rpartition(".")[2],
            "decision": decision_of(kind).__name__,
        }
        for name, kind in sorted(load().items())
    ]


def main(words: list[str]) -> int:
    """Prints the list, for people or for a machine."""
    if "--json" in words:
        print(json.dumps(rows()))
    else:
        for row in rows():
            print(f"{row['name']:<30} {row['feature']:<24} {row['text']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
