"""The log of acts: what drivers and procedures publish becomes acts with feedback, live and read back from a run."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core import clock, steps
from harness.core.errors import HarnessFault
from harness.core.redaction import redaction
from harness.core.tones import Tone, Tones
from harness.evidence import stored_acts
from harness.evidence.act_log import ActLog
from harness.handset.events import BeepEvent, DisplayEvent, HeardEvent, OtherEvent, RingEvent
from harness.procedures.context import TestContext


def pressed(key: str, handset: int = 1) -> float:
    did = {"kind": "key", "handset": handset, "key": key}
    with steps.step("handset", f"handset {handset}: {key}", did=did) as step:
        return step.at


def event(kind: type, handset: int = 1, at: float = 0.0, **fields: object) -> None:
    steps.publish("dongle event", "", event=kind(handset=handset, ms=0, at=at or clock.now(), **fields))


def test_a_key_was_felt_when_its_handset_gave_a_sign_and_no_other():
    log = ActLog()
    with log.subscribed():
        for number in (1, 2):
            steps.publish("dongle event", "", tells=number)
        pressed("HOLD", 1)
        pressed("HOLD", 2)
        pressed("HOLD", 3)
        event(BeepEvent, 1, beep="KEY")
        event(RingEvent, 2, on=True)
    assert [(act.handset, act.felt) for act in log.acts] == [(1, True), (2, False), (3, None)]


def test_an_old_sign_and_a_late_one_are_no_feedback(monkeypatch: pytest.MonkeyPatch):
    log = ActLog()
    with log.subscribed():
        steps.publish("dongle event", "", tells=1)
        at = pressed("HOLD")
        event(BeepEvent, at=at - 0.5, beep="KEY")
        event(DisplayEvent, at=at + 5.0)
        assert log.acts[0].felt is False
        monkeypatch.setattr(clock, "now", lambda: at + 60.0)
        assert log.acts[0].felt is False
        event(DisplayEvent, at=at + 0.2)
    assert log.acts[0].felt is False, "what was said of an act stands once its time is over"


def test_what_a_procedure_meant_stands_beside_the_key_in_the_order_of_time():
    log = ActLog()
    context = TestContext(None, None, None, None, None, None, None, log=log)  # type: ignore[arg-type]
    with log.subscribed():
        at = pressed("HOLD")
        pressed("OFFHOOK")
        context.did("hold", at=at, handset=1, call_id="a@b", why="test")
    assert [act.kind for act in log.acts] == ["key", "hold", "key"]
    hold = log.acts[1]
    assert (hold.call_id, hold.handset, dict(hold.detail)) == ("a@b", 1, {"why": "test"})


def test_a_key_that_the_dongle_refused_says_so():
    log = ActLog()
    with log.subscribed(), pytest.raises(ValueError):
        with steps.step("handset", "handset 1: HOLD", did={"kind": "key", "handset": 1}):
            raise ValueError("ERROR 3")
    assert log.acts[0].detail["error"] == "ValueError: ERROR 3"


def test_several_acts_of_one_step_and_what_ears_heard():
    log = ActLog()
    with log.subscribed():
        steps.publish("settings", "2", did=[{"kind": "setting", "name": n, "value": "1"} for n in ("tos_rtp", "vlan")])
        event(HeardEvent, heard=Tones(-12.0, (Tone(1000.0, -12.5),)))
        event(OtherEvent, words=("NEW", "1"))
    assert [act.detail["name"] for act in log.acts] == ["tos_rtp", "vlan"]
    assert [(one.kind, one.value, one.detail["tones"]) for one in log.shown] == [("heard", "-12", "1000:-12.5")]


def test_a_stored_run_tells_the_same(tmp_path: Path):
    path = tmp_path / "acts.jsonl"
    log = ActLog(path)
    with log.subscribed():
        steps.publish("dongle event", "", tells=1)
        pressed("HOLD")
        event(BeepEvent, beep="KEY")
        shown = {"kind": "display", "handset": 1, "value": "On hold\n301"}
        steps.publish("handset", "", shown=shown)
    with path.open("a") as file:
        file.write('{"act": {"kind": "key", "at"')
    stored = stored_acts.read(path)
    assert (stored.acts, stored.shown) == (log.acts, log.shown)
    assert [one.kind for one in log.shown] == ["beep", "display"]


def test_what_a_document_says_is_known_and_its_secrets_are_written_nowhere(tmp_path: Path):
    path = tmp_path / "acts.jsonl"
    log = ActLog(path)
    redaction.register('ge&"heim')
    document = '<x>1</x><user_pass perm="R">ge&amp;"heim</user_pass>'
    with log.subscribed():
        steps.publish("provisioning", "offer", did={"kind": "document", "path": "/a.xml", "text": document})
    assert log.acts[0].detail["text"] == document
    assert "heim" not in str(log.acts[0]) + path.read_text()
    (stored,) = stored_acts.read(path).acts
    assert "<x>1</x>" in stored.detail["text"]
    assert len(stored.detail["text"]) == len(document), "the length tells which answer brought it"


def test_an_act_of_a_kind_that_no_rule_knows_is_a_fault_of_the_harness() -> None:
    with ActLog().subscribed() as log:
        with pytest.raises(HarnessFault, match="hang_up"):
            steps.publish("handset", "ONHOOK", did={"kind": "hang_up", "handset": 1})
        assert log.acts == []
