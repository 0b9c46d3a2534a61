"""The release sheet: what it concludes, what it shows as not covered, what it refuses."""

from __future__ import annotations

import ast
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import UsageError
from harness.core.verdict import Verdict
from harness.signoff import catalogue, exercised, results, sheet
from harness.signoff.matrix import Decision, Matrix, build

ROOT = Path(__file__).resolve().parents[3]


def run(folder: Path, tests: list[dict[str, Any]], *, simulated: bool = False, started: float = 1.0,
        rig: str = "lab7", firmware: str = "9.6.1", health: Sequence[dict[str, Any]] = (),
        rules: dict[str, Any] | None = None, watch: dict[str, Any] | None = None) -> Path:  # fmt: skip
    folder.mkdir(parents=True)
    record = {"schema": 1, "rig": {"name": rig}, "simulated": simulated, "profiles": ["asterisk", "snom-one"],
              "started": started, "firmware": firmware, "health": list(health), "tests": tests,
              "rules": rules or {}, "watch": watch or {}}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(record))
    return folder


def outcome(name: str, verdict: str, *features: str) -> dict[str, Any]:
    return {
        "id": f"suites/x.py::test_{name}",
        "verdict": verdict,
        "features": features,
        "reason": "seen <sip:40@x>",
        "duration": 1,
    }


def decide(tmp_path: Path, *tests: dict[str, Any], **options: Any) -> Decision:
    return build(catalogue.load(), [results.load(run(tmp_path / "run", list(tests), **options))]).decision


@pytest.mark.parametrize(
    ("verdict", "decision"),
    [
        ("passed", Decision.READY),
        ("warning", Decision.READY),
        ("product failure", Decision.REFUSE),
        ("rig fault", Decision.INCOMPLETE),
        ("invalid", Decision.INCOMPLETE),
        ("harness fault", Decision.INCOMPLETE),
    ],
)
def test_the_worst_verdict_decides(tmp_path: Path, verdict: str, decision: Decision) -> None:
    assert (
        decide(tmp_path, outcome("a[asterisk]", "passed", "hold"), outcome("b[asterisk]", verdict, "hold")) is decision
    )


def test_a_simulated_run_is_never_signed_off(tmp_path: Path) -> None:
    assert decide(tmp_path, outcome("a", "passed", "hold"), simulated=True) is Decision.SIMULATED


def test_nothing_judged_is_no_success(tmp_path: Path) -> None:
    assert decide(tmp_path, outcome("a", "not applicable", "hold")) is Decision.NOTHING


def test_the_profile_is_read_from_the_test_and_the_longest_name_wins(tmp_path: Path) -> None:
    tests = [
        outcome("a[snom-one-HLD-1]", "passed", "hold"),
        outcome("b[chrome-asterisk]", "passed", "hold"),
        outcome("c", "passed"),
    ]
    found = results.load(run(tmp_path / "run", tests)).results
    assert [result.profile for result in found] == ["snom-one", "asterisk", results.COMMON]


def test_the_latest_result_counts_and_a_change_is_told(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / "2", [outcome("a[asterisk]", "passed", "hold")], started=2.0),
        run(tmp_path / "1", [outcome("a[asterisk]", "product failure", "hold")], started=1.0),
    ]
    cell = build(catalogue.load(), [results.load(path) for path in runs]).cell("hold", "asterisk")
    assert [result.verdict.value for result in cell.results] == ["passed"]
    assert cell.unstable == ("suites/x.py::test_a[asterisk]",)


def both(tmp_path: Path, first: dict[str, Any], second: dict[str, Any], **options: Any) -> Matrix:
    """Two runs on lab7, the second with these options."""
    earlier = run(tmp_path / "1", [first])
    later = run(tmp_path / "2", [second], started=2.0, **options)
    return sheet.write([earlier, later], tmp_path)


GOOD, BAD = outcome("a[asterisk]", "passed", "hold"), outcome("a[asterisk]", "product failure", "hold")


@pytest.mark.parametrize(("first", "second"), [(GOOD, BAD), (BAD, GOOD)])
def test_no_rigs_pass_hides_another_rigs_failure(tmp_path: Path, first: dict[str, Any], second: dict[str, Any]) -> None:
    matrix = both(tmp_path, first, second, rig="lab8")
    assert matrix.decision is Decision.REFUSE
    assert matrix.cell("hold", "asterisk").verdict is Verdict.PRODUCT_FAILURE
    assert not matrix.unstable, "two rigs that differ are no unstable test"
    row = next(f for f in json.loads((tmp_path / "signoff.json").read_text())["features"] if f["id"] == "hold")
    assert row["profiles"]["asterisk"]["tests"] == {"suites/x.py::test_a[asterisk]": "product failure"}


def test_two_good_rigs_of_one_firmware_may_be_signed(tmp_path: Path) -> None:
    assert both(tmp_path, GOOD, GOOD, rig="lab8").decision is Decision.READY


def test_runs_of_two_firmwares_are_not_signed_and_the_sheet_says_so(tmp_path: Path) -> None:
    assert both(tmp_path, GOOD, GOOD, firmware="9.6.2").decision is Decision.INCOMPLETE
    assert "runs of 2 firmwares: 9.6.1, 9.6.2" in (tmp_path / "signoff.html").read_text()


def test_one_firmwares_pass_does_not_hide_anothers_failure(tmp_path: Path) -> None:
    assert both(tmp_path, BAD, GOOD, firmware="9.6.2").decision is Decision.REFUSE


def test_a_run_of_an_unrecorded_firmware_is_not_signed(tmp_path: Path) -> None:
    matrix = sheet.write([run(tmp_path / "run", [GOOD], firmware="")], tmp_path)
    assert matrix.decision is Decision.INCOMPLETE
    assert "run does not say which firmware it judged" in (tmp_path / "signoff.html").read_text()


def test_a_run_with_a_dead_part_is_not_signed(tmp_path: Path) -> None:
    part = {"part": "dongle", "answered": "no such port", "ok": False, "remedy": "plug it in"}
    matrix = sheet.write([run(tmp_path / "run", [GOOD], health=[part])], tmp_path)
    assert matrix.decision is Decision.INCOMPLETE
    assert matrix.doubts == ["run: dongle was dead before the run"]
    assert "Before this can be signed: run: dongle was dead" in (tmp_path / "signoff.html").read_text()


def test_a_well_rigs_run_may_be_signed(tmp_path: Path) -> None:
    assert decide(tmp_path, GOOD, health=[{"part": "dongle", "ok": True}]) is Decision.READY


def test_an_unstable_test_is_not_signed_even_of_no_feature(tmp_path: Path) -> None:
    bad, good = outcome("a[asterisk]", "product failure"), outcome("a[asterisk]", "passed")
    matrix = both(tmp_path, bad, good)
    assert matrix.decision is Decision.INCOMPLETE
    assert "unstable on one rig: suites/x.py::test_a[asterisk]" in (tmp_path / "signoff.html").read_text()


def test_a_rig_fault_that_was_mended_is_no_unstable_test(tmp_path: Path) -> None:
    assert both(tmp_path, outcome("a[asterisk]", "rig fault", "hold"), GOOD).decision is Decision.READY


def test_a_feature_whose_tests_were_all_rig_faults_is_not_covered(tmp_path: Path) -> None:
    matrix = sheet.write([run(tmp_path / "run", [outcome("a", "rig fault", "hold")])], tmp_path)
    assert "hold" in {feature.id for feature in matrix.uncovered}
    row = next(f for f in json.loads((tmp_path / "signoff.json").read_text())["features"] if f["id"] == "hold")
    assert row["covered"] is False


def test_the_sheet_says_what_matters_and_escapes_what_it_quotes(tmp_path: Path) -> None:
    tests = [outcome("a[asterisk]", "product failure", "hold", "no-such-feature")]
    sheet.write([run(tmp_path / "run", tests, simulated=True)], tmp_path)
    page = (tmp_path / "signoff.html").read_text()
    assert "SIMULATED" in page
    assert "seen &lt;sip:40@x&gt;" in page
    assert "not covered" in page
    assert "no-such-feature" in page
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert 'class="signature"' not in page


def test_a_run_that_was_cut_off_is_read_and_not_signed(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "results.jsonl").write_text(json.dumps(outcome("a", "passed", "hold")) + '\n{"id": "half')
    found = results.load(folder)
    assert len(found.results) == 1
    assert found.cut_off
    assert found.simulated, "a run that does not say what it judged is not taken for a physical one"


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        results.load(tmp_path)
    (tmp_path / "run.json").write_text('{"schema": 99}')
    with pytest.raises(UsageError, match="99"):
        results.load(tmp_path)


def test_rules_that_no_test_judged_stand_on_the_sheet(tmp_path: Path) -> None:
    tests = [outcome("a[asterisk-HLD-1]", "passed", "hold") | {"rule": "HLD-1"},
             outcome("b[asterisk-HLD-2]", "invalid", "hold") | {"rule": "HLD-2"},
             outcome("c[asterisk-HLD-3]", "product failure") | {"rule": "HLD-3", "broken": "HLD-5"}]  # fmt: skip
    sheet.write([run(tmp_path / "run", tests)], tmp_path)
    unjudged = json.loads((tmp_path / "signoff.json").read_text())["rules_not_judged"]
    assert "HLD-1" not in unjudged["asterisk"]
    assert "HLD-5" not in unjudged["asterisk"]
    assert {"HLD-2", "HLD-3", "REG-10"} <= set(unjudged["asterisk"]), "a test that failed otherwise judged no rule"
    assert "snom-one" not in unjudged, "of a profile that has no file nothing can be said"
    page = (tmp_path / "signoff.html").read_text()
    assert "REG-10 a 503 with Retry-After is temporary" in page
    assert "HLD-1 the held party" not in page


def test_the_sheet_says_how_far_the_results_of_a_profile_reach(tmp_path: Path) -> None:
    folder = run(tmp_path / "run", [outcome("a[netpbx]", "passed", "hold")])
    record = json.loads((folder / "run.json").read_text()) | {"profiles": ["asterisk", "netpbx"]}
    (folder / "run.json").write_text(json.dumps(record))
    sheet.write([folder], tmp_path)
    page = (tmp_path / "signoff.html").read_text()
    assert page.count("Only the RFC baseline is known") == 1
    assert "netpbx: Only the RFC baseline is known: no public document says what Advoco NetPBX asks of a phone." in page
    assert "Only the RFC baseline is known" in exercised.page({"netpbx": {}})
    assert "Only the RFC baseline" not in exercised.page({"asterisk": {}})


def test_a_row_that_no_rig_can_test_says_why(tmp_path: Path) -> None:
    sheet.write([run(tmp_path / "run", [GOOD])], tmp_path)
    page = (tmp_path / "signoff.html").read_text()
    assert page.count("no part of a rig measures a frequency") == 2


def test_every_feature_that_a_suite_names_stands_in_the_catalogue() -> None:
    known = catalogue.load().ids
    unknown = [(path.name, name) for path, name in marked_features() if name not in known]
    assert not unknown


def marked_features() -> list[tuple[Path, str]]:
    """The features named by marks in the suites."""
    found = []
    for path in (ROOT / "suites").rglob("test_*.py"):
        if "selftest" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == "feature":
                found += [(path, arg.value) for arg in node.args if isinstance(arg, ast.Constant)]
    return found


def test_a_part_that_was_dead_before_the_run_stands_on_the_sheet_with_its_remedy(tmp_path: Path) -> None:
    part = {"part": "dongle", "answered": "no such port", "ok": False, "remedy": "plug it in"}
    there = {"part": "peer", "answered": "not tried", "ok": False, "applicable": False}
    record = {"schema": 1, "rig": {"name": "lab", "kind": "physical"}, "tests": [], "health": [part, there]}
    (tmp_path / "run.json").write_text(json.dumps(record))
    sheet.write([tmp_path], tmp_path)
    page = (tmp_path / "signoff.html").read_text()
    assert "dongle was dead before the run" in page
    assert "plug it in" in page
    assert "peer was dead" not in page


FIRST = {"at": 5.0, "test": "suites/x.py::test_a[asterisk]", "frames": [4711], "expected": "sendonly", "seen": "none"}


def watched(held: int, broken: int = 0, **more: Any) -> dict[str, Any]:
    return {"asterisk": {"HLD-1": {"held": held, "broken": broken, "unsaid": 0, **more}}}


def test_the_rules_of_several_runs_add_up_and_the_first_broken_packet_is_shown(tmp_path: Path) -> None:
    runs = [
        run(tmp_path / "1", [GOOD], rules=watched(3)),
        run(tmp_path / "2", [GOOD], rules=watched(2, 1, first=FIRST, reasons={"no feedback": 2}), started=2.0),
    ]
    matrix = sheet.write(runs, tmp_path)
    page = (tmp_path / "signoff.html").read_text()
    assert "HLD-1" in page
    row = page[page.index("✗ HLD-1") :].partition("</tr>")[0]
    assert '<td class="n">5</td><td class="n">1</td>' in row
    assert "packet 4711 in x.py::test_a[asterisk]" in row
    assert "expected sendonly, seen none" in row
    assert "2 × no feedback" in row
    assert "– HLD-4" in page
    stored = json.loads((tmp_path / "signoff.json").read_text())["rules"]["asterisk"]["HLD-1"]
    assert (stored["held"], stored["broken"], stored["first"]["frames"]) == (5, 1, [4711])
    unjudged = {rule.id for rule in matrix.unjudged_rules["asterisk"]}
    assert "HLD-1" not in unjudged
    assert {"HLD-4", "SIP-CSEQ"} <= unjudged


def test_runs_without_the_watch_say_so_and_no_rule_of_all_traffic_is_missed(tmp_path: Path) -> None:
    matrix = sheet.write([run(tmp_path / "run", [GOOD])], tmp_path)
    assert "without the standing watch" in (tmp_path / "signoff.html").read_text()
    assert "SIP-CSEQ" not in {rule.id for rule in matrix.unjudged_rules["asterisk"]}


@pytest.mark.parametrize(
    ("rules", "decision", "unstable"),
    [
        (watched(7), Decision.INCOMPLETE, ["watch[asterisk-HLD-1]"]),
        (watched(0), Decision.REFUSE, []),
        ({}, Decision.REFUSE, []),
    ],
)
def test_a_rule_that_a_later_run_saw_held_is_no_longer_broken(
    tmp_path: Path, rules: dict[str, Any], decision: Decision, unstable: list[str]
) -> None:
    result = {"id": "watch[asterisk-HLD-1]", "verdict": "product failure", "features": ["hold"], "reason": "none"}
    runs = [
        run(tmp_path / "1", [GOOD, result], rules=watched(3, 1, first=FIRST)),
        run(tmp_path / "2", [GOOD], rules=rules, started=2.0),
    ]
    matrix = build(catalogue.load(), [results.load(path) for path in runs])
    assert matrix.decision is decision
    assert [one.test_id for one in matrix.unstable] == unstable


def test_a_watch_result_makes_its_features_cell_red(tmp_path: Path) -> None:
    result = {"id": "watch[asterisk-HLD-1]", "verdict": "product failure", "features": ["hold"], "reason": "none"}
    matrix = sheet.write([run(tmp_path / "run", [GOOD, result])], tmp_path)
    assert matrix.decision is Decision.REFUSE
    assert matrix.cell("hold", "asterisk").verdict is Verdict.PRODUCT_FAILURE
    assert "watch[asterisk-HLD-1]" in (tmp_path / "signoff.html").read_text()


def test_a_run_whose_rules_could_not_be_judged_is_not_signed(tmp_path: Path) -> None:
    folder = run(tmp_path / "run", [GOOD], watch={"unjudged": ["no rule of asterisk is judged: it shows Lync"]})
    matrix = build(catalogue.load(), [results.load(folder)])
    assert matrix.decision is Decision.INCOMPLETE
    assert matrix.doubts == ["run: no rule of asterisk is judged: it shows Lync"]
