"""At a PBX that re-writes what it passes on, a test is judged where its occasion reached the base, else not applicable.

The suites run at it as at a lab's own PBX. What it keeps to itself must not fail, and must not pass either. What is
expected of each variant stands in expected.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from suites.selftest.occasions.bring_up import rig_file
from suites.selftest.pbx.lab_pbx import KEEPS, ROOT, Played

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CALLS = ROOT / "suites" / "calls"
EXPECTED: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("expected.yaml").read_text())
LIMIT = 600.0


def played(folder: Path, variant: str, names: Mapping[str, Sequence[str]], defects: Sequence[str] = ()) -> Played:
    """Tests of the suites by file, each with all its parameters."""
    tests = [f"{CALLS / file}::{name}" for file, chosen in names.items() for name in chosen]
    return Played(folder, rig_file(folder / "rig.yaml", variant, defects), tests, limit=LIMIT)


@pytest.fixture(scope="module", params=EXPECTED)
def variant(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def healthy(variant: str, tmp_path_factory: pytest.TempPathFactory) -> Played:
    return played(tmp_path_factory.mktemp("healthy"), variant, EXPECTED[variant]["plays"])


def test_a_healthy_base_is_blamed_for_nothing_and_no_test_is_invalid(healthy: Played) -> None:
    assert healthy.verdicts == {"passed", "not_applicable"}, healthy.output


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
    run = played(tmp_path, variant, names, spoilt["defects"])
    assert set(spoilt["seen"]) <= run.ended("product failure"), run.output
    assert set(spoilt["kept"]) <= run.ended("not applicable"), run.output
