"""The rules of the base between tests: registrations, uptime, log, calls left open, settings."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from harness.capture.messages import SipMessage
from harness.capture.rtp import RtpRow
from harness.rules.acts import Act
from harness.rules.findings import Result
from harness.rules.idle_state import IdleState, as_state
from suites.selftest.rules.healthy_call import messages, stream
from suites.selftest.rules.idle_paper import (
    AFTER,
    BEFORE,
    listed,
    logged,
    missed,
    registered,
    row,
    rule,
    seen,
    state,
    web,
)


@pytest.mark.parametrize(
    ("rows", "broken"),
    [
        (row(500), []),
        (row(497), []),
        (row(600), ["600 s"]),
        (row(None), []),
        (row(0, registered=False), ["1 | 41 | Failed | 0"]),
        ((), ["no row with its account"]),
        (None, []),
    ],
    ids=["left", "a little off", "asked", "no column", "not registered", "no row", "no page"],
)
def test_the_status_page_tells_of_the_binding(rows, broken) -> None:
    found = rule("IDLE-REGISTRATION", state(110.1, registrations=rows), sip=registered(10, 600))
    assert seen(found) == broken


@pytest.mark.parametrize(
    ("sip", "rows", "broken"),
    [
        (registered(10, 60), row(60), 1),
        (registered(10, 60), row(0, registered=False), 0),
        ([*registered(10, 600), *registered(20, 600, asked=0)], row(590), 1),
    ],
    ids=["ran out", "ran out and is not shown", "signed out"],
)
def test_a_binding_that_is_over_is_not_shown(sip, rows, broken) -> None:
    assert rule("IDLE-REGISTRATION", state(110, registrations=rows), sip=sip).broken_count == broken


def test_nothing_is_said_of_a_binding_that_a_power_cut_followed() -> None:
    found = rule(
        "IDLE-REGISTRATION", state(110, registrations=()), sip=registered(10, 600), acts=[Act("power-off", 50)]
    )
    assert found.result is Result.NOT_EXERCISED


@pytest.mark.parametrize(
    ("since", "acts", "broken"),
    [
        (1.0, (), 0),
        (60.0, (), 1),
        (60.0, (Act("power-off", 58.0), Act("power-on", 59.0)), 0),
        (60.0, (Act("reboot", 58.0),), 0),
        (1.0, (Act("power-off", 58.0), Act("power-on", 59.0)), 1),
        (None, (), 0),
    ],
    ids=["goes on", "restarted by itself", "power cut", "its button", "goes on over a power cut", "not told"],
)
def test_the_uptime_grows_with_the_clock(since, acts, broken) -> None:
    found = rule("IDLE-UPTIME", state(10, up_since=0.0), state(100, up_since=since), acts=acts)
    assert found.broken_count == broken


def test_an_uptime_that_stands_still_breaks() -> None:
    found = rule("IDLE-UPTIME", state(10, up_since=0.0), state(100, up_since=90.0))
    assert seen(found) == ["10 s"]


@pytest.mark.parametrize(
    ("since", "acts", "broken"),
    [(0.0, [], 0), (95.0, [], 1), (95.0, [Act("power-off", 50.0)], 0)],
    ids=["longer than its messages", "begun anew", "begun anew by a power cut"],
)
def test_the_uptime_of_a_first_state_reaches_back_to_the_first_message(since, acts, broken) -> None:
    found = rule("IDLE-UPTIME", state(100, up_since=since), sip=messages(), acts=acts)
    assert found.broken_count == broken


def ended() -> list[SipMessage]:
    return messages()


def left_open() -> list[SipMessage]:
    return messages()[:7]


def unanswered() -> list[SipMessage]:
    return messages()[:2]


@pytest.mark.parametrize(
    ("sip", "result"),
    [(ended, "held"), (missed, "held"), (left_open, "broken"), (unanswered, "broken")],
)
def test_a_call_is_over_when_all_have_hung_up(sip, result) -> None:
    assert rule("IDLE-CALLS", state(AFTER), sip=sip()).result.value == result


def test_a_call_that_ends_long_after_the_test_breaks() -> None:
    late = [replace(m, at=m.at + 20) if m.cseq.method == "BYE" else m for m in messages()]
    assert rule("IDLE-CALLS", state(AFTER), sip=late).broken_count == 1


@pytest.mark.parametrize(("media", "at", "broken"), [(True, 3.1, 1), (False, 3.1, 0), (True, 5.0, 0), (True, 9.0, 0)])
def test_audio_that_goes_on_breaks(media, at, broken) -> None:
    ours = stream().with_rows([RtpRow(n + 1, 1 + n / 6, n, n * 160, 8, False, b"", None) for n in range(31)])
    theirs = replace(ours, src=ours.dst, dst=ours.src)
    assert rule("IDLE-CALLS", state(at, media=media), streams=[ours]).broken_count == broken
    assert not rule("IDLE-CALLS", state(at, media=media), streams=[theirs]).broken


@pytest.mark.parametrize(
    ("log", "broken"),
    [
        (None, 0),
        ((), 0),
        (logged(5, "SIP call messages"), 0),
        (logged(1, "SIP call messages", 9.0), 1),
        (logged(1, "Media-related events"), 1),
        (logged(2, "Web server events", 9.0), 1),
        (logged(2, "Web server events", 12.5), 0),
    ],
    ids=["not read", "nothing new", "no error", "a call", "media", "no login", "a login was sent"],
)
def test_an_error_in_the_log_wants_a_cause(log, broken) -> None:
    found = rule("IDLE-LOG", state(BEFORE, log=()), state(AFTER, log=log), sip=messages(), http=[web(12)])
    assert found.broken_count == broken


def test_a_refused_request_explains_an_error_of_its_category() -> None:
    refused = [replace(m, status=503) if m.status == 200 and m.cseq.method == "INVITE" else m for m in messages()]
    assert not rule("IDLE-LOG", state(AFTER, log=logged(2, "SIP call messages", 9.0)), sip=refused).broken


def test_a_setting_that_changed_by_itself_breaks() -> None:
    shown = (
        {"network: tos_sip": "160"},
        {"network: tos_sip": "160", "network: retry_t1": "500"},
        {"network: tos_sip": "0"},
    )
    found = rule("IDLE-SETTINGS", *(state(at, settings=fields) for at, fields in enumerate(shown)))
    assert (found.held, seen(found)) == (1, ["'0'"])


def test_a_state_is_read_back_as_it_was_kept() -> None:
    whole = state(AFTER, listed(received=["301"]), registrations=row(590), up_since=1.0, log=logged(5, "TLS"))
    assert as_state(json.loads(json.dumps(asdict(whole)))) == whole
    assert as_state(json.loads(json.dumps(asdict(IdleState(1.0))))) == IdleState(1.0)
