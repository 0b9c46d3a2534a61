"""The type of service of the base's packets, on paper: as it was set, or as a new base has it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.capture.messages import SipMessage
from harness.rules.acts import Act
from harness.rules.findings import Result
from suites.selftest.rules.paper_call import BASE, PaperCall

HELD, BROKEN = Result.HELD, Result.BROKEN
IDLE, UNSAID = Result.NOT_EXERCISED, Result.CANNOT_BE_SAID


def call(*, signalling: int = 160, media: int = 160) -> PaperCall:
    """A call in which the base marks its packets so; those of the far end bear nothing."""
    found = PaperCall().answered(100.0).sends(100.0, 101.0, tos=media).sends(100.0, 101.0, ours=False, ssrc=2, tos=0)
    found.hung_up(101.0)
    found.sip = [_marked(message, signalling if message.src == BASE else 0) for message in found.sip]
    return found


def _marked(message: SipMessage, tos: int) -> SipMessage:
    return replace(message, fields={"tos": tos})


def written(found: PaperCall, name: str, at: float, *, started_at: float | None = None) -> PaperCall:
    """A page wrote 184, and the base started anew where a moment is named."""
    found.acts.append(Act("setting", at, at, detail={"name": name, "value": "184", "channel": "web"}))
    if started_at is not None:
        found.acts.append(Act("reboot", started_at, started_at))
    return found


@pytest.mark.parametrize(("rule", "setting"), [("SIP-TOS", "signalling"), ("RTP-TOS", "media")])
@pytest.mark.parametrize(("tos", "result"), [(160, HELD), (0, BROKEN), (184, BROKEN)])
def test_a_base_whose_setting_was_never_written_has_the_factory_value(
    rule: str, setting: str, tos: int, result: Result
) -> None:
    found = call(**{setting: tos})
    assert found.result(rule) is result
    assert len(found.broken(rule)) == (result is BROKEN)


@pytest.mark.parametrize(("rule", "name", "setting"), [
    ("SIP-TOS", "tos_sip", "signalling"), ("RTP-TOS", "tos_rtp", "media"),
])  # fmt: skip
@pytest.mark.parametrize(("tos", "result"), [(184, HELD), (160, BROKEN)])
def test_what_was_written_is_in_force_from_the_next_start_on(
    rule: str, name: str, setting: str, tos: int, result: Result
) -> None:
    assert written(call(**{setting: tos}), name, 90.0, started_at=91.0).result(rule) is result
    assert written(call(**{setting: tos}), name, 90.0).result(rule) is UNSAID


def test_one_packet_that_is_marked_otherwise_is_the_one_that_is_named() -> None:
    found = call()
    found.sip[2] = _marked(found.sip[2], 0)
    (broken,) = found.judged("SIP-TOS").broken
    assert (broken.frames, broken.expected) == ((found.sip[2].frame,), "160")


def test_a_trace_without_acts_does_not_tell_what_was_set() -> None:
    found = call(signalling=0, media=0)
    assert (found.result("SIP-TOS", acts=False), found.result("RTP-TOS", acts=False)) == (UNSAID, UNSAID)


def test_packets_whose_ip_header_is_not_known_are_no_occasion() -> None:
    found = PaperCall().answered(100.0).sends(100.0, 101.0)
    assert (found.result("SIP-TOS"), found.result("RTP-TOS")) == (IDLE, IDLE)
