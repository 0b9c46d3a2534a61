"""`m9 profile`: the list, the rules of one profile, and what two have different."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import application
from harness.profiles import model

app = application(["profile"])


def told(*words: str) -> Result:
    result = CliRunner().invoke(app, ["profile", *words])
    assert result.exit_code == 0, result.output
    return result


def test_the_list_has_all_nine_with_title_and_the_number_of_their_own_rules(tmp_path: Path) -> None:
    result = told("list", "--json", str(tmp_path / "x.json"))
    rows = {row["name"]: row for row in json.loads((tmp_path / "x.json").read_text())["profiles"]}
    assert len(rows) == 9
    own = rows["snom_one"]["own"]
    assert {"CAL-1", "HLD-4", "REG-1"} < set(own)
    assert own == sorted(own)
    assert rows["telepo"]["own"] == []
    assert "snom ONE" in result.output
    assert f" {len(own)} of " in result.output
    assert result.output.count("Only the RFC baseline is known") == 2


@pytest.mark.parametrize("name", model.names())
def test_each_profile_is_shown_with_its_title_and_how_far_its_results_reach(name: str) -> None:
    profile, output = model.load(name), told("show", name).output
    assert f"{profile.title} ({name}): {len(profile.rules)} rules" in output
    assert profile.note in output
    assert "source: " in output


def test_a_difference_names_the_key_and_both_values(tmp_path: Path) -> None:
    output = told("diff", "asterisk", "lync", "--json", str(tmp_path / "x.json")).output
    lines = [" ".join(line.split()) for line in output.splitlines()]
    assert "expect asterisk direction: sendonly" in lines
    assert "expect lync direction: inactive" in lines
    found = json.loads((tmp_path / "x.json").read_text())["rules"]
    assert found["HLD-1"]["expect"] == [{"direction": ["sendonly"]}, {"direction": ["inactive"]}]
    assert "SIP-CSEQ" not in found


def test_a_row_that_only_one_has_is_a_difference() -> None:
    assert "no such row" in told("diff", "standards", "baseline").output


def test_two_that_are_alike_differ_in_nothing() -> None:
    assert told("diff", "telepo", "netpbx").output == "telepo and netpbx: 0 rules differ\n"
