"""Calls in which one does not hear the other: the packets on the base's wire tell whose fault it is."""

from __future__ import annotations

import pytest

from suites.selftest.faults.fault_table import Fault, note
from suites.selftest.faults.faulty_run import FaultyRun

pytestmark = pytest.mark.slow

CODE = """
from types import SimpleNamespace
from harness.core.tones import NOTHING_HEARD
from harness.softphone.leg_audio import LegAudio

def test_mute_peer(call, monkeypatch):
    call.establish()
    monkeypatch.setattr(LegAudio, "tone", lambda audio, *hz, **how: None)
    with call.peer.talking():
        call.media.expect_at_the_handset()

def test_deaf_peer(call, monkeypatch):
    call.establish()
    listen = LegAudio.listen
    def deaf(audio, ms):
        window = listen(audio, ms)
        return SimpleNamespace(result=lambda: (window.result(), NOTHING_HEARD)[1])
    monkeypatch.setattr(LegAudio, "listen", deaf)
    with call.handset.talking():
        call.media.expect_at_the_peer()

def test_base_that_hangs_up(call):
    call.establish()
    call.handset.hang_up()
    call.expect.released_by("base")
    with call.both_talking():
        call.media.expect_both_ways()
"""
REASONS = {
    "test_mute_peer": ("rig fault", "in the RTP towards the base"),
    "test_deaf_peer": ("rig fault", "the base's RTP carries"),
    "test_base_that_hangs_up": ("product failure", "the call goes on"),
}

FAULTS = (
    Fault("the softphone of the far end sends no sound", "test_mute_peer"),
    Fault("the softphone of the far end hears nothing", "test_deaf_peer"),
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> FaultyRun:
    run = FaultyRun(tmp_path_factory.mktemp("deaf"), CODE).finish()
    note(run, FAULTS)
    return run


@pytest.mark.parametrize("name", REASONS)
def test_what_is_not_heard_is_the_fault_of_who_lost_it(run: FaultyRun, name: str) -> None:
    verdict, reason = REASONS[name]
    assert run.verdicts.get(name) == verdict, run.output
    assert reason in run.reason(name)
