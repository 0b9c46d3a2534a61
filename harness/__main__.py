"""`python3 -m harness …` is `m9 …`; in a bare checkout it first makes the environment that m9 runs in."""

from harness.cli import bootstrap

if __name__ == "__main__":
    bootstrap.main()
