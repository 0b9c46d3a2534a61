"""A capture in the folder of a run is judged with the acts, displays and idle states that lie beside it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from harness.cli.main import application
from harness.core.errors import UsageError
from harness.evidence import stored_acts
from harness.evidence.run_folder import RunFolder
from harness.signoff import results
from harness.trace_report import reading
from harness.trace_report.reading import Question
from suites.selftest.trace_report import traces
from suites.selftest.trace_report.traces import BASE, BEGINS

ROOT = Path(__file__).parents[3]
app = application(["judge"])
TEST = "suites/calls/test_it.py::test_calls"


def act(kind: str, at: float, **detail: str) -> dict[str, Any]:
    """A line of the log: an act of handset 1, so many seconds after the beginning."""
    told = {"kind": kind, "at": BEGINS + at, "ended": BEGINS + at, "handset": 1, "call_id": "", "detail": detail}
    return {"act": {**told, "felt": True}}


def session(since: float = 0.0, ends: float | None = 20.0, profile: str = "asterisk") -> dict[str, Any]:
    """A line of the log: a profile was up."""
    end = None if ends is None else BEGINS + ends
    told = {"profile": profile, "begins": BEGINS - 1.0, "since": BEGINS + since, "ends": end}
    return {"session": {**told, "base": [BASE], "gaps": []}}


def took(began: float, ended: float, *provokes: str) -> dict[str, Any]:
    """A line of the log: a test with its time, and what it makes the base break."""
    return {"test": {"test": TEST, "began": BEGINS + began, "ended": BEGINS + ended, "provokes": list(provokes)}}


def stored(folder: Path, *lines: Mapping[str, Any], worker: str = "", wrong: bool = False) -> Path:
    """The capture of a run: a registration, and two calls to 301, the second with a wrong CSeq if that is wanted."""
    run = RunFolder(folder, worker)
    second = traces.call(10, call_id="c2")
    if wrong:
        second = [(at, ours, text.replace("CSeq: 2 BYE", "CSeq: 1 BYE")) for at, ours, text in second]
    run.acts.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return traces.write(run.capture_file, [*traces.register(), *traces.call(1), *second])


def judged(*words: object) -> Result:
    """`m9 judge` with these words."""
    return CliRunner().invoke(app, ["judge", *map(str, words)])


def counts(capture: Path, **asked: Any) -> dict[str, tuple[int, int, int]]:
    """How often each rule held, was broken and cannot be said."""
    material = reading.material(Question(capture, asked.pop("base", ()), **asked))
    return {one.rule.id: (one.held, one.broken_count, one.unsaid_count) for one in material.judgements}


DIALLED = [act("dial", 0.9, number="301"), act("dial", 9.9, number="301")]


def test_what_a_key_should_have_led_to_is_judged_by_the_acts_of_the_run(tmp_path: Path) -> None:
    capture = stored(tmp_path, session(), *DIALLED)
    assert counts(capture)["CAL-1"] == (2, 0, 0)
    capture.rename(tmp_path / "alone.pcap")
    (tmp_path / "acts.jsonl").rename(tmp_path / "other.jsonl")
    assert counts(tmp_path / "alone.pcap", base=(BASE,))["CAL-1"] == (0, 0, 2)
    assert counts(tmp_path / "alone.pcap", acts=tmp_path / "other.jsonl")["CAL-1"] == (2, 0, 0)


def test_base_and_profile_are_those_of_the_run_and_the_report_says_whose_acts_it_has(tmp_path: Path) -> None:
    capture = stored(tmp_path, session(), *DIALLED)
    result = judged(capture, "--html", tmp_path / "x.html")
    assert f"base {BASE}, profile asterisk (Asterisk)" in result.output
    told = f"judged with 2 acts, 0 signs of handsets and pages and 0 idle states of {tmp_path.name}/acts.jsonl"
    assert told in " ".join(result.output.split())
    assert "key presses" not in result.output
    assert "J" + told[1:] in (tmp_path / "x.html").read_text()


def test_how_far_the_results_of_a_profile_reach_stands_in_both_reports(tmp_path: Path) -> None:
    said = "Only the RFC baseline is known: no public document says what Telepo BCS asks of a phone."
    result = judged(stored(tmp_path, session(profile="telepo"), *DIALLED), "--html", tmp_path / "x.html")
    assert said in " ".join(result.output.split())
    assert said in " ".join((tmp_path / "x.html").read_text().split())


def test_each_rig_of_a_run_side_by_side_has_acts_of_its_own(tmp_path: Path) -> None:
    first = stored(tmp_path, session(), *DIALLED, worker="gw0")
    second = stored(tmp_path, session(), act("dial", 0.9, number="302"), DIALLED[1], worker="gw1")
    assert counts(first)["CAL-1"] == (2, 0, 0)
    assert counts(second)["CAL-1"] == (1, 1, 0)


def test_what_was_before_the_profile_was_ready_and_after_its_end_does_not_count(tmp_path: Path) -> None:
    assert counts(stored(tmp_path, session(since=5.0), *DIALLED))["CAL-1"] == (1, 0, 0)
    assert counts(stored(tmp_path, session(ends=8.0), *DIALLED))["CAL-1"] == (1, 0, 0)
    assert counts(stored(tmp_path, session(ends=None), *DIALLED))["CAL-1"] == (2, 0, 0)


def test_what_a_test_provokes_is_counted_apart_and_what_is_broken_names_its_test(tmp_path: Path) -> None:
    on_purpose = stored(tmp_path, session(), took(9, 15, "SIP-CSEQ"), *DIALLED, wrong=True)
    assert re.search(r"SIP-CSEQ +held \d+, on purpose 1 ", judged(on_purpose).output)
    told = " ".join(judged(stored(tmp_path, session(), took(9, 15), *DIALLED, wrong=True)).output.split())
    assert "✗ SIP-CSEQ" in told
    assert f", in {TEST}" in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no act in it"),
        (json.dumps(act("dial", -9e6, number="301")), "its acts are of another time than"),
        (None, "No such file"),
    ],
)
def test_acts_that_are_none_or_another_run_s_are_told(tmp_path: Path, text: str | None, said: str) -> None:
    capture = traces.write(tmp_path / "x.pcap", traces.call(1))
    acts = tmp_path / "theirs.jsonl"
    if text is not None:
        acts.write_text(text)
    with pytest.raises(UsageError, match=said):
        counts(capture, base=(BASE,), acts=acts)


def test_a_log_that_is_damaged_tells_what_can_be_read_of_it(tmp_path: Path) -> None:
    path = tmp_path / "acts.jsonl"
    lines = [session(ends=None), session(ends=20.0), *DIALLED, took(9, 15)]
    cut = ['{"session": {"profile": "asterisk"}}', '{"test": {"test": "a"}}', "[1]", '{"act": {"kind": "di']
    path.write_text("\n".join([*map(json.dumps, lines), *cut]))
    found = stored_acts.read(path)
    assert [one.ends for one in found.sessions] == [BEGINS + 20.0]
    assert len(found.acts) == 2
    assert found.slices.at(BEGINS + 10).test == TEST


# a run of the stand-in

LIVE = " or ".join(
    (
        "test_held_party_is_offered_what_the_platform_wants",
        "test_digits_go_by_info_when_the_identity_says_so",
        "test_missed_calls_are_new_until_they_were_looked_at",
        "test_rejecting_answers_with_the_configured_status_line",
    )
)
DIFFERENT = {"SIP-DIGEST-RESPONSE": "passwords are secret and in no file of a run: --password"}
"""Rules of which the stored traffic tells less than the live one, and why."""


@pytest.mark.slow
def test_the_stored_captures_of_a_run_are_judged_as_its_watch_judged(tmp_path: Path) -> None:
    run = tmp_path / "run"
    words = ["-m", "pytest", "suites", "--rig", "rigs/standin.yaml", "--run-dir", str(run), "-n", "2", "-k", LIVE]
    done = subprocess.run([sys.executable, *words], cwd=ROOT, capture_output=True, text=True, check=False)
    record = results.read(run)
    assert record["counts"]["passed"] == 4, done.stdout
    watch = record["rules"]["asterisk"]
    captures = sorted((run / "capture").glob("gw*.pcap"))
    assert len(captures) == 2
    table = [one for capture in captures for one in reading.material(Question(capture, ())).judgements]
    for rule, told in watch.items():
        mine = [one for one in table if one.rule.id == rule]
        held, unsaid = sum(one.held for one in mine), sum(one.unsaid_count for one in mine)
        broken, provoked = sum(one.broken_count for one in mine), sum(one.provoked for one in mine)
        if rule in DIFFERENT:
            assert (held, broken, unsaid) == (0, 0, told["held"]), f"{rule}: {DIFFERENT[rule]}"
        else:
            expected = (told["held"], told["broken"], told["unsaid"], told.get("provoked", 0))
            assert (held, broken, unsaid, provoked) == expected, rule
    for rule in ("HLD-1", "DTM-2", "CAL-8", "CAL-1", "IDLE-DISPLAY", *DIFFERENT):
        assert watch[rule]["held"], f"{rule} was to be exercised by this selection"
