"""When a defect counts as killed, what a dead rig proves, and what runs together mean: judged without any rig."""

from pathlib import Path

import pytest
import yaml

from harness.cli import console, dead_rigs, defect_runs, nightly, prove, standin_facts
from harness.cli.defect_runs import Proof
from harness.cli.standin_facts import Defect
from harness.cli.suites import Outcome
from harness.core import errors, layout, verdict

HOLD = Defect("hold-sticks", "hold", "the held party hears the room")


def ended(name: str, verdict: str, *features: str, phase: str = "call") -> dict:
    return {"id": name, "verdict": verdict, "phase": phase, "features": list(features), "stimuli": []}


def outcome(*tests: dict, code: int = 0, **more: object) -> Outcome:
    counts = verdict.counted([test["verdict"] for test in tests])
    return Outcome(Path(), {"tests": list(tests), "counts": counts, **more}, code)


HEALTHY = outcome(
    ended("t_hold", "passed", "hold"), ended("t_call", "passed", "call-out"), ended("t_sick", "rig fault", "hold")
)


@pytest.mark.parametrize(
    ("tests", "killed", "why"),
    [
        ([ended("t_hold", "product failure", "hold")], True, "t_hold"),
        ([ended("t_hold", "passed", "hold")], False, "1 tests passed"),
        ([ended("t_hold", "rig fault", "hold")], False, "not judged: t_hold"),
        ([ended("t_hold", "invalid", "hold")], False, "not judged: t_hold"),
        ([ended("t_hold", "product failure", "hold", phase="setup")], False, "not judged: t_hold"),
        ([ended("t_hold", "product failure", "hold", phase="teardown")], False, "not judged: t_hold"),
        ([ended("t_sick", "product failure", "hold")], False, "not judged: t_sick"),
        ([ended("t_call", "product failure", "call-out")], False, "breaks smoke tests of other features: t_call"),
        (
            [ended("t_hold", "product failure", "hold"), ended("t_call", "product failure", "call-out")],
            False,
            "breaks smoke tests of other features: t_call",
        ),
        ([ended("t_call", "passed", "call-out")], False, "no test carries this feature"),
        ([], False, "nothing ran"),
    ],
)
def test_a_defect_is_killed_by_a_product_failure_of_its_feature_in_a_test_body_only(tests, killed, why):
    result = defect_runs.judge(HOLD, outcome(*tests), HEALTHY)
    assert result.lived is not killed
    assert why in result.line()


def test_a_defect_that_lived_while_the_host_stood_still_is_to_run_again() -> None:
    stood_still = {"host": {"stalls": 2, "longest_ms": 300}}
    assert defect_runs.judge(HOLD, outcome(ended("t_hold", "rig fault", "hold"), **stood_still), HEALTHY).stalled
    assert not defect_runs.judge(HOLD, outcome(ended("t_hold", "passed", "hold")), HEALTHY).stalled


def watched(name: str, verdict: str, *features: str) -> dict:
    return {**ended(f"watch[asterisk-{name}]", verdict, *features), "kind": "watch"}


@pytest.mark.parametrize(
    ("tests", "killed", "why"),
    [
        ([watched("HLD-1", "product failure", "hold")], True, "watch[asterisk-HLD-1]"),
        ([watched("HLD-1", "warning", "hold")], False, "no test carries this feature"),
        ([watched("HLD-1", "harness fault", "hold")], False, "no test carries this feature"),
        ([watched("CAL-1", "product failure", "call-out"), ended("t_hold", "passed", "hold")], False, "1 tests passed"),
        ([watched("HLD-5", "product failure", "hold")], False, "no test carries this feature"),
    ],
)
def test_a_watch_result_kills_when_its_rule_has_the_feature_and_breaks_no_smoke_test(tests, killed, why):
    healthy = outcome(*HEALTHY.tests, watched("HLD-5", "product failure", "hold"))
    result = defect_runs.judge(HOLD, outcome(*tests), healthy)
    assert result.lived is not killed
    assert result.broken_smoke == []
    assert why in result.line()


def test_a_watch_result_is_no_idle_test_and_no_pass_of_a_dead_rig():
    healthy = outcome(ended("t_a", "passed", "hold"), watched("HLD-1", "warning", "hold"))
    proof = Proof(
        {None: healthy}, True, [defect_runs.judge(HOLD, outcome(ended("t_a", "product failure", "hold")), healthy)]
    )
    assert proof.idle_tests == []
    assert dead_rigs.judge("keys", outcome(ended("t", "product failure"), watched("HLD-1", "warning"))).exit_code == 0


@pytest.mark.parametrize("defects", [1, 50, 51, 404])
def test_turns_together_prove_every_defect_and_every_dead_rig_and_none_is_long(defects, monkeypatch):
    names = [f"d{number:03}" for number in range(defects)]
    monkeypatch.setattr(standin_facts, "defects", lambda: dict.fromkeys(names))
    monkeypatch.setattr(standin_facts, "dead_rigs", lambda: dict.fromkeys(["keys", "web", "far-end"]))
    turns = [prove._of_turn(turn, prove.ProveRequest()) for turn in range(30)]
    parts = [prove._shared(names, prove._share(turn.share)) for turn in turns]
    assert {name for part in parts for name in part} == set(names)
    assert max(map(len, parts)) <= prove.PART
    assert {rig for turn in turns for rig in turn.dead_rigs} == {"keys", "web", "far-end"}


def test_smoke_tests_meet_at_once_what_neither_excludes_the_other_nor_is_their_own_feature():
    healthy = outcome({**ended("t_call", "passed", "call-out"), "smoke": True}, ended("t_hold", "passed", "hold"))
    defects = [
        Defect(name, feature, "", decision=decision)
        for name, feature, decision in [
            ("a", "hold", "HoldStrategy"),
            ("b", "call-out", "DialStrategy"),
            ("c", "hold", "HoldStrategy"),
            ("d", "dnd", "DndStrategy"),
            ("e", "rtcp", "RtcpStrategy"),
        ]
    ]
    batches = defect_runs.batches(defects, healthy, 2)
    assert [[defect.name for defect in batch] for batch in batches] == [["a", "d"], ["c", "e"]]


def test_replacements_of_one_function_meet_no_smoke_test_at_once_but_those_of_a_seam_do():
    healthy = outcome({**ended("t_call", "passed", "call-out"), "smoke": True})
    defects = [
        Defect(name, "hold", "", decision=function, replaces=function, chains=chains)
        for name, function, chains in [
            ("a", "sip.call.Call.bye", False),
            ("b", "sip.call.Call.bye", False),
            ("c", "air.radio.Radio.send", True),
            ("d", "air.radio.Radio.send", True),
        ]
    ]
    batches = defect_runs.batches(defects, healthy, 4)
    assert [[defect.name for defect in batch] for batch in batches] == [["a", "c", "d"], ["b"]]


def test_a_defect_whose_replacement_was_never_called_lives_whatever_the_tests_say(tmp_path):
    quiet = Defect("quiet", "hold", "", decision="call.Call.hold", replaces="call.Call.hold")
    killed = outcome(ended("t_hold", "product failure", "hold"))
    assert not quiet.was_called(tmp_path)
    assert HOLD.was_called(tmp_path)
    result = defect_runs.judge(quiet, killed, HEALTHY, called=False)
    assert result.lived
    assert "its replacement of call.Call.hold was never called" in result.line()
    (tmp_path / "gw0/standin/called").mkdir(parents=True)
    (tmp_path / "gw0/standin/called/quiet").touch()
    assert quiet.was_called(tmp_path)
    assert not defect_runs.judge(quiet, killed, HEALTHY, called=True).lived


def test_idle_tests_are_those_that_met_a_defect_of_theirs_and_killed_none():
    healthy = outcome(ended("t_a", "passed", "hold"), ended("t_b", "passed", "hold"), ended("t_c", "passed", "dnd"))
    proof = Proof(
        {None: healthy}, True, [defect_runs.judge(HOLD, outcome(ended("t_a", "product failure", "hold")), healthy)]
    )
    assert proof.idle_tests == ["t_b"]
    assert proof.exit_code == 0
    assert proof.as_json()["defects"]["hold-sticks"]["killed_by"] == ["t_a"]


@pytest.mark.parametrize("matrix", [True, False])
def test_a_test_whose_features_have_no_defect_is_idle_and_said_to_be(capsys, matrix):
    healthy = outcome(ended("t_a", "passed", "hold"), tests_without_a_defect=["f.py::t_new"])
    proof = Proof(
        {None: healthy}, matrix, [defect_runs.judge(HOLD, outcome(ended("t_a", "product failure", "hold")), healthy)]
    )
    proof.tell()
    assert proof.as_json()["idle_tests"] == ["f.py::t_new"]
    assert "idle:  t_new (its features have no defect)" in "".join(capsys.readouterr())


@pytest.mark.parametrize(
    ("tests", "code"),
    [
        ([ended("t", "product failure")], 0),
        ([ended("t", "invalid"), ended("u", "not applicable", phase="setup")], 0),
        ([ended("t", "passed")], 10),
        ([ended("t", "warning")], 10),
        ([ended("t", "rig fault", phase="setup")], 10),
        ([], 12),
    ],
)
def test_on_a_dead_rig_nothing_may_pass_or_end_in_set_up(tests, code):
    assert dead_rigs.judge("keys", outcome(*tests)).exit_code == code


@pytest.mark.parametrize(("more", "code"), [({"cut_off": True}, 1), ({"interrupted": True}, 2), ({}, 3), ({}, -9)])
def test_a_dead_rigs_run_that_broke_off_proves_nothing_and_says_so(more, code, capsys):
    result = dead_rigs.judge("keys", outcome(ended("t", "product failure"), code=code, **more))
    assert result.exit_code == 10
    assert "was not completed" in result.as_json()["error"]
    dead_rigs.tell(result)
    said = capsys.readouterr().out
    assert "✗ dead rig keys" in said
    assert f"(pytest ended with {code}): see " in said


def test_a_dead_rig_without_a_test_to_run_judged_nothing():
    assert dead_rigs.judge("keys", outcome(code=5)).exit_code == 12


@pytest.mark.parametrize(
    ("verdicts", "more", "code"),
    [
        (["passed"], {}, 0),
        (["warning"], {}, 0),
        (["passed", "product failure", "rig fault"], {}, 10),
        (["passed", "invalid"], {}, 10),
        (["passed", "rig fault"], {}, 11),
        (["not applicable"], {}, 12),
        ([], {}, 12),
        (["passed", "harness fault"], {}, 70),
        (["passed"], {"interrupted": True}, 130),
        (["passed"], {"cut_off": True}, 70),
    ],
)
def test_exit_codes_of_a_run(verdicts, more, code):
    assert outcome(*(ended(str(n), v) for n, v in enumerate(verdicts)), **more).exit_code == code


def test_nothing_more_begins_after_a_healthy_run_that_was_told_to_end(monkeypatch, tmp_path):
    monkeypatch.setattr(defect_runs, "_run", lambda *_: outcome(ended("t", "passed"), interrupted=True))
    with pytest.raises(KeyboardInterrupt):
        defect_runs.healthy(tmp_path / "rig.yaml", tmp_path, {"hold"})


def test_exit_codes_of_runs_together():
    good, bad = outcome(ended("t", "passed")), outcome(ended("t", "rig fault"))
    assert nightly.combined([good, bad]) == 11
    assert nightly.combined([good, outcome(ended("t", "passed"), cut_off=True)]) == 70
    assert nightly.combined([good, outcome(interrupted=True), bad]) == 130


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.UsageError("x"), 2),
        (errors.RigFault("p", "x", remedy="y"), 11),
        (errors.HarnessFault("x"), 70),
        (errors.InvalidTest("x", "y"), 10),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes_of_errors(error, code):
    assert console.exit_code_of(error) == code


def test_a_derived_rig_differs_in_what_was_asked_and_nothing_else(tmp_path):
    source = layout.STANDIN_RIG
    overlay = {"pbx": {"asterisk": {"kind": "external", "registrar": "198.18.9.12"}}, "peer": {"worker": ["x"]}}
    path = standin_facts.derived_rig(source, tmp_path, words=("--dead", "x"), overlay=overlay)
    before, after = yaml.safe_load(source.read_text()), yaml.safe_load(path.read_text())
    assert after["bringup"]["command"] == [*before["bringup"]["command"], "--dead", "x"]
    assert after["pbx"] == before["pbx"] | {"asterisk": {"kind": "external", "registrar": "198.18.9.12"}}
    assert after["peer"] == {"worker": ["x"]}
    changed = {"bringup", "pbx", "peer"}
    assert {k: v for k, v in after.items() if k not in changed} == {k: v for k, v in before.items() if k not in changed}


def test_a_derived_rig_finds_the_files_that_the_rig_names(tmp_path):
    content = yaml.safe_load(layout.STANDIN_RIG.read_text())
    content["base"] |= {"survey": "surveys/own.yaml", "pin": {"file": "secrets/pin", "default": "0000"}}
    content["power"]["community"] = {"file": "/etc/m9/community"}
    rig = tmp_path / "rigs" / "own.yaml"
    rig.parent.mkdir()
    rig.write_text(yaml.safe_dump(content))
    after = yaml.safe_load(standin_facts.derived_rig(rig, tmp_path / "run").read_text())
    assert after["base"]["survey"] == str(tmp_path / "rigs" / "surveys" / "own.yaml")
    assert after["base"]["pin"] == {"file": str(tmp_path / "rigs" / "secrets" / "pin"), "default": "0000"}
    assert after["power"]["community"] == {"file": "/etc/m9/community"}


def test_an_unknown_defect_is_a_usage_error_with_the_nearest_name():
    with pytest.raises(errors.UsageError, match="did you mean hold-sticks"):
        standin_facts.chosen("defect", ["hold-stick"], {"hold-sticks": HOLD})
