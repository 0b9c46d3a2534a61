"""The rows of the platforms on the release sheet: what a cell says, and what is counted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.core.verdict import Verdict
from harness.rules import tally
from harness.signoff import requirements, sheet
from harness.signoff.requirements import Requirement
from harness.signoff.results import Result


def result(verdict: str, rule: str = "HLD-1", profile: str = "cisco", broken: str = "", **more: Any) -> Result:
    return Result(
        more.get("test_id", f"suites/x.py::test_x[{profile}-{rule}]"),
        profile, Verdict(verdict), (), more.get("reason", "why"), 1.0, "run", rule=rule, broken=broken,
    )  # fmt: skip


def cell(row: str, profile: str, *results: Result, tallies: dict[str, Any] | None = None) -> Requirement:
    found = requirements.lines([profile, "not one"], results, tallies or {})
    (line,) = [line for line in found if line.id == row]
    (only,) = line.cells
    return only


@pytest.mark.parametrize("verdict", ["passed", "warning"])
def test_a_row_that_its_test_judged_is_tested(verdict):
    found = cell("HLD-1", "cisco", result(verdict))
    assert (found.state, found.mark, found.reason, found.evidence) == ("tested", "✓", "", "default of the RFC")
    assert (found.letter, cell("REG-2", "cisco").letter, cell("CAL-4", "lync").letter) == ("R", "D", "I")


def test_what_a_test_leaves_out_stands_beside_it():
    assert "NTLM" in cell("REG-2", "lync", result("passed", "REG-2", "lync")).reason


def test_a_broken_row_is_marked_whether_its_test_or_the_watch_found_it():
    found = cell("HLD-1", "cisco", result("product failure", broken="HLD-1"))
    assert (found.state, found.mark) == ("tested", "✗")
    watched = result("product failure", broken="HLD-1", test_id="watch[cisco-HLD-1]")
    assert (cell("HLD-1", "cisco", watched).state, cell("HLD-1", "cisco", watched).mark) == ("watched", "✗")


def test_a_test_that_failed_by_another_rule_did_not_judge_its_own():
    assert cell("HLD-1", "cisco", result("product failure", broken="SIP-VIA")).state == "untested"


def test_what_only_the_watch_saw_is_told_apart():
    seen = {"cisco": {"HLD-1": tally.Tally(held=3)}}
    assert cell("HLD-1", "cisco", tallies=seen).state == "watched"


def test_without_a_test_the_matrix_says_why():
    assert cell("FEA-6", "lync").state == "not applicable"
    shared = cell("FEA-4", "broadsoft")
    assert (shared.state, shared.reason) == ("untested", "the base of the harness has no shared lines")
    assert (cell("HLD-1", "cisco").state, cell("HLD-1", "cisco").reason) == ("untested", requirements.NOT_RUN)


def test_a_test_that_this_rig_cannot_run_gives_its_reason():
    found = cell("HLD-1", "cisco", result("not applicable", reason="no audio"))
    assert (found.state, found.reason) == ("not applicable", "no audio")


def test_the_cells_are_counted_by_state_and_profile():
    found = requirements.lines(["cisco", "lync"], [result("passed")], {})
    assert requirements.counts(found, "cisco")["tested"] == 1
    assert requirements.counts(found, "lync")["tested"] == 0
    assert sum(requirements.counts(found).values()) == 124
    assert requirements.words(requirements.counts(found)).startswith("1 tested, ")


def test_a_reason_of_many_profiles_is_told_once():
    found = requirements.lines(["cisco", "telepo", "broadsoft"], [], {})
    (line,) = [line for line in found if line.id == "FEA-4"]
    assert list(line.reasons.values()) == [["cisco", "telepo"], ["broadsoft"]]


def test_the_sheet_shows_each_row_with_its_letter_and_its_reasons(tmp_path):
    record = {
        "schema": 1, "rig": {"name": "lab7"}, "simulated": False, "profiles": ["cisco"], "started": 1.0,
        "tests": [{"id": "suites/x.py::test_x[cisco-HLD-1]", "verdict": "passed", "features": [], "reason": "",
                   "duration": 1, "profile": "cisco", "rule": "HLD-1"}],
    }  # fmt: skip
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    found = sheet.write([tmp_path / "run"], tmp_path / "sheet")
    text = (tmp_path / "sheet" / "signoff.html").read_text()
    assert "What the platforms ask, by profile" in text
    assert "✓ <small>R</small>" in text
    assert "the platform has no shared lines of this kind" in text
    assert found.as_json()["platforms_count"]["tested"] == 1
