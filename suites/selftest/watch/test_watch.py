"""The standing watch of a run on paper: results, labels, what is provoked, several workers, the budget."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.evidence.slices import BETWEEN, Slices
from harness.plugin import profiles
from suites.selftest.plugin.conftest import Project
from suites.selftest.watch.paper_session import CONFTEST

pytest_plugins = ["pytester"]
NAME = "watch[asterisk-SIP-MAX-FORWARDS]"


class Watched(Project):
    """A project whose profile is on paper."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        super().__init__(pytester)
        with (self.suites / "conftest.py").open("a") as conftest:
            conftest.write(CONFTEST)

    def tests(self) -> dict[str, dict]:
        """The record's tests by function, watch results by their name."""
        return {test["id"].partition("::")[2] or test["id"]: test for test in self.result["tests"]}

    def allure(self) -> dict[str, dict]:
        """Allure's results by name."""
        found = map(Path.read_text, (self.run_dir / "allure-results").glob("*-result.json"))
        return {result["name"]: result for result in map(json.loads, found)}


@pytest.fixture
def watched(pytester: pytest.Pytester) -> Watched:
    return Watched(pytester)


@pytest.fixture
def settled(monkeypatch) -> None:
    """A call is judged as soon as it is over."""
    monkeypatch.setattr("harness.rules.session_judge.SETTLED_S", 0.0)
    monkeypatch.setattr("harness.plugin.profile_watch.SETTLED_S", 0.0)


def labels(result: dict, name: str) -> list[str]:
    return [label["value"] for label in result["labels"] if label["name"] == name]


def test_a_rule_that_breaks_in_two_tests_is_one_result_and_the_tests_keep_their_verdict(watched: Watched) -> None:
    watched.write("""
@pytest.mark.feature("hangup")
@pytest.mark.rule("SIP-MAX-FORWARDS")
def test_a(rings): rings("max-forwards")
def test_b(rings): rings()
def test_c(rings): rings("max-forwards"); rings("max-forwards")
""")
    watched.run().assert_outcomes(passed=3, failed=1)
    tests = watched.tests()
    assert {name: test["verdict"] for name, test in tests.items()} == {
        "test_a[asterisk]": "passed", "test_b[asterisk]": "passed", "test_c[asterisk]": "passed",
        NAME: "product failure",
    }  # fmt: skip
    assert {name: test.get("watch") for name, test in tests.items() if "watch" in test} == {
        "test_a[asterisk]": ["SIP-MAX-FORWARDS"], "test_c[asterisk]": ["SIP-MAX-FORWARDS"],
    }  # fmt: skip
    reason = tests[NAME]["reason"]
    assert reason.startswith("product failure: BYE carries Max-Forwards   [asterisk-SIP-MAX-FORWARDS]\n  expected  ")
    assert "packet 1800" in reason
    assert "broken 3 of " in reason
    assert "first in suites/test_it.py::test_a[asterisk]" in reason
    assert (tests[NAME]["phase"], tests[NAME]["kind"], tests[NAME]["features"]) == (
        "call", "watch", list(profiles.rules_of("asterisk")["SIP-MAX-FORWARDS"].features),
    )  # fmt: skip
    assert watched.result["counts"]["product_failures"] == 1
    assert watched.result["exit_code"] == 10


def test_allure_has_the_result_and_the_labels_and_the_run_its_table(watched: Watched) -> None:
    watched.write("def test_a(rings): rings('max-forwards')\ndef test_b(rings): rings()\n")
    watched.run()
    results = watched.allure()
    assert results[NAME]["status"] == "failed"
    assert "BYE carries Max-Forwards" in results[NAME]["statusDetails"]["message"]
    assert labels(results[NAME], "profile") == ["asterisk"]
    assert labels(results["test_a[asterisk]"], "watch") == ["SIP-MAX-FORWARDS"]
    assert labels(results["test_b[asterisk]"], "watch") == []
    rules = watched.result["rules"]["asterisk"]
    assert rules["SIP-MAX-FORWARDS"]["broken"] == 1
    assert rules["SIP-MAX-FORWARDS"]["first"]["test"] == "suites/test_it.py::test_a[asterisk]"
    counts = {name: [rules[name][key] for key in ("held", "broken", "unsaid")] for name in ("SIP-CSEQ", "SIP-CANCEL")}
    assert counts == {"SIP-CSEQ": [4, 0, 0], "SIP-CANCEL": [0, 0, 0]}


def test_allure_has_the_table_of_rules_beside_the_results(watched: Watched) -> None:
    watched.write("def test_a(rings): rings('max-forwards')\n")
    watched.run()
    folder = watched.run_dir / "allure-results"
    (told,) = [json.loads(path.read_text()) for path in folder.glob("*-globals.json")]
    (attached,) = told["attachments"]
    page = (folder / attached["source"]).read_text()
    assert attached["name"] == "rules exercised"
    assert "✗ SIP-MAX-FORWARDS" in page
    assert "✓ SIP-CSEQ" in page
    assert "– SIP-CANCEL" in page
    assert "rules-asterisk = " in (folder / "environment.properties").read_text()


def test_a_healthy_session_has_no_more_results_than_tests_and_says_what_was_watched(watched: Watched) -> None:
    watched.write("def test_a(rings): rings()\ndef test_b(): pass\n")
    outcome = watched.run()
    outcome.assert_outcomes(passed=2)
    outcome.stdout.fnmatch_lines(["m9: * rules watched: * held, 0 broken, * occasions; * ms a test, *"])
    facts = watched.result["watch"]
    assert (facts["tests"], facts["budget_ms"], facts["over_budget"], facts["trouble"]) == (1, 50.0, {}, [])


def test_what_a_test_provokes_is_not_counted_against_the_base(watched: Watched) -> None:
    watched.write("""
@pytest.mark.provokes("SIP-MAX-FORWARDS")
def test_a(rings): rings("max-forwards")
def test_b(rings): rings("OLD")
""")
    watched.run()
    assert [name for name in watched.tests() if name.startswith("watch[")] == ["watch[asterisk-SIP-BRANCH]"]
    assert watched.result["rules"]["asterisk"]["SIP-MAX-FORWARDS"]["provoked"] == 1


def test_what_a_test_leaves_on_purpose_is_not_counted_and_the_next_change_is(watched: Watched) -> None:
    watched.write("""
from harness.core import clock, steps
from harness.rules.idle_state import IdleState
@pytest.fixture
def leaves(profile_session, request):
    def look(name):
        state = IdleState(clock.now(), request.node.nodeid, settings={"network.hostname": name})
        steps.publish("idle", "looked", idle=state)
    return look
def test_a(leaves): leaves("m9")
@pytest.mark.provokes("IDLE-SETTINGS")
def test_b(leaves): leaves("left on purpose")
def test_c(leaves): leaves("left on purpose")
def test_d(leaves): leaves("left by mistake")
""")
    watched.run().assert_outcomes(passed=4, failed=1)
    told = watched.result["rules"]["asterisk"]["IDLE-SETTINGS"]
    assert (told["provoked"], told["held"], told["broken"]) == (1, 1, 1)
    assert told["tests"] == {"suites/test_it.py::test_d[asterisk]": 1}
    assert "watch[asterisk-IDLE-SETTINGS]" in watched.tests()


def test_an_unknown_rule_cannot_be_provoked_and_the_nearest_is_named(watched: Watched) -> None:
    watched.write("@pytest.mark.provokes('SIP-MAX-FORWARD')\ndef test_a(rings): pass\n")
    outcome = watched.run()
    assert outcome.ret == pytest.ExitCode.USAGE_ERROR
    outcome.stderr.fnmatch_lines(["*provokes('SIP-MAX-FORWARD'): no such rule (did you mean SIP-MAX-FORWARDS?)"])


def test_an_inferred_rule_is_a_warning_unless_rules_are_strict(watched: Watched, monkeypatch) -> None:
    from harness.profiles.model import Rule

    monkeypatch.setattr(Rule, "level", "inferred", raising=False)
    monkeypatch.setattr(Rule, "__getattribute__", _inferred)
    watched.write("def test_a(rings): rings('max-forwards')\n")
    watched.run().assert_outcomes(passed=2)
    assert watched.tests()[NAME]["verdict"] == "warning"
    assert watched.result["exit_code"] == 0
    watched.run("--strict-rules").assert_outcomes(passed=1, failed=1)


def _inferred(rule, name):
    return "inferred" if name == "level" else object.__getattribute__(rule, name)


def test_a_broken_rule_of_the_feature_ends_its_tests_for_prove_and_the_smoke_tests_go_on(
    watched: Watched, settled
) -> None:
    watched.write("""
@pytest.mark.feature("hangup")
@pytest.mark.rule("SIP-MAX-FORWARDS")
def test_a(rings): rings("max-forwards")
@pytest.mark.feature("hangup")
def test_b(): pass
@pytest.mark.feature("hangup")
def test_c(): pass
@pytest.mark.smoke
def test_d(): pass
""")
    watched.run("-p", "harness.plugin.defect_selection", "--proof-features", "hangup", "--first-kill")
    tests = watched.tests()
    assert {name: test["verdict"] for name, test in tests.items()} == {
        "test_a[asterisk]": "passed", "test_b": "not applicable", "test_c": "not applicable", "test_d": "passed",
        NAME: "product failure",
    }  # fmt: skip
    assert tests["test_c"]["reason"] == "the defect was killed by watch of SIP-MAX-FORWARDS"


def test_where_the_web_ui_shows_another_profile_no_rule_is_judged(watched: Watched) -> None:
    watched.write("""
def test_a(rings, profile_session):
    profile_session.reads_back = False
    rings("max-forwards")
""")
    watched.run().assert_outcomes(passed=1)
    assert watched.result["watch"]["unjudged"] == [
        "no rule of asterisk is judged: invalid: not seen: the web UI shows Server Type Asterisk\n"
        "  seen      it shows Lync"
    ]
    assert watched.result["rules"] == {"asterisk": {}}


def test_set_up_and_teardown_belong_to_the_test_around_them(watched: Watched) -> None:
    watched.write("""
@pytest.fixture
def dirty(rings):
    rings("max-forwards")
    yield
    rings("OLD")
def test_a(dirty): pass
""")
    watched.run()
    assert watched.tests()["test_a[asterisk]"]["watch"] == ["SIP-BRANCH", "SIP-MAX-FORWARDS"]


def test_the_first_failure_ends_the_tests_and_not_the_watch(watched: Watched) -> None:
    watched.write("def test_a(rings): rings('max-forwards'); assert 0\ndef test_b(rings): pass\n")
    watched.run("-x").assert_outcomes(failed=2)
    assert list(watched.tests()) == ["test_a[asterisk]", NAME]


def test_a_rule_of_ours_that_fails_is_a_harness_fault(watched: Watched) -> None:
    watched.write("""
def test_a(rings, monkeypatch_session): rings()
@pytest.fixture
def monkeypatch_session(request):
    from harness.rules.conversation import Conversation
    patch = pytest.MonkeyPatch()
    patch.setattr(Conversation, "request_of", lambda self, response: 1 / 0)
    request.config.add_cleanup(patch.undo)
""")
    watched.run()
    broken = {name: test for name, test in watched.tests().items() if name.startswith("watch[")}
    assert broken
    assert {test["verdict"] for test in broken.values()} == {"harness fault"}
    assert all("ZeroDivisionError" in test["reason"] for test in broken.values())


def test_a_watch_that_fails_ends_as_a_harness_fault_and_not_the_run(watched: Watched) -> None:
    watched.write("""
def test_a(rings, profile_session): rings(); profile_session.fence = None
def test_b(rings): rings()
""")
    watched.run().assert_outcomes(passed=2, failed=1)
    told = watched.tests()["watch[asterisk-watch]"]
    assert told["verdict"] == "harness fault"
    assert "watch cannot judge: TypeError: 'NoneType' object is not callable" in told["reason"]


def test_workers_watch_each_its_own_rig_and_their_findings_are_one_line(watched: Watched, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[3]))
    watched.write("\n".join(f"def test_{n}(rings): rings('max-forwards')" for n in range(4)))
    words = ("-n", "2", "--rig", "rig.yaml")
    done = watched.pytester.runpytest_subprocess(
        "suites", "--rig", "rig.yaml", "--run-dir", str(watched.run_dir), *words
    )
    done.assert_outcomes(passed=4, failed=1)
    tests = watched.tests()
    assert tests[NAME]["verdict"] == "product failure"
    assert "broken 4 of " in tests[NAME]["reason"]
    assert all(tests[f"test_{n}[asterisk]"]["watch"] == ["SIP-MAX-FORWARDS"] for n in range(4))
    assert watched.result["rules"]["asterisk"]["SIP-CSEQ"]["held"] == 8
    assert watched.result["watch"]["tests"] == 2  # the last of each worker is judged when the profile ends
    assert labels(watched.allure()["test_3[asterisk]"], "watch") == ["SIP-MAX-FORWARDS"]


def test_a_look_that_takes_longer_than_its_budget_is_noted_and_said(watched: Watched, monkeypatch) -> None:
    monkeypatch.setattr("harness.plugin.profile_watch.BUDGET_MS", 0.0)
    watched.write("def test_a(rings): rings()\ndef test_b(rings): pass\n")
    outcome = watched.run()
    assert list(watched.result["watch"]["over_budget"]) == ["suites/test_it.py::test_a[asterisk]"]
    outcome.stdout.fnmatch_lines(["m9: * rules watched*, 1 tests over budget,*"])


def test_a_moment_belongs_to_the_test_around_it_or_to_none() -> None:
    slices = Slices()
    slices.begin("a", 10.0, ["HLD-1"])
    slices.end(20.0)
    slices.begin("b", 21.0)
    assert [slices.at(at).test for at in (5.0, 10.0, 20.0, 20.5, 21.0, 99.0)] == [BETWEEN, "a", "a", BETWEEN, "b", "b"]
    assert slices.at(15.0).provokes == {"HLD-1"}


def test_a_rule_without_features_has_those_of_the_tests_that_judge_it_and_its_profile(watched: Watched) -> None:
    watched.write("""
@pytest.mark.feature("hold", "resume")
@pytest.mark.rule("HLD-1")
def test_a(rings): rings()
""")
    watched.run()
    assert watched.result["rules"]["asterisk"]["HLD-1"]["features"] == ["hold", "resume", "profile-asterisk"]


def test_a_rule_that_rests_on_time_and_looks_broken_in_a_stall_is_a_rig_fault(watched: Watched) -> None:
    watched.write("""
def test_a(profile_session, rings, timed):
    from harness.core import clock
    from harness.core.stall import Stall
    rings("max-forwards")
    profile_session.host.note(Stall(clock.now() - 1, clock.now() + 1, 0.9, "rigs.standin"))
@pytest.fixture
def timed(request):
    from harness.rules import all_rules
    for function in all_rules.functions()["SIP-MAX-FORWARDS"]:
        object.__setattr__(function, "timed", True)
        request.config.add_cleanup(lambda one=function: object.__setattr__(one, "timed", False))
""")
    watched.run()
    found = watched.tests()
    assert found["test_a[asterisk]"]["verdict"] == "passed"
    assert found[NAME]["verdict"] == "rig fault"
    assert "rests on time and is not judged 1 times" in found[NAME]["reason"]
    assert "rigs.standin stood still for 900 ms" in found[NAME]["reason"]
