"""At a PBX that re-writes what it passes on, a test is judged where its occasion reached the base, else not applicable.

The suites run at it as at a lab's own PBX. What it keeps to itself must not fail, and must not pass either. What is
expected of each variant stands in expected.yaml.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness.signoff import results
from suites.selftest.occasions.bring_up import rig_file

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[3]
CALLS = ROOT / "suites" / "calls"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text())
LIMIT = 600.0
KEEPS = "the PBX in between keeps it to itself: "


class Played:
    """A part of the suites, run at the PBX: each test by its name and its own parameter."""

    def __init__(
        self, folder: Path, variant: str, names: Mapping[str, Sequence[str]], defects: Sequence[str] = ()
    ) -> None:
        rig = rig_file(folder / "rig.yaml", variant, defects)
        tests = [f"{CALLS / file}::{name}" for file, chosen in names.items() for name in chosen]
        words = [sys.executable, "-m", "pytest", "-q", "-n", "2", *tests, "--rig", str(rig)]
        own = {"XDG_RUNTIME_DIR": str(folder), "XDG_STATE_HOME": str(folder / "state")}
        done = subprocess.run(
            [*words, "--run-dir", str(folder / "run")],
            cwd=ROOT,
            env={**os.environ, **own},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=LIMIT,
        )
        self.output = done.stdout + done.stderr
        self.record: dict[str, Any] = results.read(folder / "run")
        self.tests = {_name(test): test for test in self.record["tests"]}

    def ended(self, verdict: str) -> set[str]:
        """The tests with this verdict."""
        return {name for name, test in self.tests.items() if test["verdict"] == verdict}


def _name(test: Mapping[str, Any]) -> str:
    """`test_x[inactive]` of `suites/…::test_x[asterisk-HLD-2-inactive]`: without profile and rule."""
    name, _, words = str(test["id"]).rpartition("::")[2].rstrip("]").partition("[")
    own = words.removeprefix("asterisk").removeprefix(f"-{test.get('rule', '')}").strip("-")
    return f"{name}[{own}]" if own else name


@pytest.fixture(scope="module", params=EXPECTED)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def healthy(variant: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return Played(tmp_path_factory.mktemp("healthy"), variant, EXPECTED[variant]["plays"])


def test_a_healthy_base_is_blamed_for_nothing_and_no_test_is_invalid(healthy: Played) -> None:
    ended = {key for key, number in healthy.record["counts"].items() if number}
    assert ended == {"passed", "not_applicable"}, healthy.output


def test_what_the_pbx_keeps_is_not_applicable_and_nothing_else_is(variant: str, healthy: Played) -> None:
    assert healthy.ended("not applicable") == set(EXPECTED[variant]["keeps"]), healthy.output


def test_the_reason_tells_what_was_kept(variant: str, healthy: Played) -> None:
    told = {name: KEEPS + what for name, what in EXPECTED[variant]["keeps"].items()}
    reasons = {name: healthy.tests[name]["reason"][: len(text)] for name, text in told.items()}
    assert reasons == told


def test_defects_are_seen_where_their_occasion_came_through(variant: str, tmp_path: Path) -> None:
    spoilt = EXPECTED[variant]["spoilt"]
    chosen = {name.partition("[")[0] for name in (*spoilt["seen"], *spoilt["kept"])}
    plays: dict[str, list[str]] = EXPECTED[variant]["plays"]
    names = {file: [name for name in tests if name in chosen] for file, tests in plays.items()}
    played = Played(tmp_path, variant, names, spoilt["defects"])
    assert set(spoilt["seen"]) <= played.ended("product failure"), played.output
    assert set(spoilt["kept"]) <= played.ended("not applicable"), played.output
