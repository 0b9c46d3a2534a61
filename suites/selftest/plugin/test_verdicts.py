"""Every way a test can end, as a verdict in pytest, in run.json and in Allure."""

import json

import pytest

from harness.core.errors import RigFault
from harness.signoff import catalogue, results, sheet
from harness.signoff import matrix as signoff

CODE = """
WRONG = errors.Expectation("the held party is offered sendonly", "a=sendonly", "a=sendrecv", rule="HLD-1")
def test_passes(): pass
def test_asserts(): assert 1 == 2
def test_breaks_a_rule(): raise errors.ProductFailure(WRONG)
def test_fails(): pytest.fail("no ring")
def test_rig(): raise errors.RigFault("dongle", "no answer", remedy="replug it")
def test_precondition(): raise errors.InvalidTest("an INVITE", "nothing")
def test_cannot(): raise errors.NotApplicable("no ears")
def test_skips(): pytest.skip("no reason to")
def test_harness(): raise KeyError("ours")
@pytest.fixture
def dead(): raise errors.RigFault("capture", "tshark is gone", remedy="look")
def test_set_up(dead): pass
@pytest.fixture
def unable(): raise errors.NotApplicable("no power switch")
def test_unable(unable): pass
@pytest.fixture
def dirty():
    yield
    raise errors.RigFault("peer", "worker died", remedy="look")
def test_torn_down(dirty): pass
def test_failed_and_torn_down(dirty): assert 0
"""
VERDICTS = {
    "test_passes": "passed",
    "test_asserts": "product failure",
    "test_breaks_a_rule": "product failure",
    "test_fails": "product failure",
    "test_rig": "rig fault",
    "test_precondition": "invalid",
    "test_cannot": "not applicable",
    "test_skips": "not applicable",
    "test_harness": "harness fault",
    "test_set_up": "rig fault",
    "test_unable": "not applicable",
    "test_torn_down": "rig fault",
    "test_failed_and_torn_down": "product failure",
}


@pytest.fixture
def ended(project):
    project.write(CODE)
    project.run()
    return project


def test_each_end_has_its_verdict_and_counts_as_such(ended):
    found = {test["id"].partition("::")[2]: test for test in ended.result["tests"]}
    assert {name: test["verdict"] for name, test in found.items()} == VERDICTS
    assert ended.result["counts"] == {
        "passed": 1, "warnings": 0, "product_failures": 4, "rig_faults": 3, "invalid": 1, "not_applicable": 3,
        "harness_faults": 1,
    }  # fmt: skip
    assert found["test_set_up"]["phase"] == "setup"
    assert found["test_asserts"]["phase"] == "call"
    assert found["test_cannot"]["reason"] == "no ears"
    assert ended.result["simulated"] is True
    assert ended.result["exit_code"] == 70


def test_allure_says_failed_for_the_product_and_broken_for_the_rig(ended):
    results = {}
    for path in (ended.run_dir / "allure-results").glob("*-result.json"):
        result = json.loads(path.read_text())
        results[result["name"]] = result
    assert {name: result["status"] for name, result in results.items()} == {
        name: {"passed": "passed", "product failure": "failed", "not applicable": "skipped"}.get(verdict, "broken")
        for name, verdict in VERDICTS.items()
        if name != "test_torn_down"
    } | {"test_torn_down": results["test_torn_down"]["status"]}
    for name, result in results.items():
        assert VERDICTS[name] in [label["value"] for label in result["labels"] if label["name"] == "verdict"]


def test_an_inferred_rule_that_breaks_is_a_warning_unless_strict(project):
    wrong = 'WRONG = errors.Expectation("a", "b", "c", level="inferred")\n'
    project.write(wrong + "def test_x(): raise errors.ProductFailure(WRONG)\n")
    project.run().assert_outcomes(passed=1)
    assert project.verdict("test_x") == "warning"
    assert project.result["exit_code"] == 0
    project.run("--strict-rules").assert_outcomes(failed=1)


def test_a_rig_fault_after_a_warning_tells_itself(project):
    project.write("""
@pytest.fixture
def dirty():
    yield
    raise errors.RigFault("peer", "worker died", remedy="look")
def test_x(dirty): raise errors.ProductFailure(errors.Expectation("a", "b", "c", level="inferred"))
""")
    project.run()
    (test,) = project.result["tests"]
    assert (test["verdict"], test["phase"]) == ("rig fault", "teardown")
    assert test["reason"].startswith("rig fault: peer: worker died")


def test_a_dead_part_explains_a_warning_a_pass_and_what_is_left_out(project, monkeypatch):
    def dead(under: object) -> None:
        raise RigFault("dongle", "no answer", remedy="replug it")

    monkeypatch.setattr("harness.plugin.health._profile_session", lambda item: item)
    monkeypatch.setattr("harness.rig.liveness.check", dead)
    project.write("""
def test_warned(): raise errors.ProductFailure(errors.Expectation("a", "b", "c", level="inferred"))
def test_passed(): pass
def test_told(): raise errors.RigFault("pbx", "silent", remedy="look")
def test_cannot(): raise errors.NotApplicable("no ears")
""")
    project.run()
    found = {test["id"].partition("::")[2]: (test["verdict"], test["reason"]) for test in project.result["tests"]}
    fault = "rig fault: dongle: no answer\n  remedy    replug it"
    assert found == {
        "test_warned": ("rig fault", fault),
        "test_passed": ("rig fault", fault),
        "test_told": ("rig fault", "rig fault: pbx: silent\n  remedy    look"),
        "test_cannot": ("rig fault", fault),
    }


def test_a_run_says_at_its_end_and_in_the_report_how_far_its_profiles_reach(project):
    project.write("def test_under(profile): pass\n")
    rig = project.pytester.path / "rig.yaml"
    rig.write_text(rig.read_text().replace("  asterisk: {kind: baseline}", "  telepo: {kind: baseline}"))
    result = project.run("--profile", "telepo")
    result.stdout.fnmatch_lines(["m9: profile telepo: Only the RFC baseline is known: *"])
    report = (project.run_dir / "allure-results" / "environment.properties").read_text()
    assert "Only the RFC baseline is known" in report


def test_each_result_names_its_profile_and_its_rig(project):
    project.write("def test_under(profile): pass\ndef test_of_none(): assert 0\n")
    project.run("--profile", "all")
    lines = [json.loads(line) for line in (project.run_dir / "results.jsonl").read_text().splitlines()]
    for tests in (project.result["tests"], lines):
        assert sorted((test["rig"], test["profile"]) for test in tests) == [
            ("paper", ""), ("paper", "asterisk"), ("paper", "broadsoft"),
        ]  # fmt: skip
    labels = [
        sorted(
            label["value"] for label in json.loads(path.read_text())["labels"] if label["name"] in ("rig", "profile")
        )
        for path in (project.run_dir / "allure-results").glob("*-result.json")
    ]
    assert sorted(labels) == [["asterisk", "paper"], ["broadsoft", "paper"], ["paper"]]
    matrix = signoff.build(catalogue.load(), [results.load(project.run_dir)])
    assert {(result.profile, result.rig) for result in matrix.latest} == {
        ("asterisk", "paper"), ("broadsoft", "paper"), (results.COMMON, "paper"),
    }  # fmt: skip
    assert f"{results.COMMON} · no feature named · paper · run" in sheet.html(matrix)


def test_secrets_do_not_reach_the_record(project):
    project.write("""
from harness.core.redaction import redaction
def test_x():
    redaction.register("correct-horse")
    raise errors.RigFault("pbx", "refused correct-horse", remedy="look")
""")
    project.run()
    assert "correct-horse" not in (project.run_dir / "run.json").read_text()
    assert "*************" in (project.run_dir / "run.json").read_text()


def test_no_traceback_shows_a_secret_neither_in_allure_nor_on_the_terminal(project):
    project.write("""
from harness.core.redaction import redaction
SECRET = redaction.register("correct-horse")
def enter(part, claim):
    print("typed", claim)
    raise errors.RigFault(part, "refused " + claim, remedy="look")
def test_called(): enter("pbx", SECRET)
@pytest.fixture
def entered(): enter("web", SECRET)
def test_set_up(entered): pass
@pytest.mark.parametrize("claim", [SECRET], ids=["own"])
def test_asserted(claim): assert claim == "another"
def test_chained():
    try: enter("pbx", SECRET)
    except errors.RigFault as error: raise ValueError(SECRET) from error
def test_shown():
    import allure
    allure.attach(f"<p>{SECRET}</p>", "page", allure.attachment_type.HTML)
    allure.attach(SECRET.encode(), "bytes", allure.attachment_type.TEXT)
    with allure.step("enter"): enter("step", SECRET)
""")
    shown = project.run("-rA", "--showlocals").stdout.str()
    assert "correct-horse" not in shown
    assert "claim = '*************'" in shown
    assert "FAILED suites/test_it.py::test_chained - ValueError: *************" in shown
    results = {path.name: path.read_text() for path in (project.run_dir / "allure-results").iterdir()}
    assert [name for name, text in results.items() if "correct-horse" in text] == []
    assert sum("refused *************" in text for text in results.values()) >= 4
    assert "<p>*************</p>" in results.values()


def test_an_assertion_outside_the_tests_own_file_is_the_harnesss(project):
    project.write("def narrow(value): assert value is not None, 'nothing found'\n", "narrowing.py")
    project.write("""
import sys; sys.path.insert(0, __file__.rpartition("/")[0])
from narrowing import narrow
def own(value): assert value
def test_ours(): narrow(None)
def test_its_own(): own(None)
@pytest.fixture
def narrowed(): narrow(None)
def test_set_up(narrowed): pass
@pytest.fixture
def later():
    yield
    narrow(None)
def test_torn_down(later): pass
@pytest.fixture
def latest(later):
    yield
    narrow(None)
def test_torn_down_twice(latest): pass
def test_rule():
    from harness.capture.sdp import parse
    parse("v=0").audio
""")
    project.run()
    found = {test["id"].partition("::")[2]: test["verdict"] for test in project.result["tests"]}
    ours = dict.fromkeys(("test_ours", "test_set_up", "test_torn_down", "test_torn_down_twice"), "harness fault")
    assert found == {**ours, "test_its_own": "product failure", "test_rule": "product failure"}
    assert project.result["exit_code"] == 70
    results = [json.loads(path.read_text()) for path in (project.run_dir / "allure-results").glob("*-result.json")]
    states = {result["name"]: result["status"] for result in results}
    assert (states["test_ours"], states["test_set_up"], states["test_its_own"]) == ("broken", "broken", "failed")
    (ours,) = [test for test in project.result["tests"] if test["id"].endswith("test_ours")]
    assert ours["reason"].startswith("an assertion of the harness does not hold: nothing found")


def test_features_and_stimuli_are_carried_along(project):
    project.write("@pytest.mark.feature('hold', 'resume')\n@pytest.mark.stimulus('far-end')\ndef test_x(): pass\n")
    project.run()
    (test,) = project.result["tests"]
    assert (test["features"], test["stimuli"]) == (["hold", "resume"], ["far_end"])


def test_a_failure_without_a_rule_names_the_features_of_its_test_and_their_slides(project):
    project.write("""
@pytest.mark.feature("hold", "not-in-the-catalogue")
def test_x(): raise errors.ProductFailure(errors.Expectation("a", "b", "c"))
@pytest.mark.feature("hold")
def test_y(): raise errors.ProductFailure(errors.Expectation("a", "b", "c", rule="HLD-1", source="RFC 3264"))
""")
    project.run()
    (slide,) = (one.slide for one in catalogue.load().features if one.id == "hold")
    assert [test["reason"].splitlines()[:2] for test in project.result["tests"]] == [
        ["product failure: a   [hold, not-in-the-catalogue]", f"  expected  b   (product presentation: {slide})"],
        ["product failure: a   [HLD-1]", "  expected  b   (RFC 3264)"],
    ]


def test_allure_counts_a_test_of_several_features_once(project):
    project.write("@pytest.mark.feature('hold', 'resume', 'hangup')\ndef test_x(): pass\n")
    project.run()
    (path,) = (project.run_dir / "allure-results").glob("*-result.json")
    labels = [(label["name"], label["value"]) for label in json.loads(path.read_text())["labels"]]
    assert [value for name, value in labels if name == "feature"] == ["hold"]
    assert {("tag", "resume"), ("tag", "hangup")} <= set(labels)


def test_last_failed_and_stop_at_first_work_as_ever(project):
    project.write("def test_a(): assert 0\ndef test_b(): assert 0\n")
    project.run("-x").assert_outcomes(failed=1)
    assert [test["verdict"] for test in project.result["tests"]] == ["product failure"]
    project.run("-k", "test_b").assert_outcomes(failed=1)


def test_the_closing_lines_say_what_was_judged_and_that_it_is_simulated(project):
    project.write("def test_a(): pass\n")
    project.run().stdout.fnmatch_lines(["m9: 1 passed   SIMULATED", "m9: evidence in *run"])


def test_the_closing_lines_name_the_cause_of_rig_faults_with_its_remedy(project):
    project.write("""
@pytest.mark.parametrize("number", range(3))
def test_peer(number): raise errors.RigFault("peer", "worker died", remedy="read its log")
def test_plug(): raise errors.RigFault("power", "no answer", remedy="ping the switch")
""")
    project.run().stdout.fnmatch_lines(
        [
            "m9: 3 × rig fault: peer: worker died; remedy read its log",
            "m9: 1 × rig fault: power: no answer; remedy ping the switch",
            "m9: 4 rig faults   SIMULATED",
        ]
    )


def test_the_rule_that_broke_is_recorded_beside_the_rule_that_the_test_is_for(project):
    project.write("""
HOLD = errors.Expectation("a", "b", "c", rule="asterisk-HLD-1")
def test_rule(): raise errors.ProductFailure(HOLD)
def test_claim(): raise errors.ProductFailure(errors.Expectation("a", "b", "c"))
def test_good(): pass
""")
    project.run()
    assert [test.get("broken") for test in project.result["tests"]] == ["HLD-1", None, None]
