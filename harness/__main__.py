"""`python3 -m harness …` is `m9 …`; in a bare checkout it first makes the environment that m9 runs in."""

import sys

WANTED = "m9: this is Python %d.%d; 3.11 or 3.12 is wanted: python3.11 -m harness"

if __name__ == "__main__":
    # In the words of any Python: one that is too old cannot read what comes next, nor say so by itself.
    if sys.version_info < (3, 8):  # noqa: UP036
        sys.exit(WANTED % sys.version_info[:2])
    from harness.cli import bootstrap

    bootstrap.main()
